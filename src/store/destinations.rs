//! Forgetting destinations of events and alerts that no configuration names.

use super::{AuditEntry, ExportRow, Recipient, Store, StoreError, audit};

impl Store {
    /// Forgets an export, if nothing has happened to it since `seen` was read. Returns whether the
    /// export was forgotten.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn remove_export(
        &self,
        seen: &ExportRow,
        entry: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let sql = "DELETE FROM exports WHERE name = $1 AND owner = $2 AND beat = $3";
        let query = sqlx::query(sql).bind(&*seen.name).bind(&*seen.owner).bind(seen.beat);
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        audit::commit(transaction, entry).await?;
        Ok(true)
    }

    /// Deletes the alerts that a recipient has not got yet. Returns whether there were any.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn forget_recipient(
        &self,
        recipient: &Recipient,
        entry: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let sql = "DELETE FROM alert_deliveries \
                   WHERE destination = $1 AND recipient = $2 AND delivered_at IS NULL";
        let query = sqlx::query(sql).bind(&*recipient.destination).bind(&*recipient.address);
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        audit::commit(transaction, entry).await?;
        Ok(true)
    }
}
