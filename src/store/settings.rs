//! Small facts that the program keeps about itself, by name.

use super::{AuditEntry, Store, StoreError, audit};

/// The setting that names the roles which need a second factor, separated by commas.
pub(crate) const SECOND_FACTOR_ROLES: &str = "second-factor-roles";

/// The setting that holds where the server was reached when it was last started.
const ORIGIN: &str = "origin";

/// The setting that holds how many clients there should be.
pub(crate) const CLIENTS_EXPECTED: &str = "clients-expected";

impl Store {
    /// Where the server was reached when it was last started.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn origin(&self) -> Result<Option<String>, StoreError> {
        self.setting(ORIGIN).await
    }

    /// Notes where the server is reached, for commands that work beside it.
    pub(crate) async fn note_origin(&self, origin: &str) -> Result<(), StoreError> {
        if self.setting(ORIGIN).await?.as_deref() != Some(origin) {
            self.set_setting(ORIGIN, origin, None).await?;
        }
        Ok(())
    }

    /// What is kept under a name.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(name);
        Ok(query.fetch_optional(self.reader()).await?)
    }

    /// Keeps a value under a name, in place of the one before. A change by a person comes with its row in the audit log.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
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
