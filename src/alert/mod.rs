//! Alerts and reports, which the server sends to people by mail and by webhook.
//!
//! A file names the destinations ([`read`]). One server at a time looks at the committed events and at the clock
//! (`lookout`). It stores each alert in the database together with its recipients. A task for each recipient delivers
//! (`courier`), and notes each delivery once the receiver has confirmed it. `report` makes the report of a week or a
//! quarter, for mails and for the dashboard. Nothing here delays the storing of events.

mod courier;
mod destination;
mod domain;
mod file;
mod lease;
mod letter;
mod lookout;
mod mail;
mod measure;
mod metrics;
pub(crate) mod notice;
mod personal;
pub(crate) mod report;
mod rules;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, join_all};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::export::Pace;
use crate::store::{AlertRow, Millis, Recipient, Store, StoreError};

pub use destination::{Destination, Topic};
pub use file::{AlertError, read};
pub use mail::Undelivered;
pub(crate) use metrics::AlertMetrics;
pub(crate) use personal::{Personal, is_address};
pub use rules::{Burst, Certificate, Disk, Reporting, Rules, Silence};

use courier::{Courier, doors};
use lookout::Lookout;

/// The limit for a test. A person waits for it, and the request has a deadline of 30 s.
const TEST_PATIENCE: Duration = Duration::from_secs(12);

/// The settings of alerts. Without destinations, the server does not look for reasons to alert.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    /// The destinations.
    pub destinations: Vec<Destination>,
    /// The rules for alerts.
    pub rules: Rules,
    /// The reports to send.
    pub reporting: Reporting,
}

/// How often the server acts. People need an alert within seconds, and each look costs a few
/// queries.
pub fn pace() -> Pace {
    Pace {
        poll: Duration::from_secs(5),
        first_pause: Duration::from_secs(5),
        longest_pause: Duration::from_mins(15),
        ..Pace::default()
    }
}

/// The parts of the server that alerts watch.
pub(crate) trait Around: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Millis;
    /// Whether the clock may be wrong.
    fn is_doubted(&self) -> bool;
    /// The end of the certificate that the server shows to clients, if it shows one.
    fn certificate_end(&self) -> Option<Millis>;
    /// Free and total bytes where the server keeps its state.
    fn disk(&self) -> Option<(u64, u64)>;
    /// Whether a domain accepts mail; `None` if name servers give no answer. If the policy of the
    /// group does not flag the domain, the answer is `Some(false)`, and the server asks no name
    /// server.
    fn takes_mail<'a>(&'a self, domain: &'a str, group: &'a str) -> BoxFuture<'a, Option<bool>>;
}

/// The alerts of a server.
#[derive(Clone)]
pub(crate) struct Teller {
    alerts: Arc<Alerts>,
    pace: Pace,
    metrics: AlertMetrics,
    /// The name of this server in the lease, a new one at each start.
    me: Arc<str>,
    /// The address of the dashboard.
    origin: Arc<str>,
}

