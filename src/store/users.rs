//! The people who sign in to the dashboard.

use sqlx::{
    Any, AnyConnection, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use super::{AuditEntry, Store, StoreError, audit, group_tree, second_factor};

/// A user as the table has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    /// The name, in lower case and without spaces around it.
    pub(crate) name: String,
    pub(crate) role: String,
    /// The password's hash in PHC string format. `None` if a provider or a proxy names the person.
    pub(crate) password_hash: Option<String>,
    /// The secret of one-time codes, in base32; until the user has confirmed it, `totp_on` is false.
    pub(crate) totp_secret: Option<String>,
    pub(crate) totp_on: bool,
    pub(crate) disabled: bool,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) signed_in_at: Option<i64>,
    /// Who names this person: the issuer of an OpenID provider, or `proxy`.
    pub(crate) issuer: Option<String>,
    /// The group that the role is for, with those below it; `None` for the whole organisation.
    pub(crate) group: Option<String>,
    /// Whether the provider or the proxy says which group that is.
    pub(crate) group_given: bool,
    /// Where mail reaches the user.
    pub(crate) mail: Option<String>,
}

/// The properties of a new user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewUser<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) role: &'a str,
    /// Empty for a user who is invited: no password is right until they have set one.
    pub(crate) password_hash: &'a str,
    /// The group that the role is for; `None` for the whole organisation.
    pub(crate) group: Option<&'a str>,
    pub(crate) mail: Option<&'a str>,
}

/// The result of a change to a user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum UserChange {
    Done,
    /// The user does not exist, or the name is taken.
    Refused,
    /// No administrator would be left.
    LastAdmin,
}

const COLUMNS: &str = "id, name, role, password_hash, totp_secret, totp_on, disabled, created_at, \
                       signed_in_at, issuer, group_id, mail, group_given";

impl Store {
    /// Adds a user. Refuses a name that is taken.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where the group doesn't exist.
    pub(crate) async fn create_user(
        &self,
        user: NewUser<'_>,
        now: i64,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        check_group(&mut tx, user.group).await?;
        if !insert_user(&mut tx, user, now).await? {
            return Ok(UserChange::Refused);
        }
        audit::commit(tx, entry).await?;
        Ok(UserChange::Done)
    }

    /// Whether nobody can sign in yet.
    pub(crate) async fn has_no_user(&self) -> Result<bool, StoreError> {
        let found =
            sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(self.reader()).await?;
        Ok(found.is_none())
    }

    /// The user with that name, in any mixture of upper and lower case.
    pub(crate) async fn user_by_name(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let mut connection = self.reader().acquire().await?;
        find_user(&mut connection, "name = $1", &[&name.trim().to_lowercase()]).await
    }

    /// The user with that id.
    pub(crate) async fn user(&self, id: &str) -> Result<Option<UserRow>, StoreError> {
        let mut connection = self.reader().acquire().await?;
        find_user(&mut connection, "id = $1", &[id]).await
    }

    /// All users by name.
    pub(crate) async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM users ORDER BY name")))
                .fetch_all(self.reader())
                .await?;
        rows.iter().map(read_user).collect()
    }

    /// Changes a user's role and ends their sessions, which have the old one.
    pub(crate) async fn set_role(
        &self,
        id: &str,
        role: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let query = sqlx::query("UPDATE users SET role = $1 WHERE id = $2").bind(role).bind(id);
        self.update_user(id, query, Ends::Sessions, entry).await
    }

    /// Changes what a user's role is for: a group and those below it, or the whole organisation. Ends the user's
    /// sessions and API tokens, which could otherwise still show what the user could see before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where the group doesn't exist.
    pub(crate) async fn set_group(
        &self,
        id: &str,
        group: Option<&str>,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        check_group(&mut tx, group).await?;
        let done = sqlx::query("UPDATE users SET group_id = $1 WHERE id = $2")
            .bind(group.map(str::to_owned))
            .bind(id)
            .execute(&mut *tx)
            .await?;
        finish(tx, done.rows_affected(), id, Ends::Everything, entry).await
    }

    /// Notes where mail reaches a user. Links that went to another address end.
    pub(crate) async fn set_mail(
        &self,
        id: &str,
        mail: Option<&str>,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM password_links WHERE user_id = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        let done = sqlx::query("UPDATE users SET mail = $1 WHERE id = $2")
            .bind(mail.map(str::to_owned))
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(UserChange::Refused);
        }
        audit::commit(tx, entry).await?;
        Ok(UserChange::Done)
    }

    /// Lets a user sign in, or forbids it; ends their sessions, API tokens and known browsers.
    pub(crate) async fn set_disabled(
        &self,
        id: &str,
        disabled: bool,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let query = sqlx::query("UPDATE users SET disabled = $1 WHERE id = $2");
        let query = query.bind(i64::from(disabled)).bind(id);
        self.update_user(id, query, Ends::Everything, entry).await
    }

    async fn update_user(
        &self,
        id: &str,
        query: Query<'_, Any, AnyArguments>,
        ends: Ends,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        let done = query.execute(&mut *tx).await?;
        finish(tx, done.rows_affected(), id, ends, entry).await
    }

    /// Deletes a user with their sessions, tokens and codes. The audit log keeps their actions.
    pub(crate) async fn delete_user(
        &self,
        id: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        for sql in [
            "DELETE FROM recovery_codes WHERE user_id = $1",
            "DELETE FROM saved_filters WHERE user_id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        }
        end(&mut tx, id, Ends::Everything).await?;
        let done =
            sqlx::query("DELETE FROM users WHERE id = $1").bind(id).execute(&mut *tx).await?;
        finish(tx, done.rows_affected(), id, Ends::Everything, entry).await
    }

    /// Sets a password and ends every way in which the user, or anybody who knew the old password, is signed in: sessions, API
    /// tokens, known browsers. With `reset`, the second factor ends too, for a person who has lost theirs.
    pub(crate) async fn set_password(
        &self,
        id: &str,
        hash: &str,
        reset: bool,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2")
            .bind(hash)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if reset {
            second_factor::clear(&mut tx, id).await?;
        }
        finish(tx, done.rows_affected(), id, Ends::Everything, entry).await
    }

    /// Notes that a user has signed in.
    pub(crate) async fn note_sign_in(
        &self,
        id: &str,
        now: i64,
        entry: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE users SET signed_in_at = $1 WHERE id = $2")
            .bind(now)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        audit::commit(tx, entry).await
    }
}

