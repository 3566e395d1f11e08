//! How long things are kept.
//!
//! Events go in small batches, so that nobody waits long for the database. What is older than the limit
//! is not taken either ([`Retention::keeps_events_from`]): an event that was removed and is sent again
//! is not counted twice.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Millis, Store, StoreError};

const DAY: Millis = 86_400_000;

/// Counts by the hour serve the view of the last days.
const HOURLY_DAYS: Millis = 15;

const BATCH: i64 = 1_000;

/// Between batches: others get their turn.
const PAUSE: Duration = Duration::from_millis(50);

/// How many days things are kept; `None`: for ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// Events.
    pub event_days: Option<u32>,
    /// Counts by day, and domains that were written to.
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
    /// Removes what is older than it may be at `now`. Several servers may do so at the same time.
    ///
    /// # Errors
    ///
    /// Where the database refuses; what was removed until then stays removed.
    pub async fn prune(&self, retention: &Retention, now: Millis) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        if retention.event_days.is_some() {
            let cutoff = retention.keeps_events_from(now);
            let sql = "DELETE FROM events WHERE id IN
                           (SELECT id FROM events WHERE time < $1 ORDER BY time, id LIMIT $2)";
            loop {
                let removed = self.remove(sql, cutoff, Some(BATCH)).await?;
                pruned.events += removed;
                if removed == 0 {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        let hours = now - HOURLY_DAYS * DAY;
        pruned.counts +=
            self.remove("DELETE FROM counts_hourly WHERE hour < $1", hours, None).await?;
        if retention.count_days.is_some() {
            let cutoff = cutoff(retention.count_days, now);
            for sql in [
                "DELETE FROM counts_daily WHERE day < $1",
                "DELETE FROM domains_daily WHERE day < $1",
                "DELETE FROM domains_seen WHERE first_seen < $1 AND NOT EXISTS
                     (SELECT 1 FROM domains_daily AS daily WHERE daily.domain = domains_seen.domain)",
            ] {
                pruned.counts += self.remove(sql, cutoff, None).await?;
            }
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        // Evidence that nobody asks for again; one day on, it may still be shown.
        self.remove("DELETE FROM domain_evidence WHERE expires < $1", now - 30 * DAY, None).await?;
        Ok(pruned)
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
