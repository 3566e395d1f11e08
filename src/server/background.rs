//! Background work of a server: it connects to its database and deletes old data.

use std::time::Duration;

use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::store::{Database, FileLock, Retention, Store};

use super::{Clock, ServerError, api::Directory, site::Site};

/// A database that starts together with its servers answers within this time.
const PATIENCE: Duration = Duration::from_mins(1);

/// The time between two looks for deployments that were closed.
const LOOK_EVERY: Duration = Duration::from_mins(1);

const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// Connects to the database and brings its tables up to date. A database on another machine may
/// start later than this server.
pub(super) async fn connect(database: &Database) -> Result<Store, ServerError> {
    let start = Instant::now();
    let mut wait = Duration::from_millis(500);
    loop {
        let error = match Store::connect(database).await {
            Ok(store) => return Ok(store),
            Err(error) => error,
        };
        let may_come_up = matches!(database, Database::Postgres(_)) && error.is_temporary();
        if !may_come_up || start.elapsed() + wait > PATIENCE {
            return Err(ServerError::Store { database: database.to_string(), source: error });
        }
        let wait_s = wait.as_secs_f64();
        tracing::warn!(database = %database, error = %error, wait_s, "trying again");
        sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(8));
    }
}

/// Keeps a second server from the same SQLite file.
pub(super) fn lock(database: &Database) -> Result<Option<FileLock>, ServerError> {
    let Some(file) = database.file() else { return Ok(None) };
    match FileLock::take(file) {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            Err(ServerError::DatabaseInUse { database: database.to_string() })
        }
        Err(source) => Err(ServerError::State { path: file.to_owned(), source }),
    }
}

/// Removes expired data now and then.
pub(super) async fn prune(store: Store, retention: Retention, clock: Clock) {
    let mut ticks = interval(PRUNE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = clock.look(&store).await {
            tracing::warn!(error = %error, "the time could not be saved; the server removes nothing now");
            continue;
        }
        if clock.is_doubted() {
            continue;
        }
        match store.prune(&retention, clock.now()).await {
            Ok(pruned) if pruned.events + pruned.counts > 0 => {
                tracing::info!(
                    events = pruned.events,
                    counts = pruned.counts,
                    "removed expired data"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "expired data could not be removed"),
        }
    }
}

/// Compresses the pages, and forgets the files of deployments that this or another server closed.
pub(super) async fn tend_site(store: Store, site: Site, directory: Directory) {
    // Meanwhile the server answers with uncompressed bodies.
    let first = site.clone();
    let _ = spawn_blocking(move || first.compress()).await;
    let mut changes = store.changes();
    loop {
        tokio::select! {
            // The channel cannot close: its other end is in the store that this function holds.
            _ = changes.changed() => {}
            () = sleep(LOOK_EVERY) => {}
        }
        site.forget(|secret| directory.deployed(secret).is_none());
    }
}
