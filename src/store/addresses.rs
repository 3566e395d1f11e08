//! The distinct addresses that events name: what a search by a part of one looks through. No address outlives its events.

use sqlx::AnyConnection;

use super::{Millis, Store, StoreError};

impl Store {
    /// Deletes the addresses that no event names now, of those whose newest event was before the day `before`.
    ///
    /// An event that is inserted meanwhile moves its address to a later day, and the database then keeps it.
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

/// Deletes one address, in whatever case it is written.
pub(super) async fn erase(connection: &mut AnyConnection, address: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM addresses_seen WHERE key = $1 OR lower(address) = lower($2)";
    sqlx::query(sql).bind(address.to_lowercase()).bind(address).execute(connection).await?;
    Ok(())
}
