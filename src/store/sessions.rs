//! Sessions of the dashboard, browsers that have signed in before, and failures to sign in.

use sqlx::Row;

use super::{
    AuditEntry, Store, StoreError, audit,
    users::{Ends, end},
};

/// A session with its user.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four columns of the database, each a state of its own"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SessionRow {
    pub(crate) digest: String,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    pub(crate) role: String,
    /// The group that the role is for; `None` for the organisation.
    pub(crate) group: Option<String>,
    /// Whether the provider or the proxy says which group that is.
    pub(crate) group_given: bool,
    pub(crate) disabled: bool,
    /// The password was right and the code is still asked for.
    pub(crate) half: bool,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) seen_at: i64,
    pub(crate) network: String,
    pub(crate) browser: String,
    /// When the password was last given.
    pub(crate) confirmed_at: i64,
    pub(crate) totp_on: bool,
    /// Roles that need a second factor, separated by commas.
    pub(crate) second_factor_roles: Option<String>,
    /// How the session began: `password`, `oidc` or `proxy`.
    pub(crate) method: String,
    /// The user's name at a provider or a proxy.
    pub(crate) subject: Option<String>,
}

/// The properties of a new session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) digest: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) half: bool,
    pub(crate) network: &'a str,
    /// What the browser calls itself.
    pub(crate) browser: &'a str,
    /// How the session began: `password`, `oidc` or `proxy`.
    pub(crate) method: &'a str,
    /// The ID token, by which the provider recognises the session.
    pub(crate) id_token: Option<&'a str>,
    /// When the person last proved who they are, in ms since 1970.
    pub(crate) confirmed_at: i64,
}

const SELECT: &str = "SELECT s.digest, s.user_id, u.name, u.role, u.disabled, s.half, s.created_at, \
                      s.seen_at, s.network, s.browser, s.confirmed_at, u.totp_on, \
                      (SELECT value FROM settings WHERE name = 'second-factor-roles'), \
                      s.method, u.subject, u.group_id, u.group_given \
                      FROM sessions s JOIN users u ON u.id = s.user_id";

/// The number of failures under a key, and when the next try is allowed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Failures {
    pub(crate) count: u32,
    /// Milliseconds since 1970.
    pub(crate) not_before: i64,
    pub(crate) last_at: i64,
}