/// A task that looks for alerts and delivers them until it is stopped.
#[derive(Debug)]
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Teller {
    pub(crate) fn new(alerts: Alerts, pace: Pace, metrics: &AlertMetrics, origin: &str) -> Self {
        Self {
            alerts: Arc::new(alerts),
            pace,
            metrics: metrics.clone(),
            me: uuid::Uuid::new_v4().to_string().into(),
            origin: origin.into(),
        }
    }

    pub(crate) fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// Whether the lease names this server.
    pub(crate) fn is_me(&self, owner: &str) -> bool {
        *self.me == *owner
    }

    /// At the first start with alerts, sets the position after all stored events: only events that
    /// the server acknowledges from now on can cause alerts.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub(crate) async fn begin(&self, store: &Store, now: Millis) -> Result<(), StoreError> {
        if !self.alerts.destinations.is_empty() {
            store.alert_watch(now).await?;
        }
        Ok(())
    }

    /// Starts to look for alerts and to deliver them.
    pub(crate) fn start(&self, store: &Store, around: Arc<dyn Around>) -> Running {
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        if !self.alerts.destinations.is_empty() {
            let lookout = Arc::new(Lookout::new(self, store.clone(), around));
            let mut stopped = stop.subscribe();
            let local = Arc::clone(&lookout);
            tasks.spawn(async move {
                tokio::select! {
                    // The channel closes only with the server.
                    _ = stopped.wait_for(|stop| *stop) => {}
                    () = local.look_around() => {}
                }
            });
            tasks.spawn(self.clone().work(lookout, store.clone(), stop.subscribe()));
        }
        Running { stop, tasks }
    }

    /// Looks for alerts and delivers them while this server has the lease.
    async fn work(self, lookout: Arc<Lookout>, store: Store, stop: watch::Receiver<bool>) {
        for destination in &self.alerts.destinations {
            self.metrics.begin(&destination.name);
        }
        self.metrics.watches(false);
        loop {
            let mut stopped = stop.clone();
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => return,
                () = lookout.wait_for_lease() => {}
                () = lookout.keep_observing() => {}
            }
            self.metrics.watches(true);
            let couriers = join_all(self.couriers(&lookout, &store, &stop).map(Courier::run));
            let is_stopping = tokio::select! {
                () = lookout.keep_lease() => false,
                () = lookout.keep_observing() => false,
                () = lookout.look() => false,
                () = lookout.ask() => false,
                // The tasks end when they are told to stop.
                _ = couriers => true,
            };
            self.metrics.watches(false);
            if is_stopping {
                if let Err(error) = store.release_alerts(&self.me).await {
                    tracing::debug!(%error, "the lease of alerts was not given back");
                }
                return;
            }
            tracing::info!("another server may look for alerts now");
        }
    }

    fn couriers(
        &self,
        lookout: &Lookout,
        store: &Store,
        stop: &watch::Receiver<bool>,
    ) -> impl Iterator<Item = Courier> {
        let all = self.alerts.destinations.iter();
        let doors = all.flat_map(|destination| doors(destination, self.pace.patience));
        doors.map(|(recipient, door)| Courier {
            store: store.clone(),
            recipient,
            door,
            origin: Arc::clone(&self.origin),
            me: Arc::clone(&self.me),
            pace: self.pace,
            metrics: self.metrics.clone(),
            around: lookout.around(),
            news: lookout.news(),
            stop: stop.clone(),
        })
    }

    /// Sends a test to every recipient of a destination, ahead of waiting alerts.
    ///
    /// # Errors
    ///
    /// For each recipient, why it did not get the test. `None` if there is no such destination.
    pub(crate) async fn test(&self, name: &str) -> Option<Vec<(Recipient, Tested)>> {
        let destination = self.alerts.destinations.iter().find(|it| it.name == name)?;
        Some(test(destination, &self.origin, self.pace.patience.min(TEST_PATIENCE)).await)
    }
}

/// The time that the receiver took, or why it did not take the test.
pub type Tested = Result<Duration, Undelivered>;

/// Sends a test to every recipient of a destination at the same time.
pub async fn test(
    destination: &Destination,
    origin: &str,
    patience: Duration,
) -> Vec<(Recipient, Tested)> {
    let notice = notice::test();
    let row = AlertRow {
        id: format!("test/{}", uuid::Uuid::new_v4()),
        kind: "test".to_owned(),
        at: crate::store::now(),
        over_at: None,
        document: String::new(),
    };
    let (notice, row) = (&notice, &row);
    let tests = doors(destination, patience).into_iter().map(|(recipient, door)| async move {
        let began = Instant::now();
        let sent =
            timeout(patience * 2, door.deliver(notice, row, &destination.name, origin)).await;
        let sent =
            sent.unwrap_or_else(|_| Err(Undelivered::new("the receiver did not answer in time")));
        (recipient, sent.map(|()| began.elapsed()))
    });
    join_all(tests).await
}

impl Running {
    /// Lets deliveries under way finish, and hands over to other servers.
    pub(crate) async fn stop(mut self) {
        /// A receiver or a database that does not answer must not keep the server from stopping.
        const GRACE: Duration = Duration::from_secs(15);
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, all).await.is_err() {
            tracing::warn!(
                "a delivery or the database takes too long; the server may send an alert again"
            );
        }
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").field("alerts", &self.alerts).finish_non_exhaustive()
    }
}
