//! Catches mail for look-alike domains that you own, without receiving any: an SMTP server that
//! refuses every recipient at RCPT and names the address that was meant.
//!
//! It never answers DATA with 354, so that no content of a message crosses the network. It keeps the number
//! of recipients that it refused, by day, domain and the sender's domain.

mod counts;
mod place;
mod session;
mod tls;

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::client::{BackendError, Event, Follower, Reporter, Server, StateError, StateFolder};
use crate::detect::Checker;
use crate::domain::canonicalize;
use crate::policy::{Policy, PolicyError};
use counts::Counts;
use place::Place;

/// How often counts and events are written to disk. With a longer time, a crash would lose more of
/// them; a shorter one would burden the disk.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// The most events that wait for the disk. Further ones are counted but not reported, so that a
/// flood of mail does not fill the memory.
const WAITING: usize = 20_000;

/// The options of a catcher.
#[derive(Clone, Debug)]
pub struct CatchOptions {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The catcher's own host name, for its greeting and its certificate.
    pub host: String,
    /// The domains to catch.
    pub domains: Vec<Caught>,
    /// The policy by which the checker finds the address that was meant.
    pub policy: Policy,
    /// Where counts, events and the key of the client are kept.
    pub state: PathBuf,
    /// The server to report to.
    pub server: Option<Server>,
    /// A certificate and its key, as PEM. Without one, the catcher makes its own at the start.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// The limits.
    pub limits: Limits,
}

/// Limits for one peer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections at a time.
    pub connections: usize,
    /// The most connections at a time from one address (IPv6: one /64). 0: no limit.
    pub per_address: usize,
    /// The longest silence between two commands.
    pub idle: Duration,
    /// The longest conversation.
    pub conversation: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_000,
            per_address: 100,
            idle: Duration::from_mins(1),
            conversation: Duration::from_mins(10),
        }
    }
}

/// A caught domain, with all names below it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caught {
    domain: String,
    meant: Option<String>,
}

impl FromStr for Caught {
    type Err = String;

    /// `army.ml`, or `army.ml=army.mil` if senders certainly meant that domain.
    fn from_str(text: &str) -> Result<Self, String> {
        let (domain, meant) = match text.split_once('=') {
            Some((domain, meant)) => (domain, Some(meant)),
            None => (text, None),
        };
        let read = |name: &str| {
            let name = canonicalize(name.trim_end_matches('.')).map(|name| name.ascii);
            name.ok_or_else(|| {
                format!("{text} is neither a domain nor two domains joined by \"=\"")
            })
        };
        Ok(Self { domain: read(domain)?, meant: meant.map(read).transpose()? })
    }
}

/// A catcher that listens on its port.
pub struct Catcher {
    listener: TcpListener,
    shared: Arc<Shared>,
    tls: TlsAcceptor,
    follower: Option<Follower>,
    _state: Option<StateFolder>,
}

/// The state that all connections share.
struct Shared {
    host: String,
    domains: Vec<Caught>,
    limits: Limits,
    counts: Counts,
    checker: Arc<RwLock<Arc<Compiled>>>,
    reporter: Reporter,
    waiting: Mutex<Vec<Event>>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A policy with its checker.
struct Compiled {
    policy: Policy,
    checker: Checker,
}

/// The answer to one recipient.
struct Refusal {
    text: String,
    event: Option<Event>,
}

impl Catcher {
    /// Listens, and loads today's counts. Call it in a Tokio runtime.
    ///
    /// # Errors
    ///
    /// When the address, the state folder, the certificate, the policy or the server's address cannot be used.
    pub fn bind(options: CatchOptions) -> Result<Self, CatchError> {
        let tls =
            tls::acceptor(&options.host, options.certificate.as_ref()).map_err(CatchError::Tls)?;
        let state = StateFolder::open(&options.state).map_err(CatchError::State)?;
        let counts = Counts::open(&options.state).map_err(CatchError::Counts)?;
        let last = Follower::last_policy(&state);
        let compiled = compile(last.unwrap_or(options.policy), &options.domains);
        let checker = Arc::new(RwLock::new(Arc::new(compiled.map_err(CatchError::Policy)?)));
        let listen = |source| CatchError::Listen { address: options.listen, source };
        let listener = crate::net::listen(options.listen).map_err(listen)?;
        let (mut state, mut follower) = (Some(state), None);
        if let Some(server) = options.server
            && let Some(state) = state.take()
        {
            let (checker, domains) = (Arc::clone(&checker), options.domains.clone());
            let install = move |policy| {
                let compiled = compile(policy, &domains).map_err(|error| error.to_string())?;
                *checker.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(compiled);
                Ok(())
            };
            follower = Some(Follower::start(server, state, install).map_err(CatchError::Backend)?);
        }
        let shared = Shared {
            host: options.host,
            domains: options.domains,
            limits: options.limits,
            counts,
            checker,
            reporter: follower.as_ref().map(Follower::reporter).unwrap_or_default(),
            waiting: Mutex::default(),
            open: Mutex::default(),
        };
        Ok(Self { listener, shared: Arc::new(shared), tls, follower, _state: state })
    }

