//! Asks the DNS about many names, with limits on their number at a time, the rate, the time and the
//! repetitions.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::evidence::{Evidence, Exchange, Status};

/// The limits of a run.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The servers to ask; the system's own if empty.
    pub servers: Vec<SocketAddr>,
    /// How many names are asked for at the same time.
    pub concurrency: usize,
    /// The most questions a second, repetitions included.
    pub rate: u32,
    /// How long to wait for an answer.
    pub timeout: Duration,
    /// How often to repeat a question that nobody answered.
    pub retries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            concurrency: 64,
            rate: 500,
            timeout: Duration::from_secs(2),
            retries: 2,
        }
    }
}

/// A resolver that keeps to its limits.
#[derive(Clone)]
pub struct Resolving {
    resolver: TokioResolver,
    limits: Arc<Limits>,
    /// The earliest time of the next question.
    next: Arc<Mutex<Instant>>,
}

impl Resolving {
    /// Prepares the resolver; asks nothing yet. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    ///
    /// When the system's own servers are wanted and cannot be found out.
    pub fn new(limits: Limits) -> Result<Self, ResolveError> {
        let mut builder = if limits.servers.is_empty() {
            TokioResolver::builder_tokio().map_err(|error| ResolveError(error.to_string()))?
        } else {
            let servers = limits.servers.iter().map(|server| {
                let mut config = NameServerConfig::udp_and_tcp(server.ip());
                for connection in &mut config.connections {
                    connection.port = server.port();
                }
                config
            });
            let config = ResolverConfig::from_name_servers(servers.collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.timeout = limits.timeout;
        // Questions are repeated here, so that repetitions count towards the rate.
        options.attempts = 0;
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        options.num_concurrent_reqs = 1;
        options.max_active_requests = limits.concurrency.saturating_mul(2).max(32);
        let resolver = builder.build().map_err(|error| ResolveError(error.to_string()))?;
        let next = Arc::new(Mutex::new(Instant::now()));
        Ok(Self { resolver, limits: Arc::new(limits), next })
    }

    /// Asks for all names, and hands over each answer when it comes, with the place of its name in
    /// `names`; every name gets exactly one. Ends early when `stop` does; names without an answer
    /// by then count as not asked.
    pub async fn ask_all(
        &self,
        names: &[String],
        stop: impl Future<Output = ()>,
        mut each: impl FnMut(usize, Evidence),
    ) {
        let mut stop = std::pin::pin!(stop);
        let mut waiting = names.iter().enumerate();
        let mut asked = JoinSet::new();
        loop {
            while asked.len() < self.limits.concurrency.max(1)
                && let Some((at, name)) = waiting.next()
            {
                let (resolving, name) = (self.clone(), name.clone());
                asked.spawn(async move { (at, resolving.ask(&name).await) });
            }
            tokio::select! {
                () = &mut stop => return,
                answer = asked.join_next() => match answer {
                    Some(Ok((at, evidence))) => each(at, evidence),
                    // The tasks that ask about names cannot panic.
                    Some(Err(_)) => {}
                    None => return,
                },
            }
        }
    }

    /// Asks about one name: first for its mail exchangers and, if the name exists, for its other records.
    pub async fn ask(&self, name: &str) -> Evidence {
        let mut evidence = Evidence::of(Status::Exists);
        let Ok(mut wanted) = Name::from_ascii(name) else { return Evidence::of(Status::Failed) };
        wanted.set_fqdn(true);
        let kinds = [RecordType::MX, RecordType::NS, RecordType::A, RecordType::AAAA];
        let mut worst = None;
        let mut is_known = false;
        for kind in kinds {
            match self.records(&wanted, kind).await {
                Ok(records) => {
                    is_known = true;
                    for record in records {
                        keep(&mut evidence, record);
                    }
                }
                Err(Status::Absent) => {
                    evidence = Evidence::of(Status::Absent);
                    is_known = true;
                    worst = None;
                    break;
                }
                Err(status) => {
                    evidence.unanswered.push(kind.to_string().to_ascii_lowercase());
                    let _ = worst.get_or_insert(status);
                    // A server that is silent about one kind of record is silent about the others
                    // too.
                    if !is_known && evidence.unanswered.len() == 2 {
                        break;
                    }
                }
            }
        }
        if let Some(status) = worst.filter(|_| !is_known) {
            evidence = Evidence::of(status);
        }
        evidence.at = jiff::Timestamp::now().as_second();
        evidence.conclude();
        evidence
    }

    /// The records of one kind; empty if the name has none.
    async fn records(&self, name: &Name, kind: RecordType) -> Result<Vec<RData>, Status> {
        let mut status = Status::Timeout;
        for _ in 0..=self.limits.retries {
            self.wait_for_turn().await;
            // The resolver's own limit is for one exchange; truncated answers take a second one.
            let limit = self.limits.timeout * 2;
            let answer =
                tokio::time::timeout(limit, self.resolver.lookup(name.clone(), kind)).await;
            status = match answer {
                Ok(Ok(lookup)) => {
                    let records = lookup.answers().iter().filter(|it| it.record_type() == kind);
                    return Ok(records.map(|record| record.data.clone()).collect());
                }
                Ok(Err(error)) if error.is_nx_domain() => return Err(Status::Absent),
                Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => {
                    return match none.response_code {
                        ResponseCode::NoError => Ok(Vec::new()),
                        // The server itself reports the failure, so asking again would not help.
                        _ => Err(Status::Failed),
                    };
                }
                Ok(Err(NetError::Dns(_))) => return Err(Status::Failed),
                Ok(Err(NetError::Timeout)) | Err(_) => Status::Timeout,
                Ok(Err(_)) => Status::Failed,
            };
        }
        Err(status)
    }

    async fn wait_for_turn(&self) {
        let turn = {
            let mut next = self.next.lock().await;
            let turn = Instant::now().max(*next);
            *next = turn + Duration::from_secs(1) / self.limits.rate.max(1);
            turn
        };
        sleep_until(turn).await;
    }
}

fn keep(evidence: &mut Evidence, record: RData) {
    match record {
        RData::MX(mx) => {
            evidence.mx.push(Exchange { preference: mx.preference, host: text(&mx.exchange) });
        }
        RData::NS(ns) => evidence.ns.push(text(&ns.0)),
        RData::A(a) => evidence.a.push(a.0),
        RData::AAAA(aaaa) => evidence.aaaa.push(aaaa.0),
        _ => {}
    }
}

/// The name in lower case, without the last dot, except for the root.
fn text(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    match text.strip_suffix('.') {
        Some("") | None => text,
        Some(name) => name.to_owned(),
    }
}

/// Why the run cannot begin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("cannot find out the system's name servers ({0}); name one with --resolver")]
pub struct ResolveError(String);
