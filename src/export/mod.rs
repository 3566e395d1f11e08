//! Exports: the server sends events to other systems by syslog, webhook or Splunk.
//!
//! A file names the destinations ([`read`]). For each, one server at a time (`lease`) reads the
//! events in the order in which they were committed, delivers them in bounded batches (`worker`),
//! and stores its new position only once the receiver has shown that it has the events. So each
//! event arrives at least once, and one that arrives twice has the same id. Ingestion never waits
//! for exports: they read the events that have been stored.

mod backoff;
mod cef;
mod delivery_metrics;
mod destination;
mod ecs;
mod failure;
mod file;
mod format;
mod http;
mod lease;
mod metrics;
mod sender;
mod syslog;
mod tls;
mod worker;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::store::{ExportRow, Ingest, Store, StoreError};

pub(crate) use backoff::pause;
pub(crate) use delivery_metrics::{DeliveryMetrics, Names, Seconds, seconds};
pub(crate) use destination::shown;
pub use destination::{Destination, ReceiverKind};
pub use failure::Failure;
pub use file::{ExportError, read};
pub(crate) use file::{HTTP_TIMEOUT, check_name, read_toml, secret, webhook};
pub use format::Format;
pub(crate) use http::{Hook, Http};
pub(crate) use lease::{Watcher, keep};
pub(crate) use metrics::ExportMetrics;

use worker::Worker;

/// How often exports act. Tests act more often than servers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pace {
    /// The time between two looks for new events.
    pub poll: Duration,
    /// The time between two writes of a busy export's position. After a crash, the events of this time are delivered again.
    pub save: Duration,
    /// The time between two signs of life of the server that delivers.
    pub renew: Duration,
    /// After this long without a sign of life, another server delivers.
    pub takeover: Duration,
    /// The pause after the first failure; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause, except where the receiver asks for more.
    pub longest_pause: Duration,
    /// How long a receiver may keep an export waiting.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            save: Duration::from_secs(1),
            renew: Duration::from_secs(2),
            takeover: Duration::from_secs(10),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(5),
            patience: Duration::from_secs(30),
        }
    }
}

/// The limit for a test. A person waits for it, and the request has a deadline of 30 s.
const TEST_PATIENCE: Duration = Duration::from_secs(10);

/// The destinations of a server.
#[derive(Clone, Debug)]
pub(crate) struct Exports {
    destinations: Arc<[Arc<Destination>]>,
    pace: Pace,
    metrics: ExportMetrics,
    /// The name of this server in the leases, a new one at each start.
    me: Arc<str>,
    /// The name of this server in the messages that it sends.
    host: Arc<str>,
}

/// A task that delivers until it is stopped.
#[derive(Debug)]
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Exports {
    pub(crate) fn new(destinations: &[Destination], pace: Pace, metrics: &ExportMetrics) -> Self {
        Self {
            destinations: destinations.iter().cloned().map(Arc::new).collect(),
            pace,
            metrics: metrics.clone(),
            me: uuid::Uuid::new_v4().to_string().into(),
            host: "localhost".into(),
        }
    }

    /// These exports, which name this server `host` in their messages.
    pub(crate) fn named(self, host: &str) -> Self {
        Self { host: host.into(), ..self }
    }

    /// Gives new destinations their position, after all stored events: they get the events that the server acknowledges
    /// from now on.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub(crate) async fn begin(&self, store: &Store) -> Result<(), StoreError> {
        for destination in &*self.destinations {
            let export = &destination.name;
            if destination.is_clear() {
                tracing::warn!(
                    export,
                    "this export is not encrypted: anybody on the network path can read events"
                );
            }
            store.export(export).await?;
        }
        Ok(())
    }

    pub(crate) fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.iter().map(|destination| &**destination)
    }

    /// Whether a lease names this server.
    pub(crate) fn is_me(&self, owner: &str) -> bool {
        *self.me == *owner
    }

    /// Whether another server delivers to a destination that this server's file does not name.
    /// Watches for a while whether the owner gives signs of life, because the clocks of two
    /// machines cannot be compared.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn is_alive(
        &self,
        store: &Store,
        row: &ExportRow,
    ) -> Result<bool, StoreError> {
        // Only one server at a time uses a SQLite file, so an earlier owner has ended.
        if row.owner.is_empty() || !store.is_shared() {
            return Ok(false);
        }
        tokio::time::sleep(self.pace.takeover).await;
        let rows = store.exports().await?;
        Ok(rows.iter().any(|it| it.name == row.name && it.beat != row.beat))
    }

    /// Starts to deliver. `ingest` comes first: while events wait to be stored, exports hold back.
    pub(crate) fn start(&self, store: &Store, ingest: &Ingest) -> Running {
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        for destination in &*self.destinations {
            let worker = Worker {
                store: store.clone(),
                ingest: ingest.clone(),
                sender: destination.sender(&self.host, self.pace.patience),
                destination: Arc::clone(destination),
                me: Arc::clone(&self.me),
                pace: self.pace,
                metrics: self.metrics.clone(),
                stop: stop.subscribe(),
            };
            tasks.spawn(worker.run());
        }
        Running { stop, tasks }
    }

    /// Sends a made-up event to a destination, ahead of all others, and waits for the receiver.
    ///
    /// # Errors
    ///
    /// The error says why the event did not arrive. `None` if there is no such destination.
    pub(crate) async fn test(&self, name: &str) -> Option<Result<Duration, Failure>> {
        let destination = self.destinations.iter().find(|it| it.name == name)?;
        let began = std::time::Instant::now();
        let sender = destination.sender(&self.host, self.pace.patience.min(TEST_PATIENCE));
        let event = ecs::test_event(crate::store::now());
        let sent = timeout(TEST_PATIENCE * 2, sender.deliver(&[&event])).await;
        let sent =
            sent.unwrap_or_else(|_| Err(Failure::new("the receiver did not answer in time")));
        Some(sent.map(|()| began.elapsed()))
    }
}

impl Running {
    /// Waits briefly for deliveries under way, stores the position of each export, and hands over
    /// to other servers. The next start repeats a delivery that has no answer by then.
    pub(crate) async fn stop(mut self) {
        /// A database that does not answer must not keep the server from stopping.
        const GRACE: Duration = Duration::from_secs(10);
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, all).await.is_err() {
            tracing::warn!("the database does not answer; some events will be exported again");
        }
    }
}
