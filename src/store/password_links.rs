//! One-time links by which users set a password: invitations, and resets for those who lost theirs.

use super::{
    AuditEntry, DAY, Millis, Store, StoreError, UserChange, UserRow, audit,
    users::{Ends, find_user, finish},
};

/// The values of a new link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPasswordLink<'a> {
    pub(crate) digest: &'a str,
    pub(crate) user_id: &'a str,
    /// Milliseconds since 1970.
    pub(crate) expires_at: Millis,
    /// The most links that the user may get within a day, this one included. `None`: an
    /// administrator asks, so there is no limit.
    pub(crate) most: Option<i64>,
}

impl Store {
    /// Stores a link. Returns `false`, and changes nothing, if the user has got the most that
    /// `link` allows already.
    pub(crate) async fn add_password_link(
        &self,
        link: NewPasswordLink<'_>,
        now: Millis,
        entry: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        // Requests for one user run one at a time, so that many of them get no more links than the
        // limit.
        sqlx::query("UPDATE users SET name = name WHERE id = $1")
            .bind(link.user_id)
            .execute(&mut *tx)
            .await?;
        // For a day a link counts towards the limit, whether it is still valid or not.
        sqlx::query("DELETE FROM password_links WHERE expires_at <= $1 AND created_at <= $2")
            .bind(now)
            .bind(now - DAY)
            .execute(&mut *tx)
            .await?;
        if let Some(most) = link.most {
            let sql = "SELECT COUNT(*) FROM password_links WHERE user_id = $1 AND created_at > $2";
            let count: i64 = sqlx::query_scalar(sql)
                .bind(link.user_id)
                .bind(now - DAY)
                .fetch_one(&mut *tx)
                .await?;
            if count >= most {
                return Ok(false);
            }
        }
        sqlx::query(
            "INSERT INTO password_links (digest, user_id, created_at, expires_at) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(link.digest)
        .bind(link.user_id)
        .bind(now)
        .bind(link.expires_at)
        .execute(&mut *tx)
        .await?;
        audit::commit(tx, entry).await?;
        Ok(true)
    }

    /// The user whose password a link sets; `None` if the link is used or expired, or the user may
    /// not have a password.
    pub(crate) async fn password_link(
        &self,
        digest: &str,
        now: Millis,
    ) -> Result<Option<UserRow>, StoreError> {
        let sql = "SELECT user_id FROM password_links WHERE digest = $1 AND expires_at > $2";
        let user: Option<String> =
            sqlx::query_scalar(sql).bind(digest).bind(now).fetch_optional(self.reader()).await?;
        let Some(user) = user else { return Ok(None) };
        let mut connection = self.reader().acquire().await?;
        find_user(&mut connection, "id = $1 AND disabled = 0 AND issuer IS NULL", &[&user]).await
    }

    /// Uses a link up and sets the password, in one step. All other links, sessions and tokens of
    /// the user end; the second factor stays, since a mail does not prove it. Refuses a link that
    /// is no longer valid.
    pub(crate) async fn spend_password_link(
        &self,
        (digest, user_id): (&str, &str),
        hash: &str,
        now: Millis,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        let spent = sqlx::query(
            "DELETE FROM password_links WHERE digest = $1 AND user_id = $2 AND expires_at > $3",
        )
        .bind(digest)
        .bind(user_id)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if spent.rows_affected() != 1 {
            return Ok(UserChange::Refused);
        }
        let done = sqlx::query(
            "UPDATE users SET password_hash = $1 WHERE id = $2 AND disabled = 0 AND issuer IS NULL",
        )
        .bind(hash)
        .bind(user_id)
        .execute(&mut *tx)
        .await?;
        finish(tx, done.rows_affected(), user_id, Ends::Everything, entry).await
    }
}
