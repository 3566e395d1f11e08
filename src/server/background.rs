//! What a server does beside answering: it reaches its database, forgets what is old, follows the policy.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::store::{self, Database, ORGANISATION, PolicyChangeError, Retention, Store};

use super::{ServerError, site::Site};

/// A database that starts along with its servers is there by then.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between looks at what other servers have changed. A change reaches clients within a minute of it.
const LOOK_EVERY: Duration = Duration::from_secs(10);

const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// Connects to the database and brings its tables up to date. One on another machine may come up later than
/// this server.
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

/// Removes what is older than it may be, now and then.
pub(super) async fn prune(store: Store, retention: Retention) {
    let mut ticks = interval(PRUNE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match store.prune(&retention, store::now()).await {
            Ok(pruned) if pruned.events + pruned.counts > 0 => {
                tracing::info!(
                    events = pruned.events,
                    counts = pruned.counts,
                    "removed what is old"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "what is old could not be removed"),
        }
    }
}

/// Bakes the organisation's policy into the add-ins that are served, whichever server it was changed on.
pub(super) async fn follow_policy(store: Store, site: Site) {
    // Meanwhile the server answers, with bodies that are not compressed.
    let first = site.clone();
    let _ = spawn_blocking(move || first.compress()).await;
    let mut changes = store.changes();
    let mut rendered = None;
    loop {
        match store.revision().await {
            Ok(revision) if Some(revision) != rendered => match render(&store, &site).await {
                Ok(()) => rendered = Some(revision),
                Err(error) => tracing::warn!(error, "the add-ins keep the policy that they have"),
            },
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "the policy could not be looked at"),
        }
        tokio::select! {
            // Its other end is in the store that this function holds.
            _ = changes.changed() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

async fn render(store: &Store, site: &Site) -> Result<(), String> {
    let policy = policy(store).await.map_err(|error| error.to_string())?;
    let site = site.clone();
    let rendered = spawn_blocking(move || site.render(policy)).await;
    let rendered = rendered.map_err(|error| error.to_string())?;
    rendered.map_err(|error| error.to_string())
}

/// The policy that add-ins are served with at start. One that cannot be read keeps no server from starting.
pub(super) async fn organisation_policy(store: &Store) -> Option<Value> {
    policy(store).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "the add-ins are served without a policy");
        None
    })
}

/// What the organisation's administrators have decided, with defaults filled in; nothing where they have not yet.
async fn policy(store: &Store) -> Result<Option<Value>, PolicyChangeError> {
    if store.newest_policy(ORGANISATION).await?.is_none() {
        return Ok(None);
    }
    let effective = store.effective_policy(ORGANISATION).await?;
    Ok(serde_json::to_value(&effective.policy).ok())
}
