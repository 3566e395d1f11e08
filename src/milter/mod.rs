//! The checker inside a mail server, for mail from every client, phone and script.
//!
//! One daemon with three interfaces: sendmail's milter protocol for Postfix and Sendmail
//! (`session`), lines for Postfix's policy delegation and Exim (`lines`), HTTP for rspamd (`http`).
//! They share one core (`gate`): the policy in force, the limits, the counters, and the spool of
//! events for the server.
//!
//! When this program fails, the mail server does what its own configuration says; `docs/gateway.md` says how
//! to have it try again later. Nothing here waits for the network.

mod gate;
mod http;
mod judge;
mod lines;
mod listen;
mod message;
mod metrics;
mod reply;
#[cfg(test)]
mod same_verdict;
mod session;
mod subject;
mod transaction;
mod wire;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};

use crate::client::{BackendError, Follower, Server, StateError, StateFolder};
use crate::policy::{Policy, PolicyError};
use gate::{Answer, Gate};
use metrics::Broken;

pub use gate::Limits;
pub use listen::Listen;
pub(crate) use listen::Listener;

/// The options of a milter.
#[derive(Clone, Debug, Default)]
pub struct MilterOptions {
    /// The addresses for mail servers that speak the milter protocol.
    pub milter: Vec<Listen>,
    /// The addresses for mail servers that ask line by line.
    pub lines: Vec<Listen>,
    /// The addresses for HTTP.
    pub http: Vec<Listen>,
    /// The permissions of Unix sockets.
    pub socket_mode: u32,
    /// The policy at the start.
    pub policy: Option<Policy>,
    /// The language of answers if a message names none: a tag such as `de`.
    pub language: String,
    /// The server to follow and to report to, with the folder for what has to outlive the process.
    pub server: Option<(Server, PathBuf)>,
    /// The limits.
    pub limits: Limits,
}

/// A milter that listens on its addresses.
pub struct Milter {
    gate: Arc<Gate>,
    listeners: Vec<(Face, Listener)>,
    follower: Option<Follower>,
}

#[derive(Clone, Copy, Debug)]
enum Face {
    Milter,
    Lines,
    Http,
}

impl Milter {
    /// Listens, and begins to follow the server.
    ///
    /// # Errors
    ///
    /// When the policy is invalid, an address cannot be used, or the state folder or the server's address is
    /// wrong. A server that does not answer is not an error.
    pub async fn bind(options: MilterOptions) -> Result<Self, MilterError> {
        let state = options.server.map(|(server, folder)| {
            StateFolder::open(&folder).map(|state| (server, state)).map_err(MilterError::State)
        });
        let state = state.transpose()?;
        // The last policy from the server is newer than the one given at the start.
        let last = state.as_ref().and_then(|(_, state)| Follower::last_policy(state));
        let policy = last.or(options.policy).unwrap_or_default();
        let gate =
            Gate::new(policy, options.language, options.limits).map_err(MilterError::Policy)?;
        let gate = Arc::new(gate);
        let mut listeners = Vec::new();
        let faces = [
            (Face::Milter, options.milter),
            (Face::Lines, options.lines),
            (Face::Http, options.http),
        ];
        for (face, listens) in faces {
            for listen in listens {
                let bound = Listener::bind(&listen, options.socket_mode).await;
                let bound = bound.map_err(|source| MilterError::Listen { listen, source })?;
                listeners.push((face, bound));
            }
        }
        let follower = state.map(|(server, state)| {
            let gate = Arc::clone(&gate);
            let install = move |policy| gate.install(policy).map_err(|error| error.to_string());
            Follower::start(server, state, install).map_err(MilterError::Backend)
        });
        let follower = follower.transpose()?;
        if let Some(follower) = &follower {
            let mut reporter = gate.reporter.write().unwrap_or_else(PoisonError::into_inner);
            *reporter = follower.reporter();
        }
        Ok(Self { gate, listeners, follower })
    }

    /// The addresses that the milter listens on, in the order of the options.
    pub fn addresses(&self) -> Vec<Listen> {
        self.listeners.iter().filter_map(|(_, listener)| listener.address().ok()).collect()
    }