/// The user who matches a condition, with its values.
pub(super) async fn find_user(
    connection: &mut AnyConnection,
    condition: &'static str,
    values: &[&str],
) -> Result<Option<UserRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for value in values {
        query = query.bind((*value).to_owned());
    }
    query.fetch_optional(connection).await?.as_ref().map(read_user).transpose()
}

pub(super) async fn insert_user(
    tx: &mut AnyConnection,
    user: NewUser<'_>,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO users (id, name, role, password_hash, totp_on, totp_step, disabled, created_at, \
         group_id, mail) VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $6, $7) ON CONFLICT (name) DO NOTHING",
    )
    .bind(user.id)
    .bind(user.name.trim().to_lowercase())
    .bind(user.role)
    .bind(user.password_hash)
    .bind(now)
    .bind(user.group.map(str::to_owned))
    .bind(user.mail.map(str::to_owned))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Refuses a group that does not exist, since no role can be for it.
pub(super) async fn check_group(
    tx: &mut AnyConnection,
    group: Option<&str>,
) -> Result<(), StoreError> {
    let Some(id) = group else { return Ok(()) };
    let found =
        sqlx::query("SELECT 1 FROM groups WHERE id = $1").bind(id).fetch_optional(tx).await?;
    found.map(|_| ()).ok_or_else(|| group_tree::missing(id))
}

/// The kinds of access (sessions, tokens) that a change of a user ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ends {
    /// The sessions, which hold the user's previous role.
    Sessions,
    /// Also API tokens, known browsers and links that set a password, so that a thief keeps no
    /// access.
    Everything,
}

/// Ends a user's sessions; with [`Ends::Everything`], also the other kinds of access.
pub(super) async fn end(
    connection: &mut AnyConnection,
    user_id: &str,
    ends: Ends,
) -> Result<(), StoreError> {
    let statements = [
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM known_browsers WHERE user_id = $1",
        "DELETE FROM api_tokens WHERE user_id = $1",
        "DELETE FROM password_links WHERE user_id = $1",
    ];
    let count = if ends == Ends::Everything { statements.len() } else { 1 };
    for statement in statements.into_iter().take(count) {
        sqlx::query(statement).bind(user_id).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Ends the user's sessions and API tokens, makes sure that an administrator remains, and commits.
pub(super) async fn finish(
    mut tx: sqlx::Transaction<'static, sqlx::Any>,
    changed: u64,
    id: &str,
    ends: Ends,
    entry: &AuditEntry<'_>,
) -> Result<UserChange, StoreError> {
    if changed != 1 {
        return Ok(UserChange::Refused);
    }
    // Only one such change runs at a time on all replicas: otherwise two administrators could each remove
    // the other's role.
    sqlx::query("UPDATE changes SET revision = revision").execute(&mut *tx).await?;
    // An administrator who can sign in, and whose role is for the whole organisation.
    let admin = "SELECT 1 FROM users WHERE role = 'admin' AND disabled = 0 AND group_id IS NULL \
                 AND (password_hash <> '' OR issuer IS NOT NULL) LIMIT 1";
    let admin = sqlx::query(admin).fetch_optional(&mut *tx).await?;
    if admin.is_none() {
        return Ok(UserChange::LastAdmin);
    }
    end(&mut tx, id, ends).await?;
    audit::commit(tx, entry).await?;
    Ok(UserChange::Done)
}

fn read_user(row: &AnyRow) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        role: row.try_get(2)?,
        password_hash: Some(row.try_get(3)?).filter(|hash: &String| !hash.is_empty()),
        totp_secret: row.try_get(4)?,
        totp_on: row.try_get::<i64, _>(5)? != 0,
        disabled: row.try_get::<i64, _>(6)? != 0,
        created_at: row.try_get(7)?,
        signed_in_at: row.try_get(8)?,
        issuer: row.try_get(9)?,
        group: row.try_get(10)?,
        mail: row.try_get(11)?,
        group_given: row.try_get::<i64, _>(12)? != 0,
    })
}
