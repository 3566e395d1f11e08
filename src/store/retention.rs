//! How long data is kept.
//!
//! Events are deleted in small batches, so that nobody waits long for the database. The server does not
//! take an event that is older than the limit ([`Retention::keeps_events_from`]), so that a deleted
//! event that a client sends again does not count twice.

use std::sync::PoisonError;
use std::time::Duration;

use super::{DAY, Dialect, Millis, Store, StoreError};

/// The days for which counts by hour are kept: the view of the last days uses them.
const HOURLY_DAYS: Millis = 15;

const BATCH: i64 = 1_000;

/// The pause between two batches, in which other statements get their turn.
const PAUSE: Duration = Duration::from_millis(50);

/// The days for which data is kept; `None`: for ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// Events.
    pub event_days: Option<u32>,
    /// Days for counts by day, lessons, domains and alerts.
    pub count_days: Option<u32>,
}

impl Default for Retention {
    /// A year for events, five years for counts.
    fn default() -> Self {
        Self { event_days: Some(365), count_days: Some(5 * 365) }
    }
}

impl Retention {
    /// The store keeps no events that were decided before this time.
    pub fn keeps_events_from(&self, now: Millis) -> Millis {
        cutoff(self.event_days, now)
    }
}

/// The numbers of deleted rows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pruned {
    /// Events.
    pub events: u64,
    /// Rows of counts.
    pub counts: u64,
}

impl Store {
    /// Deletes data that is too old at `now`. Several servers may do so at the same time.
    ///
    /// # Errors
    ///
    /// If the database refuses; rows that were deleted until then stay deleted.
    pub async fn prune(&self, retention: &Retention, now: Millis) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        if retention.event_days.is_some() {
            let sql = "DELETE FROM events WHERE id IN
                           (SELECT id FROM events WHERE time < $1 ORDER BY time, id LIMIT $2)";
            pruned.events += self.remove_in_batches(sql, retention.keeps_events_from(now)).await?;
        }
        let hours = now - HOURLY_DAYS * DAY;
        pruned.counts +=
            self.remove("DELETE FROM counts_hourly WHERE hour < $1", hours, None).await?;
        if retention.count_days.is_some() {
            let cutoff = cutoff(retention.count_days, now);
            for sql in [
                "DELETE FROM counts_daily WHERE day < $1",
                "DELETE FROM domains_daily WHERE day < $1",
                "DELETE FROM lessons_daily WHERE day < $1",
                "DELETE FROM domains_seen WHERE first_seen < $1 AND NOT EXISTS
                     (SELECT 1 FROM domains_daily AS daily WHERE daily.domain = domains_seen.domain)",
            ] {
                pruned.counts += self.remove(sql, cutoff, None).await?;
            }
            for sql in [
                "DELETE FROM audit_log WHERE at < $1",
                "DELETE FROM alert_deliveries WHERE alert IN (SELECT id FROM alerts WHERE at < $1)",
                "DELETE FROM alerts WHERE at < $1
                     AND NOT EXISTS (SELECT 1 FROM alert_deliveries WHERE alert = alerts.id)",
            ] {
                self.remove(sql, cutoff, None).await?;
            }
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        // Expired evidence is kept for 30 more days, because a page may still show it.
        self.remove("DELETE FROM domain_evidence WHERE expires < $1", now - 30 * DAY, None).await?;
        if pruned.events > 0 {
            self.prune_addresses(retention.keeps_events_from(now)).await?;
            self.reclaim().await?;
        }
        // Deletes the positions of events that every destination has received and in which the
        // server has looked for alerts, and of events that no longer exist. Only the first rows are
        // considered, because the table may be long if a receiver was away.
        let sql = "DELETE FROM event_batches WHERE position IN
                       (SELECT position FROM
                           (SELECT position, received FROM event_batches ORDER BY position LIMIT $2) AS head
                        WHERE received < $1 OR position <
                           (SELECT COALESCE(MIN(position), (SELECT position FROM event_positions)) FROM
                               (SELECT position FROM exports UNION ALL SELECT position FROM alert_watch) AS readers))";
        self.remove_in_batches(sql, retention.keeps_events_from(now)).await?;
        Ok(pruned)
    }

    /// Deletes the rows that `sql` finds, a batch in each transaction; returns how many.
    async fn remove_in_batches(
        &self,
        sql: &'static str,
        cutoff: Millis,
    ) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let removed = self.remove(sql, cutoff, Some(BATCH)).await?;
            all += removed;
            if removed == 0 {
                return Ok(all);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// When the server received the newest event.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn newest_received(&self) -> Result<Option<Millis>, StoreError> {
        let sql = "SELECT received FROM events ORDER BY time DESC, id DESC LIMIT 1";
        Ok(sqlx::query_scalar(sql).fetch_optional(self.reader()).await?)
    }

    /// Leaves no copy of deleted data in a SQLite file or its log, and frees the room.
    pub(super) async fn reclaim(&self) -> Result<(), StoreError> {
        match self.dialect {
            // `secure_delete` has overwritten the pages, but the write-ahead log still has older
            // copies of them.
            Dialect::Sqlite => {
                for sql in ["PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)"] {
                    sqlx::raw_sql(sql).execute(&self.write).await?;
                }
            }
            // Deletes rows that no transaction can see now; the system's own run may be hours away.
            Dialect::Postgres => {
                let done = sqlx::raw_sql("VACUUM events, audit_log").execute(&self.write).await;
                // A large table may take longer than a statement may; then the system's own run
                // does it.
                if let Err(error) = done {
                    tracing::debug!(%error, "the tables were not vacuumed");
                }
            }
        }
        Ok(())
    }

    async fn remove(
        &self,
        sql: &'static str,
        before: Millis,
        limit: Option<i64>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let mut query = sqlx::query(sql).bind(before);
        if let Some(limit) = limit {
            query = query.bind(limit);
        }
        let done = query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected())
    }
}

fn cutoff(days: Option<u32>, now: Millis) -> Millis {
    days.map_or(Millis::MIN, |days| now.saturating_sub(Millis::from(days) * DAY))
}