    /// Puts another policy in force for messages that begin from now on.
    pub fn installer(&self) -> impl Fn(Policy) -> Result<(), PolicyError> + Send + 'static {
        let gate = Arc::clone(&self.gate);
        move |policy| gate.install(policy)
    }

    /// Serves until `stop` completes. Mail servers notice that the connection has closed, and do as they are configured.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { gate, listeners, follower } = self;
        let connections = gate.limits.connections;
        let mut serving: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        for (face, listener) in listeners {
            let gate = Arc::clone(&gate);
            serving.push(match face {
                Face::Http => Box::pin(serve_http(listener, gate)),
                face => Box::pin(listener.serve(connections, move |stream| {
                    let gate = Arc::clone(&gate);
                    async move {
                        let open = Open::new(&gate);
                        let ended = match face {
                            Face::Lines => lines::run(Arc::clone(&gate), stream).await,
                            _ => session::Session::new(Arc::clone(&gate), stream).run().await,
                        };
                        drop(open);
                        if let Err(error) = ended {
                            note(&gate, &error);
                        }
                    }
                })),
            });
        }
        tokio::select! {
            _ = futures_util::future::join_all(serving) => {}
            () = stop => {}
        }
        // The request under way finishes first.
        let _ = tokio::task::spawn_blocking(move || drop(follower)).await;
    }
}

/// A connection, counted while it is open, however it ends.
struct Open(Arc<Gate>);

impl Open {
    fn new(gate: &Arc<Gate>) -> Self {
        gate.metrics.connections.inc();
        Self(Arc::clone(gate))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.connections.dec();
    }
}

/// Counts and logs why a connection ended early.
fn note(gate: &Gate, error: &io::Error) {
    let cause = match error.kind() {
        io::ErrorKind::TimedOut => Broken::Silence,
        io::ErrorKind::InvalidData => Broken::Protocol,
        _ => Broken::Io,
    };
    gate.metrics.broken(cause);
    tracing::warn!(%error, "a connection of a mail server ended early");
}

async fn serve_http(listener: Listener, gate: Arc<Gate>) {
    let connections = gate.limits.connections;
    let routes = http::routes(gate);
    let serve = move |stream| {
        let service = hyper_util::service::TowerToHyperService::new(routes.clone());
        async move {
            let stream = hyper_util::rt::TokioIo::new(stream);
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(hyper_util::rt::TokioTimer::new());
            // An error here is the peer's fault.
            let _ = http.serve_connection(stream, service).await;
        }
    };
    listener.serve(connections, serve).await;
}

/// The milter's answer for one recipient, to try a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trial {
    /// The SMTP answer, or the other action.
    pub answer: String,
    /// Whether the recipient would get the mail without a person's action.
    pub passes: bool,
}

/// Tries a recipient on a policy.
///
/// # Errors
///
/// When the policy is invalid.
pub fn try_recipient(policy: Policy, language: &str, address: &str) -> Result<Trial, PolicyError> {
    let gate = Gate::new(policy, language.to_owned(), Limits::default())?;
    let (answer, passes) = match gate.recipient(address) {
        Answer::Pass => ("250 accepted".to_owned(), true),
        Answer::Refuse(text) => (text.replace("%%", "%"), false),
        Answer::Hold(reason) => (format!("250 accepted and held: {reason}"), false),
        Answer::Header(value) => (format!("250 accepted with {}: {value}", message::FIELD), true),
    };
    Ok(Trial { answer, passes })
}

/// Why a milter cannot start.
#[derive(Debug, thiserror::Error)]
pub enum MilterError {
    /// The policy is invalid.
    #[error("the policy is invalid: {0}")]
    Policy(PolicyError),
    /// An address cannot be listened on.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: Listen,
        /// What the system says.
        source: io::Error,
    },
    /// The state folder cannot be used.
    #[error(transparent)]
    State(StateError),
    /// A connection to the server is not possible.
    #[error(transparent)]
    Backend(BackendError),
}