    /// The address that it listens on, with the port that the system chose for port 0.
    ///
    /// # Errors
    ///
    /// When the system does not report the address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` completes, and writes the counts at the end.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, shared, tls, follower, _state } = self;
        tokio::select! {
            () = accept(&listener, &shared, &tls) => {}
            () = flush_often(&shared) => {}
            () = stop => {}
        }
        let last = tokio::task::spawn_blocking(move || {
            shared.flush();
            // The request under way finishes first.
            drop(follower);
        });
        let _ = last.await;
    }
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>, tls: &TlsAcceptor) {
    let connections = shared.limits.connections.clamp(1, Semaphore::MAX_PERMITS);
    let permits = Arc::new(Semaphore::new(connections));
    let mut tasks = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(place) = Place::take(shared, peer.ip()) {
                    let (shared, tls) = (Arc::clone(shared), tls.clone());
                    tasks.spawn(async move {
                        converse(&shared, &tls, stream).await;
                        drop((place, permit));
                    });
                }
            }
            Err(error) => {
                // For example, file descriptors have run out; connections that end free some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
}

async fn converse(shared: &Shared, tls: &TlsAcceptor, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let conversation = session::run(shared, tls, stream);
    let ended = tokio::time::timeout(shared.limits.conversation, conversation).await;
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "a conversation ended early");
    }
}

async fn flush_often(shared: &Arc<Shared>) {
    loop {
        tokio::time::sleep(FLUSH_EVERY).await;
        let shared = Arc::clone(shared);
        let _ = tokio::task::spawn_blocking(move || shared.flush()).await;
    }
}

impl Shared {
    /// Refuses a recipient and counts it. `sender` is the address of `MAIL FROM`.
    fn refuse(&self, sender: &str, recipient: &str) -> String {
        let domain = recipient.rsplit_once('@').map_or("", |(_, domain)| domain);
        let domain = canonicalize(domain.trim_end_matches('.')).map(|domain| domain.ascii);
        let caught = domain.as_deref().and_then(|domain| self.caught(domain));
        let from = sender.rsplit_once('@').and_then(|(_, domain)| canonicalize(domain));
        self.counts.add(
            caught.map_or("other", |(caught, _)| caught.domain.as_str()),
            from.as_ref().map_or("none", |from| from.ascii.as_str()),
        );
        let Some((caught, hosts)) = caught else {
            return "550 5.7.1 this server takes no mail\r\n".to_owned();
        };
        let compiled = Arc::clone(&self.checker.read().unwrap_or_else(PoisonError::into_inner));
        let refusal = refusal(&compiled, caught, hosts, recipient, self.reporter.is_on());
        if let Some(event) = refusal.event {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.len() < WAITING {
                waiting.push(event);
            }
        }
        refusal.text
    }

    /// The caught domain that `domain` belongs to, and the host labels before it with their dot.
    fn caught<'a>(&self, domain: &'a str) -> Option<(&Caught, &'a str)> {
        self.domains.iter().find_map(|caught| {
            let hosts = domain.strip_suffix(caught.domain.as_str())?;
            (hosts.is_empty() || hosts.ends_with('.')).then_some((caught, hosts))
        })
    }

    /// Writes counts and events to disk.
    fn flush(&self) {
        let waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for events in waiting.chunks(1_000) {
            self.reporter.report(events);
        }
        if let Err(error) = self.counts.write() {
            tracing::error!(%error, "the counts could not be written");
        }
    }
}

/// The answer to a recipient in a caught domain, and the event for it.
fn refusal(
    compiled: &Compiled,
    caught: &Caught,
    hosts: &str,
    recipient: &str,
    is_reported: bool,
) -> Refusal {
    let local_part = recipient.rsplit_once('@').map_or("", |(local_part, _)| local_part);
    let report = compiled.checker.check_address(recipient);
    let meant = match &caught.meant {
        Some(meant) => Some(format!("{local_part}@{hosts}{meant}")),
        None => report.suggestion.clone(),
    };
    // An answer has at most 512 octets of ASCII.
    let is_plain =
        |text: &String| text.len() <= 320 && text.bytes().all(|it| it.is_ascii_graphic());
    let text = match meant.filter(is_plain) {
        Some(meant) => {
            format!("550 5.1.2 no mail is received for this domain: did you mean {meant}?\r\n")
        }
        None => {
            "550 5.1.2 no mail is received for this domain; please check the address\r\n".to_owned()
        }
    };
    let event = is_reported
        .then(|| Event::new(&compiled.policy, Uuid::new_v4(), recipient, &report, "blocked"))
        .flatten();
    Refusal { text, event }
}

/// The policy with the caught domains on its deny list: the checker then judges every recipient
/// there as denied, even if the policy allows these domains.
fn compile(mut policy: Policy, domains: &[Caught]) -> Result<Compiled, PolicyError> {
    for caught in domains {
        policy.deny.extend([caught.domain.clone(), format!("*.{}", caught.domain)]);
    }
    let checker = Checker::new(&policy)?;
    Ok(Compiled { policy, checker })
}

/// Why a catcher cannot start.
#[derive(Debug, thiserror::Error)]
pub enum CatchError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The policy is invalid.
    #[error("the policy is invalid: {0}")]
    Policy(PolicyError),
    /// The state folder cannot be used.
    #[error(transparent)]
    State(StateError),
    /// The counts cannot be read.
    #[error("cannot read the counts: {0}")]
    Counts(io::Error),
    /// The certificate cannot be used; the text is a whole sentence.
    #[error("{0}")]
    Tls(String),
    /// A connection to the server is not possible.
    #[error(transparent)]
    Backend(BackendError),
}
