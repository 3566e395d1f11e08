//! The one-time links that make an administrator.

use super::{
    AuditEntry, Store, StoreError, audit,
    users::{NewUser, UserChange, insert_user},
};

impl Store {
    /// Keeps a one-time link, by its digest, that makes an administrator until `expires_at`.
    pub(crate) async fn add_setup_link(
        &self,
        digest: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM setup_links WHERE expires_at <= $1")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO setup_links (digest, expires_at) VALUES ($1, $2)")
            .bind(digest)
            .bind(expires_at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether a set-up link is valid.
    pub(crate) async fn has_setup_link(&self, digest: &str, now: i64) -> Result<bool, StoreError> {
        let found = sqlx::query("SELECT 1 FROM setup_links WHERE digest = $1 AND expires_at > $2")
            .bind(digest)
            .bind(now)
            .fetch_optional(self.reader())
            .await?;
        Ok(found.is_some())
    }

    /// Uses a set-up link up and adds the user in one step; all links are deleted afterwards. Refused
    /// if the link is no longer valid or the name is taken; then nothing changes.
    pub(crate) async fn set_up(
        &self,
        digest: &str,
        user: NewUser<'_>,
        now: i64,
        entry: &AuditEntry<'_>,
    ) -> Result<UserChange, StoreError> {
        let mut tx = self.begin().await?;
        let spent = sqlx::query("DELETE FROM setup_links WHERE digest = $1 AND expires_at > $2")
            .bind(digest)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if spent.rows_affected() != 1 || !insert_user(&mut tx, user, now).await? {
            return Ok(UserChange::Refused);
        }
        sqlx::query("DELETE FROM setup_links").execute(&mut *tx).await?;
        audit::commit(tx, entry).await?;
        Ok(UserChange::Done)
    }
}
