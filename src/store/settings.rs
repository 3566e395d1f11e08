//! Named facts that the program stores about itself.

use super::{AuditEntry, Store, StoreError, audit};

/// The setting that names the roles which need a second factor, separated by commas.
pub(crate) const SECOND_FACTOR_ROLES: &str = "second-factor-roles";

/// The setting with the address of the server at its last start.
const ORIGIN: &str = "origin";

/// The setting with the expected number of clients.
pub(crate) const CLIENTS_EXPECTED: &str = "clients-expected";

impl Store {
    /// The address of the server at its last start.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn origin(&self) -> Result<Option<String>, StoreError> {
        self.setting(ORIGIN).await
    }

    /// Notes the address of the server, for commands that run beside it.
    pub(crate) async fn note_origin(&self, origin: &str) -> Result<(), StoreError> {
        if self.setting(ORIGIN).await?.as_deref() != Some(origin) {
            self.set_setting(ORIGIN, origin, None).await?;
        }
        Ok(())
    }

    /// The value of a setting.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(name);
        Ok(query.fetch_optional(self.reader()).await?)
    }

    /// Stores a setting, and replaces the previous value. If a person makes the change, the audit
    /// log gets its row.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn set_setting(
        &self,
        name: &str,
        value: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *transaction)
        .await?;
        match entry {
            Some(entry) => audit::commit(transaction, entry).await,
            None => Ok(transaction.commit().await?),
        }
    }
}
