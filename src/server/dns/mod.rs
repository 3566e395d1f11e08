//! Asks DNS about a domain: whether it exists, and whether it accepts mail.
//!
//! Everything has a limit: the time for a question, the number of questions at once, the time for which an
//! answer is kept. Requests for the same name at the same time share one answer. The store keeps the
//! answers too, for the dashboard, for other servers and across restarts.

mod answer;
mod name;
mod route;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use hickory_resolver::{
    TokioResolver,
    config::{
        ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
        ServerOrderingStrategy,
    },
    net::runtime::TokioRuntimeProvider,
};
use moka::{Expiry, future::Cache};
use tokio::{sync::Semaphore, time::timeout};

use crate::store::{self, Evidence, Store};

use super::{
    metrics::{LookupOutcome, Metrics},
    options::ResolverChoice,
};

pub(super) use name::Name;
pub(super) use route::router;

use answer::{Answer, ask};

/// The time for one packet to a name server, which is sent up to three times.
const PACKET: Duration = Duration::from_millis(1200);

/// The time for all questions about a domain. Add-ins wait ten seconds: an answer after a much
/// longer time would come too late.
const QUESTION: Duration = Duration::from_secs(6);

/// The most domains to ask about at a time. With more, a burst of clients could overload the name
/// server.
const AT_ONCE: usize = 64;

/// The most answers to keep, of some 200 bytes each. With fewer, the server would ask about the
/// same domains again.
const MAX_ANSWERS: u64 = 10_000;

/// How long the server remembers that no answer came, so that it does not ask a name server that is
/// down for every client.
const FAILURE: Duration = Duration::from_secs(30);

/// Asks name servers and remembers their answers. A clone shares the answers.
#[derive(Clone, Debug)]
pub(crate) struct Dns(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The resolver; `None` if DNS lookups are disabled.
    resolver: Option<TokioResolver>,
    known: Cache<String, Known>,
    room: Semaphore,
    store: Store,
    metrics: Metrics,
}

/// A stored answer, or the note that no answer came, with the time for which it is kept.
#[derive(Clone, Debug)]
struct Known {
    evidence: Option<Arc<Evidence>>,
    keep: Duration,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DnsError {
    /// DNS lookups are disabled in the configuration.
    Off,
    /// Too many questions at once.
    Busy,
    /// Name servers do not answer, or say that they cannot.
    Unanswered,
}

impl Dns {
    /// # Errors
    ///
    /// A sentence, when the system's configuration names no name server.
    pub(super) fn new(
        choice: ResolverChoice,
        store: Store,
        metrics: Metrics,
    ) -> Result<Self, String> {
        let known = Cache::builder().max_capacity(MAX_ANSWERS).expire_after(Keep).build();
        let room = Semaphore::new(AT_ONCE);
        let resolver = resolver(choice)?;
        Ok(Self(Arc::new(Inner { resolver, known, room, store, metrics })))
    }

    /// Whether the server knows a name server.
    pub(super) fn check(choice: ResolverChoice) -> Result<(), String> {
        resolver(choice).map(drop)
    }

    /// What DNS says of a domain: letters, digits and hyphens in lower case, below a top-level domain that exists.
    pub(crate) async fn evidence(&self, domain: &str) -> Result<Arc<Evidence>, DnsError> {
        let Some(resolver) = &self.0.resolver else { return Err(DnsError::Off) };
        let entry = self.0.known.entry_by_ref(domain);
        let entry = entry.or_try_insert_with(self.find(resolver, domain)).await;
        let entry = entry.map_err(|error: Arc<DnsError>| *error)?;
        if !entry.is_fresh() {
            self.0.metrics.lookup(LookupOutcome::Cached, None);
        }
        entry.into_value().evidence.ok_or(DnsError::Unanswered)
    }

    /// Finds the answer in the store, or asks name servers.
    async fn find(&self, resolver: &TokioResolver, domain: &str) -> Result<Known, DnsError> {
        let now = store::now();
        // If the store does not answer, the server asks DNS.
        if let Ok(Some(evidence)) = self.0.store.evidence(domain, now).await {
            self.0.metrics.lookup(LookupOutcome::Cached, None);
            let left = u64::try_from(evidence.expires.saturating_sub(now)).unwrap_or(0);
            let keep = Duration::from_millis(left);
            return Ok(Known { evidence: Some(Arc::new(evidence)), keep });
        }
        let Ok(_room) = self.0.room.try_acquire() else { return Err(DnsError::Busy) };
        let start = Instant::now();
        let answer = timeout(QUESTION, ask(resolver, domain)).await.ok().flatten();
        let took = Some(start.elapsed());
        let Some(answer) = answer else {
            self.0.metrics.lookup(LookupOutcome::Failed, took);
            return Ok(Known { evidence: None, keep: FAILURE });
        };
        self.0.metrics.lookup(LookupOutcome::Answered, took);
        let keep = answer.keep;
        let evidence = evidence(domain, &answer, now);
        if self.0.store.put_evidence(&evidence).await.is_err() {
            tracing::warn!("the result of a DNS look-up could not be saved");
        }
        Ok(Known { evidence: Some(Arc::new(evidence)), keep })
    }
}

/// An answer in the form that the store keeps.
fn evidence(domain: &str, answer: &Answer, now: store::Millis) -> Evidence {
    let keep = i64::try_from(answer.keep.as_millis()).unwrap_or(i64::MAX);
    Evidence {
        domain: domain.to_owned(),
        exists: answer.exists,
        accepts_mail: answer.accepts_mail,
        detail: serde_json::json!({ "exchangers": answer.exchangers }).to_string(),
        checked: now,
        expires: now.saturating_add(keep),
    }
}

/// Keeps each answer for its own time.
struct Keep;

impl Expiry<String, Known> for Keep {
    fn expire_after_create(&self, _: &String, known: &Known, _: Instant) -> Option<Duration> {
        Some(known.keep)
    }
}

fn resolver(choice: ResolverChoice) -> Result<Option<TokioResolver>, String> {
    let mut builder = match choice {
        ResolverChoice::Off => return Ok(None),
        ResolverChoice::System => TokioResolver::builder_tokio().map_err(|error| {
            format!("this machine's name servers are not known: {error}; name one with --resolver")
        })?,
        ResolverChoice::Server(address) => {
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![name_server(address)]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    configure(builder.options_mut());
    builder.build().map(Some).map_err(|error| error.to_string())
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let with_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port);
    NameServerConfig::new(address.ip(), true, connections.into())
}

fn configure(options: &mut ResolverOpts) {
    options.timeout = PACKET;
    options.attempts = 2;
    // The server keeps the answers itself, for times of its own, so the resolver's cache is off.
    options.cache_size = 0;
    options.edns0 = true;
    options.use_hosts_file = ResolveHosts::Never;
    options.server_ordering_strategy = ServerOrderingStrategy::QueryStatistics;
    options.num_concurrent_reqs = 1;
}
