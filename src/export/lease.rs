//! Decides which of several servers delivers to a destination.
//!
//! The row of the destination has an owner and a beat, which counts up while the owner lives. No clock is compared with
//! another machine's: a server that sees the same owner and beat for long enough by its own clock takes over, and only if
//! nothing has changed at that moment. A server that has lost a lease can no longer move the cursor, so the worst that two
//! clocks of different speed can do is to deliver events twice.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Pace;
use crate::store::{ExportRow, Store, StoreError};

/// What a server knows about the server that delivers.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    seen: Option<(String, i64, Instant)>,
}

impl Watcher {
    /// Whether this server may take over from the owner. `seen` is the owner and the beat that the
    /// database shows now.
    pub(crate) fn may_claim(
        &mut self,
        store: &Store,
        seen: (&str, i64),
        takeover: Duration,
    ) -> bool {
        // Only one server at a time uses a SQLite file, so an earlier owner has ended.
        !store.is_shared() || self.is_free(seen, Instant::now(), takeover)
    }

    /// Whether the lease has no owner, or its owner has given no sign of life for `takeover` before
    /// `now`.
    fn is_free(&mut self, (owner, beat): (&str, i64), now: Instant, takeover: Duration) -> bool {
        if owner.is_empty() {
            return true;
        }
        match &self.seen {
            Some((seen, seen_beat, since)) if seen == owner && *seen_beat == beat => {
                now.duration_since(*since) >= takeover
            }
            _ => {
                self.seen = Some((owner.to_owned(), beat, now));
                false
            }
        }
    }
}

/// Tries to become the server that delivers; returns the row as it is after that.
///
/// # Errors
///
/// If the database doesn't answer.
pub(super) async fn acquire(
    store: &Store,
    watcher: &mut Watcher,
    name: &str,
    me: &str,
    takeover: Duration,
) -> Result<Option<ExportRow>, StoreError> {
    let row = store.export(name).await?;
    let is_free = watcher.may_claim(store, (&row.owner, row.beat), takeover) || row.owner == me;
    let is_mine = is_free && store.claim_export(&row, me).await?;
    Ok(is_mine.then_some(row))
}

/// Calls `renew` again and again to show that this server lives, until another server may have
/// taken the lease. For a SQLite file it only waits, because no other server watches.
pub(crate) async fn keep<F>(store: &Store, pace: Pace, renew: impl Fn() -> F)
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let mut alive = Instant::now();
    loop {
        sleep(pace.renew).await;
        if !store.is_shared() {
            continue;
        }
        match renew().await {
            Ok(true) => alive = Instant::now(),
            Ok(false) => return,
            // Other servers will soon consider this one dead.
            Err(_) if alive.elapsed() > pace.takeover / 2 => return,
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_keeps_the_lease_while_it_shows_signs_of_life() {
        const TAKEOVER: Duration = Duration::from_secs(20);
        let start = Instant::now();
        let mut watcher = Watcher::default();
        let mut free =
            |row, seconds| watcher.is_free(row, start + Duration::from_secs(seconds), TAKEOVER);
        assert!(free(("", 0), 0), "nobody owns it");
        assert!(!free(("a", 1), 1));
        assert!(!free(("a", 2), 20), "it beats");
        assert!(!free(("a", 2), 39));
        assert!(!free(("b", 2), 40), "another owner");
        assert!(!free(("b", 2), 59));
        assert!(free(("b", 2), 60), "no sign of life");
    }
}
