//! Decides which of several servers delivers to a destination.
//!
//! The row of the destination has an owner and a beat, which counts up while the owner lives. No clock is compared with
//! another machine's: a server that sees the same owner and beat for long enough by its own clock takes over, and only if
//! nothing has changed at that moment. A server that has lost a lease can no longer move the cursor, so the worst that two
//! clocks of different speed can do is to deliver events twice.

use std::time::{Duration, Instant};

use crate::store::{ExportRow, Store, StoreError};

/// What a server knows about the one that delivers.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    seen: Option<(String, i64, Instant)>,
}

impl Watcher {
    /// Whether there is no owner, or the one with this beat shows no sign of life at `now`.
    pub(crate) fn is_free(
        &mut self,
        (owner, beat): (&str, i64),
        now: Instant,
        takeover: Duration,
    ) -> bool {
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

/// Tries to become the server that delivers; returns the row as it is then.
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
    // No second server uses a SQLite file, so the former owner has ended.
    let is_free = !store.is_shared()
        || watcher.is_free((&row.owner, row.beat), Instant::now(), takeover)
        || row.owner == me;
    let is_mine = is_free && store.claim_export(&row, me).await?;
    Ok(is_mine.then_some(row))
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
