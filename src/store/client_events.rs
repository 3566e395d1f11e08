//! Removes what one client reported: its events, and their share of the counts.

use std::sync::Arc;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::event_query::COLUMNS;
use super::tally::Tally;
use super::{Action, AuditEntry, Event, Host, Millis, Store, StoreError, StoredEvent, audit};
use crate::Severity;

/// The most events in one transaction, so that others get their turn.
const BATCH: usize = 1_000;

impl Store {
    /// Deletes the events that a client sent, and subtracts them from the counts. Returns how many there
    /// were.
    ///
    /// # Errors
    ///
    /// If the database refuses; what was deleted until then stays deleted.
    pub async fn remove_client_events(
        &self,
        client: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let mut transaction = self.begin().await?;
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE client = $1 ORDER BY time, id LIMIT {BATCH}"
            );
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind(client);
            let stored: Vec<StoredEvent> = query.fetch_all(&mut *transaction).await?;
            let Some(last) = stored.last() else {
                audit::commit(transaction, entry).await?;
                break;
            };
            let (time, id) = (last.time, last.id.clone());
            let count = stored.len();
            let events: Vec<Event> = stored.into_iter().filter_map(event).collect();
            self.uncount(&mut transaction, &events).await?;
            sqlx::query(
                "DELETE FROM events WHERE client = $1 AND (time < $2 OR (time = $2 AND id <= $3))",
            )
            .bind(client)
            .bind(time)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            removed += count as u64;
        }
        if removed > 0 {
            self.forget_seen();
            self.prune_addresses(Millis::MAX).await?;
            self.reclaim().await?;
        }
        Ok(removed)
    }

    async fn uncount(
        &self,
        connection: &mut AnyConnection,
        events: &[Event],
    ) -> Result<(), StoreError> {
        // Transactions that store events also lock this row, but the counts in another order than
        // here. With the row locked first, one of the two waits for the other, and never both.
        sqlx::query("UPDATE event_positions SET position = position")
            .execute(&mut *connection)
            .await?;
        let tally = Tally::new(&events.iter().collect::<Vec<_>>()).negated();
        let statements = &self.statements;
        self.write(connection, statements.count_hours.get(), &tally.hours()).await?;
        self.write(connection, statements.count_days.get(), &tally.days()).await?;
        self.write(connection, statements.count_domains.get(), &tally.domains()).await?;
        // Counts by hour exist for two weeks; older events have no rows to be subtracted from.
        for sql in [
            "DELETE FROM counts_hourly WHERE n <= 0",
            "DELETE FROM counts_daily WHERE n <= 0",
            "DELETE FROM domains_daily WHERE n <= 0",
        ] {
            sqlx::query(sql).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// The event as it was inserted; `None` if a newer release stored it.
fn event(stored: StoredEvent) -> Option<Event> {
    Some(Event {
        host: Host::ALL.into_iter().find(|host| host.as_str() == stored.host)?,
        action: Action::ALL.into_iter().find(|action| action.as_str() == stored.action)?,
        severity: [Severity::Pass, Severity::Notice, Severity::Warn, Severity::Block]
            .into_iter()
            .find(|severity| severity.as_str() == stored.severity)?,
        id: stored.id,
        message: stored.message,
        time: stored.time,
        received: stored.received,
        group_id: stored.group.into(),
        client: stored.client.map(Arc::from),
        client_version: stored.client_version,
        policy_id: stored.policy_id,
        policy_version: stored.policy_version,
        reasons: stored.reasons,
        raised_by: stored.raised_by,
        domain: stored.domain,
        address: stored.address,
        justification: stored.justification,
    })
}
