//! The distinct addresses in events, which a search for a part of an address reads. No address outlives its events.

use sqlx::AnyConnection;

use super::{Millis, Store, StoreError};

impl Store {
    /// Deletes the addresses that no event names now, if their newest event was before the day `before`.
    ///
    /// If an event is inserted meanwhile, it moves its address to a later day, and the database keeps the
    /// address.
    pub(super) async fn prune_addresses(&self, before: Millis) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        prune(&mut transaction, before).await?;
        transaction.commit().await?;
        Ok(())
    }
}

pub(super) async fn prune(
    connection: &mut AnyConnection,
    before: Millis,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM addresses_seen WHERE last_day < $1 AND NOT EXISTS
                   (SELECT 1 FROM events WHERE events.address = addresses_seen.address)";
    sqlx::query(sql).bind(before).execute(connection).await?;
    Ok(())
}

/// Deletes one address, in any mixture of upper and lower case.
pub(super) async fn erase(connection: &mut AnyConnection, address: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM addresses_seen WHERE key = $1 OR lower(address) = lower($2)";
    sqlx::query(sql).bind(address.to_lowercase()).bind(address).execute(connection).await?;
    Ok(())
}
