//! The thread that asks for the policy and delivers the events.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::backend::{Backend, BackendError, Delivery, Failure, Fetched, Pace, Server};
use super::reporter::Reporter;
use super::spool::{Segment, Spool};
use super::state::{StateFolder, write_private};
use crate::policy::Policy;

/// How often the thread looks at the spool. A longer time would delay events; a shorter one would
/// read the disk needlessly.
const EVENTS_EVERY: Duration = Duration::from_secs(1);

/// The most events in a request. If the server refuses a request, the client drops all its events,
/// so a larger one would lose more; smaller ones would need more requests.
const BATCH: usize = 100;

/// The longest pause after failures. With a longer one, the thread would notice late that the
/// server answers again.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Follows the policy of a server and delivers events to the server, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    reporter: Reporter,
    _state: StateFolder,
}

impl Follower {
    /// The file with the last valid policy, in the state folder.
    pub(crate) fn last_policy(state: &StateFolder) -> Option<Policy> {
        fs::read(state.path().join("policy.json"))
            .ok()
            .and_then(|text| Policy::from_json(&text).ok())
    }

    /// Starts the thread. `install` gets each new policy and returns an error if it cannot use it; the old
    /// policy then stays in force.
    ///
    /// # Errors
    ///
    /// When the server's address or certificate is wrong, or the spool cannot be opened.
    pub(crate) fn start(
        server: Server,
        state: StateFolder,
        install: impl Fn(Policy) -> Result<(), String> + Send + 'static,
    ) -> Result<Self, BackendError> {
        let pace = server.pace;
        let backend = Backend::new(server, state.path())?;
        let spool = Spool::open(&state.path().join("spool")).map_err(BackendError::Spool)?;
        let spool = Arc::new(spool);
        let mut worker = Worker {
            backend,
            pace,
            spool: Arc::clone(&spool),
            policy_file: state.path().join("policy.json"),
            etag: None,
            sending: None,
            dropped: 0,
            policy: Schedule::default(),
            events: Schedule::default(),
        };
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("backend".to_owned()).spawn(move || {
            loop {
                let wait = worker.turn(&install);
                match stopped.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            worker.spool.sync();
        });
        let thread = thread.map_err(BackendError::Spool)?;
        let reporter = Reporter::new(spool);
        Ok(Self { stop: Some(stop), thread: Some(thread), reporter, _state: state })
    }

    /// The spool for events.
    pub(crate) fn reporter(&self) -> Reporter {
        self.reporter.clone()
    }
}

impl Drop for Follower {
    /// The request under way finishes first; it has a deadline.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The time of the next attempt.
#[derive(Debug, Default)]
struct Schedule {
    due: Option<Instant>,
    failures: u32,
}

impl Schedule {
    fn is_due(&self) -> bool {
        self.due.is_none_or(|due| Instant::now() >= due)
    }

    fn after(&mut self, wait: Duration) {
        self.failures = 0;
        self.due = Some(Instant::now() + wait);
    }

    /// Delays the next attempt after a failure, and logs the first of several failures.
    fn failed(&mut self, first: Duration, what: &str, failure: &Failure) {
        if self.failures == 0 {
            tracing::warn!(failure = failure.what, "{what}");
        }
        let doubled = first.saturating_mul(1 << self.failures.min(7)).min(LONGEST_PAUSE);
        self.failures += 1;
        let wait = jitter(doubled).max(failure.retry_after.unwrap_or_default());
        self.due = Some(Instant::now() + wait.min(LONGEST_PAUSE));
    }
}

/// Shortens a wait by up to a fifth, so that clients do not all ask at the same time.
fn jitter(wait: Duration) -> Duration {
    wait.mul_f64(1.0 - 0.2 * rand::rng().random::<f64>())
}

struct Worker {
    backend: Backend,
    pace: Pace,
    spool: Arc<Spool>,
    policy_file: PathBuf,
    etag: Option<String>,
    /// The segment being delivered, and its remaining events.
    sending: Option<(Segment, Vec<String>)>,
    /// How many events dropped from the full spool the log has mentioned already.
    dropped: u64,
    policy: Schedule,
    events: Schedule,
}

impl Worker {
    /// Does the work that is due, and returns the time until the next work.
    fn turn(&mut self, install: &impl Fn(Policy) -> Result<(), String>) -> Duration {
        if self.policy.is_due() {
            match self.fetch_policy(install) {
                Ok(()) => self.policy.after(jitter(self.pace.policy)),
                Err(failure) => {
                    self.policy.failed(
                        self.pace.pause,
                        "the policy could not be fetched",
                        &failure,
                    );
                }
            }
        }
        self.spool.sync();
        let dropped = self.spool.dropped();
        if dropped > self.dropped {
            tracing::warn!(
                events = dropped - self.dropped,
                "the spool is full; its oldest events were dropped"
            );
            self.dropped = dropped;
        }
        if self.events.is_due() {
            match self.deliver() {
                // More events wait: `turn` runs again at once, and first checks whether the policy
                // is due.
                Ok(true) => return Duration::ZERO,
                Ok(false) => self.events.after(EVENTS_EVERY),
                Err(failure) => {
                    self.events.failed(self.pace.pause, "events could not be delivered", &failure);
                }
            }
        }
        EVENTS_EVERY.min(self.pace.policy)
    }

    fn fetch_policy(
        &mut self,
        install: &impl Fn(Policy) -> Result<(), String>,
    ) -> Result<(), Failure> {
        let Fetched::Changed { policy: text, etag } = self.backend.policy(self.etag.as_deref())?
        else {
            return Ok(());
        };
        let policy = Policy::from_json(&text).map_err(|error| Failure::new(&error))?;
        let name = (policy.id.clone(), policy.version);
        install(policy).map_err(|error| Failure::new(&error))?;
        tracing::info!(policy = name.0, version = name.1, "the server's policy is in force");
        self.etag = etag;
        if let Err(error) = write_private(&self.policy_file, &text) {
            tracing::warn!(%error, "the policy could not be saved for the next start");
        }
        Ok(())
    }

    /// Delivers one batch. Returns whether more wait.
    fn deliver(&mut self) -> Result<bool, Failure> {
        if self.sending.is_none() {
            self.sending = self.spool.oldest().map_err(|error| Failure::new(&error))?;
        }
        let Some((segment, rest)) = &mut self.sending else { return Ok(false) };
        if !rest.is_empty() {
            let count = rest.len().min(BATCH);
            let batch = rest.get(..count).unwrap_or_default();
            if let Delivery::Refused(status) = self.backend.events(batch)? {
                tracing::warn!(
                    status,
                    events = count,
                    "the server refused events, which the client dropped"
                );
            }
            rest.drain(..count);
        }
        if rest.is_empty() {
            self.spool.remove(*segment);
            self.sending = None;
        }
        Ok(true)
    }
}
