//! Whether the server can do its work. Anybody may ask at any time; the server checks once a
//! second.

use std::time::{Duration, Instant};

use tokio::{sync::Mutex, time::timeout};

use crate::store::{self, Store};

/// How long an answer is valid. Each check costs a commit.
const KEEP: Duration = Duration::from_secs(1);

/// How long the store may take to store something. A load balancer asks again later.
const PROBE: Duration = Duration::from_secs(4);

/// How often a SQLite file is read for damage.
const CHECK_EVERY: Duration = Duration::from_hours(24);

/// The last answer.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), &'static str>)>>);

impl Readiness {
    /// Whether something can be stored now, and if not, why.
    pub(crate) async fn check(&self, store: &Store) -> Result<(), &'static str> {
        // Other requests meanwhile wait for the same answer.
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < KEEP
        {
            return *answer;
        }
        let answer = match timeout(PROBE, store.probe(store::now())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the server is not ready: it cannot store anything");
                Err(match error {
                    store::StoreError::Full(_) => "the disk is full",
                    store::StoreError::Corrupt(_) => {
                        "the database is damaged, or its file was deleted"
                    }
                    _ => "the database accepts no writes",
                })
            }
            Err(_elapsed) => Err("the database does not answer"),
        };
        *last = Some((Instant::now(), answer));
        answer
    }
}

/// Looks for damage at start and once a day, in the background.
pub(super) async fn look_for_damage(store: Store) {
    loop {
        if let Err(error) = store.check_integrity().await {
            tracing::error!(%error, "the check of the database failed");
        }
        tokio::time::sleep(CHECK_EVERY).await;
    }
}
