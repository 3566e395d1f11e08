//! A user's second factor: the secret of their one-time codes (RFC 6238), the time step of the last
//! used code, and recovery codes.

use sqlx::{AnyConnection, Row};

use super::{AuditEntry, Store, StoreError, audit};

impl Store {
    /// Stores a secret for one-time codes, which the user has still to confirm.
    pub(crate) async fn offer_second_factor(
        &self,
        id: &str,
        secret: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE users SET totp_secret = $1, totp_step = 0 WHERE id = $2 AND totp_on = 0",
        )
        .bind(secret)
        .bind(id)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Turns one-time codes on, with new recovery codes by their digests. Sessions other than `session`, which began
    /// without a code, end.
    pub(crate) async fn turn_on_second_factor(
        &self,
        id: &str,
        session: &str,
        recovery: &[String],
        entry: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE users SET totp_on = 1 WHERE id = $1 AND totp_secret IS NOT NULL")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND digest <> $2")
            .bind(id)
            .bind(session)
            .execute(&mut *tx)
            .await?;
        insert_recovery(&mut tx, id, recovery).await?;
        audit::commit(tx, entry).await
    }

    /// Replaces the recovery codes.
    pub(crate) async fn renew_recovery(
        &self,
        id: &str,
        recovery: &[String],
        entry: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        insert_recovery(&mut tx, id, recovery).await?;
        audit::commit(tx, entry).await
    }

    /// Turns one-time codes off.
    pub(crate) async fn turn_off_second_factor(
        &self,
        id: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        clear(&mut tx, id).await?;
        audit::commit(tx, entry).await
    }

    /// Marks a code's time step as used. Returns `false` if this step or a later one was used
    /// before.
    pub(crate) async fn take_step(&self, id: &str, step: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET totp_step = $1 WHERE id = $2 AND totp_step < $1")
            .bind(step)
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses a recovery code. Returns `false` if the user has no such code.
    pub(crate) async fn take_recovery(&self, id: &str, digest: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2")
            .bind(id)
            .bind(digest)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The number of unused recovery codes.
    pub(crate) async fn recovery_left(&self, id: &str) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1")
            .bind(id)
            .fetch_one(self.reader())
            .await?;
        Ok(row.try_get(0)?)
    }
}

async fn insert_recovery(
    tx: &mut AnyConnection,
    id: &str,
    recovery: &[String],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(id).execute(&mut *tx).await?;
    for digest in recovery {
        sqlx::query("INSERT INTO recovery_codes (user_id, digest) VALUES ($1, $2)")
            .bind(id)
            .bind(digest)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Turns one-time codes off, in a transaction.
pub(super) async fn clear(tx: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET totp_on = 0, totp_secret = NULL WHERE id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(id).execute(tx).await?;
    Ok(())
}
