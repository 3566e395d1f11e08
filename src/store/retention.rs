//! How long things are kept.
//!
//! Events go in small batches, so that nobody waits long for the database. What is older than the limit
//! is not taken either ([`Retention::keeps_events_from`]): an event that was removed and is sent again
//! is not counted twice.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Kind, Millis, Store, StoreError};

const DAY: Millis = 86_400_000;

/// Days for which counts by the hour are kept: they serve the view of the last days.
const HOURLY_DAYS: Millis = 15;

const BATCH: i64 = 1_000;

/// The pause between two batches, in which other statements get their turn.
const PAUSE: Duration = Duration::from_millis(50);

/// How many days things are kept; `None`: for ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// Events.
    pub event_days: Option<u32>,
    /// Counts by day, of lessons too, domains that were written to, and alerts.
    pub count_days: Option<u32>,
}

impl Default for Retention {
    /// A year of events, five of counts.
    fn default() -> Self {
        Self { event_days: Some(365), count_days: Some(5 * 365) }
    }
}

impl Retention {
    /// Events that were decided before this time are not kept.
    pub fn keeps_events_from(&self, now: Millis) -> Millis {
        cutoff(self.event_days, now)
    }
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pruned {
    /// Events.
    pub events: u64,
    /// Rows of counts.
    pub counts: u64,
}

impl Store {
    /// Removes data that is too old at `now`. Several servers may do so at the same time.
    ///
    /// # Errors
    ///
    /// Where the database refuses; rows that were removed until then stay removed.
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
        // Evidence that nobody asks for again; one day on, it may still be shown.
        self.remove("DELETE FROM domain_evidence WHERE expires < $1", now - 30 * DAY, None).await?;
        if pruned.events > 0 {
            self.prune_addresses(retention.keeps_events_from(now)).await?;
            self.reclaim().await?;
        }
        // The order of events that every destination has and alerts were looked for in, and of events that are no longer kept. Only the first rows are looked
        // at: the table may be long where a receiver was away.
        let sql = "DELETE FROM event_batches WHERE position IN
                       (SELECT position FROM
                           (SELECT position, received FROM event_batches ORDER BY position LIMIT $2) AS head
                        WHERE received < $1 OR position <
                           (SELECT COALESCE(MIN(position), (SELECT position FROM event_positions)) FROM
                               (SELECT position FROM exports UNION ALL SELECT position FROM alert_watch) AS readers))";
        self.remove_in_batches(sql, retention.keeps_events_from(now)).await?;
        Ok(pruned)
    }

    /// Removes what `sql` finds, a batch in each transaction; how many rows.
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

    /// When the newest event was received.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn newest_received(&self) -> Result<Option<Millis>, StoreError> {
        let sql = "SELECT received FROM events ORDER BY time DESC, id DESC LIMIT 1";
        Ok(sqlx::query_scalar(sql).fetch_optional(self.reader()).await?)
    }

    /// Leaves no copy of deleted data in a SQLite file or its log, and gives the room back.
    pub(super) async fn reclaim(&self) -> Result<(), StoreError> {
        match self.kind {
            // `secure_delete` has overwritten the pages; those in the log are older.
            Kind::Sqlite => {
                for sql in ["PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)"] {
                    sqlx::raw_sql(sql).execute(&self.write).await?;
                }
            }
            // Rows that nobody can see now; the system's own run may be hours away.
            Kind::Postgres => {
                let done = sqlx::raw_sql("VACUUM events, audit_log").execute(&self.write).await;
                // A large table takes longer than a statement may; then the system's own run comes.
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
