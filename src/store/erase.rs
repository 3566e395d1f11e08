//! Erases the data about one person.

use form_urlencoded::byte_serialize;

use super::search::escape;
use super::{AuditEntry, Store, StoreError, addresses, audit};

/// The text that replaces an address in the audit log.
const ERASED: &str = "(erased)";

impl Store {
    /// Deletes the events about one recipient, in any mixture of upper and lower case, and removes the address from the
    /// audit log and saved filters. Counts, which name nobody, stay. Returns how many events there were.
    ///
    /// `entry` is the row for the audit log; it must not name the address.
    ///
    /// # Errors
    ///
    /// If the database refuses; then nothing is erased.
    pub async fn erase_address(
        &self,
        address: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<u64, StoreError> {
        let address = address.trim();
        if address.is_empty() {
            return Err(StoreError::Invalid("there is no address to erase".to_owned()));
        }
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM events WHERE lower(address) = lower($1)")
            .bind(address)
            .execute(&mut *tx)
            .await?;
        addresses::erase(&mut tx, address).await?;
        // Earlier releases wrote the search into the log, encoded as in the page's address.
        let encoded: String = byte_serialize(address.as_bytes()).collect();
        for text in [address, &encoded] {
            sqlx::query(
                "UPDATE audit_log SET detail = replace(detail, $1, $2), target = replace(target, $1, $2) \
                 WHERE detail LIKE $3 OR target LIKE $3",
            )
            .bind(text)
            .bind(ERASED)
            .bind(format!("%{text}%"))
            .execute(&mut *tx)
            .await?;
        }
        // A saved filter that looks for this address.
        for text in [address, &encoded] {
            sqlx::query(
                "DELETE FROM saved_filters WHERE lower(query) LIKE $1 ESCAPE '\\' OR lower(name) LIKE $1 ESCAPE '\\'",
            )
            .bind(format!("%{}%", escape(&text.to_lowercase())))
            .execute(&mut *tx)
            .await?;
        }
        audit::commit(tx, entry).await?;
        self.reclaim().await?;
        Ok(done.rows_affected())
    }
}