impl Store {
    /// Begins a session.
    pub(crate) async fn create_session(
        &self,
        session: NewSession<'_>,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sessions (digest, user_id, half, created_at, seen_at, network, browser, \
             confirmed_at, method, id_token) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9)",
        )
        .bind(session.digest)
        .bind(session.user_id)
        .bind(i64::from(session.half))
        .bind(now)
        .bind(session.network)
        .bind(session.browser)
        .bind(session.confirmed_at)
        .bind(session.method)
        .bind(session.id_token)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The session with that digest, with its user's present role. The caller checks its age.
    pub(crate) async fn session(&self, digest: &str) -> Result<Option<SessionRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE s.digest = $1")))
            .bind(digest)
            .fetch_optional(self.reader())
            .await?;
        row.as_ref().map(read_session).transpose()
    }

    /// The complete sessions of a user, the latest first.
    pub(crate) async fn sessions_of(&self, user_id: &str) -> Result<Vec<SessionRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE s.user_id = $1 AND s.half = 0 ORDER BY s.seen_at DESC LIMIT 50"
        )))
        .bind(user_id)
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(read_session).collect()
    }

    /// Notes that a session is in use.
    pub(crate) async fn touch_session(&self, digest: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET seen_at = $1 WHERE digest = $2")
            .bind(now)
            .bind(digest)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The ID token of a session, if it has one.
    pub(crate) async fn id_token(&self, digest: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT id_token FROM sessions WHERE digest = $1")
            .bind(digest)
            .fetch_optional(self.reader())
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// Ends one session.
    pub(crate) async fn end_session(&self, digest: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE digest = $1")
            .bind(digest)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ends every way in which a user is signed in: sessions, API tokens, known browsers.
    pub(crate) async fn end_access_of(
        &self,
        user_id: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        end(&mut tx, user_id, Ends::Everything).await?;
        audit::commit(tx, entry).await
    }

    /// Notes that the person of a session has given their password again.
    pub(crate) async fn confirm_session(&self, digest: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET confirmed_at = $1 WHERE digest = $2")
            .bind(now)
            .bind(digest)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Deletes sessions last seen before `seen_before` or begun before `created_before`, browsers not seen
    /// since `browsers_before`, and old failures.
    pub(crate) async fn prune_sessions(
        &self,
        seen_before: i64,
        created_before: i64,
        browsers_before: i64,
        failures_before: i64,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE seen_at < $1 OR created_at < $2")
            .bind(seen_before)
            .bind(created_before)
            .execute(&self.write)
            .await?;
        sqlx::query("DELETE FROM known_browsers WHERE seen_at < $1")
            .bind(browsers_before)
            .execute(&self.write)
            .await?;
        sqlx::query("DELETE FROM sign_in_failures WHERE last_at < $1")
            .bind(failures_before)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Whether this browser has signed in as that user before.
    pub(crate) async fn knows_browser(
        &self,
        digest: &str,
        user_id: &str,
    ) -> Result<bool, StoreError> {
        let found = sqlx::query("SELECT 1 FROM known_browsers WHERE digest = $1 AND user_id = $2")
            .bind(digest)
            .bind(user_id)
            .fetch_optional(self.reader())
            .await?;
        Ok(found.is_some())
    }

    /// Remembers a browser.
    pub(crate) async fn remember_browser(
        &self,
        digest: &str,
        user_id: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO known_browsers (digest, user_id, seen_at) VALUES ($1, $2, $3) \
             ON CONFLICT (digest, user_id) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(digest)
        .bind(user_id)
        .bind(now)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The failures that the store has counted under a key.
    pub(crate) async fn failures(&self, key: &str) -> Result<Failures, StoreError> {
        let row = sqlx::query(
            "SELECT failures, not_before, last_at FROM sign_in_failures WHERE key = $1",
        )
        .bind(key)
        .fetch_optional(self.reader())
        .await?;
        let Some(row) = row else { return Ok(Failures::default()) };
        Ok(Failures {
            count: u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX),
            not_before: row.try_get(1)?,
            last_at: row.try_get(2)?,
        })
    }

    /// Replaces `old` by `new`. Returns `false`, and changes nothing, if somebody else has changed
    /// it meanwhile.
    pub(crate) async fn count_failure(
        &self,
        key: &str,
        old: Failures,
        new: Failures,
    ) -> Result<bool, StoreError> {
        let statement = if old == Failures::default() {
            sqlx::query(
                "INSERT INTO sign_in_failures (key, failures, not_before, last_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING",
            )
            .bind(key)
            .bind(i64::from(new.count))
            .bind(new.not_before)
            .bind(new.last_at)
        } else {
            sqlx::query(
                "UPDATE sign_in_failures SET failures = $2, not_before = $3, last_at = $4 \
                 WHERE key = $1 AND failures = $5 AND last_at = $6",
            )
            .bind(key)
            .bind(i64::from(new.count))
            .bind(new.not_before)
            .bind(new.last_at)
            .bind(i64::from(old.count))
            .bind(old.last_at)
        };
        Ok(statement.execute(&self.write).await?.rows_affected() == 1)
    }

    /// Forgets the failures under a key, after a success.
    pub(crate) async fn forget_failures(&self, key: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_in_failures WHERE key = $1")
            .bind(key)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}

fn read_session(row: &sqlx::any::AnyRow) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        digest: row.try_get(0)?,
        user_id: row.try_get(1)?,
        user_name: row.try_get(2)?,
        role: row.try_get(3)?,
        disabled: row.try_get::<i64, _>(4)? != 0,
        half: row.try_get::<i64, _>(5)? != 0,
        created_at: row.try_get(6)?,
        seen_at: row.try_get(7)?,
        network: row.try_get(8)?,
        browser: row.try_get(9)?,
        confirmed_at: row.try_get(10)?,
        totp_on: row.try_get::<i64, _>(11)? != 0,
        second_factor_roles: row.try_get(12)?,
        method: row.try_get(13)?,
        subject: row.try_get(14)?,
        group: row.try_get(15)?,
        group_given: row.try_get::<i64, _>(16)? != 0,
    })
}
