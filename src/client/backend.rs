//! The requests to the server: enrolment, policy, events.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::{Agent, Body, http};

use super::{
    state::write_private,
    trust::{TrustError, agent, is_safe, retry_after},
};

/// The limit for one request. The server answers in milliseconds; a request that takes longer has
/// failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer in bytes; the largest valid policy is smaller.
const MAX_ANSWER: u64 = 256 << 20;

/// The server that a gateway reports to.
#[derive(Clone)]
pub struct Server {
    /// The server's address, such as `https://milguard.example.com`.
    pub url: String,
    /// The token for enrolling.
    pub token: String,
    /// A certificate (PEM) to trust besides those of the system.
    pub ca: Option<PathBuf>,
    /// How often the client asks.
    pub pace: Pace,
}

/// How often a client asks the server. Tests ask more often.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest time between two questions for the policy.
    pub policy: Duration,
    /// The pause after the first failure; it doubles with each further one.
    pub pause: Duration,
}

impl Default for Pace {
    /// `docs/gateway.md` promises a changed policy within a minute: this period and the request together take less.
    fn default() -> Self {
        Self { policy: Duration::from_secs(50), pause: Duration::from_secs(30) }
    }
}

impl fmt::Debug for Server {
    /// The printed form has no token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("url", &self.url)
            .field("ca", &self.ca)
            .finish_non_exhaustive()
    }
}

/// The key of this client, with the server that it belongs to.
#[derive(Clone, Deserialize, Serialize)]
struct Key {
    server: String,
    token: String,
    #[serde(rename = "key")]
    secret: String,
}

/// What the server answers to `POST /v1/enrol`.
#[derive(Deserialize)]
struct Enrolled {
    key: String,
}

/// A connection to the server, with the client's key.
pub(super) struct Backend {
    agent: Agent,
    server: Server,
    key_file: PathBuf,
    key: Option<Key>,
}

/// A policy from the server.
pub(super) enum Fetched {
    /// The client already has the policy with the given `ETag`.
    Unchanged,
    /// Another policy.
    Changed { policy: Vec<u8>, etag: Option<String> },
}

/// The result for a batch of events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Delivery {
    /// The server has stored the batch.
    Taken,
    /// The server will never accept the batch; the number is the status of its answer.
    Refused(u16),
}

impl Backend {
    /// # Errors
    ///
    /// When the address is not a URL, or the certificate cannot be read.
    pub(super) fn new(server: Server, state: &Path) -> Result<Self, BackendError> {
        let url = server.url.trim_end_matches('/').to_owned();
        if !is_safe(&url) {
            return Err(BackendError::Address(server.url));
        }
        let agent = agent(server.ca.as_deref(), TIMEOUT)?;
        let key_file = state.join("client.json");
        let key = fs::read(&key_file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        // The client never sends a key to another server.
        let key = key.filter(|key: &Key| key.server == url);
        Ok(Self { agent, server: Server { url, ..server }, key_file, key })
    }

    /// Asks for the policy.
    pub(super) fn policy(&mut self, etag: Option<&str>) -> Result<Fetched, Failure> {
        let path = concat!("/v1/policy?client=", env!("CARGO_PKG_VERSION"));
        let answer = self.with_key(|agent, server, key| {
            let mut request =
                agent.get(format!("{server}{path}")).header("Authorization", bearer(key));
            if let Some(etag) = etag {
                request = request.header("If-None-Match", etag);
            }
            request.call()
        })?;
        match answer.status().as_u16() {
            304 => Ok(Fetched::Unchanged),
            200 => {
                let etag = answer.headers().get("etag").and_then(|value| value.to_str().ok());
                let etag = etag.map(str::to_owned);
                Ok(Fetched::Changed { policy: read(answer)?, etag })
            }
            _ => Err(Failure::of(&answer)),
        }
    }

    /// Delivers events, each given as JSON.
    pub(super) fn events(&mut self, events: &[String]) -> Result<Delivery, Failure> {
        let body = format!("{{\"events\":[{}]}}", events.join(","));
        let answer = self.with_key(|agent, server, key| {
            agent
                .post(format!("{server}/v1/events"))
                .header("Authorization", bearer(key))
                .content_type("application/json")
                .send(&body)
        })?;
        match answer.status().as_u16() {
            200 => Ok(Delivery::Taken),
            refused @ (400 | 413 | 422) => Ok(Delivery::Refused(refused)),
            _ => Err(Failure::of(&answer)),
        }
    }

    /// Sends a request with the key. Enrols first if there is no key, and again if the server does not know
    /// the key.
    fn with_key(
        &mut self,
        ask: impl Fn(&Agent, &str, &str) -> Result<http::Response<Body>, ureq::Error>,
    ) -> Result<http::Response<Body>, Failure> {
        let is_current = self.key.as_ref().is_some_and(|key| key.token == self.server.token);
        if !is_current {
            self.enrol()?;
        }
        let key = self.key.as_ref().map(|key| key.secret.clone()).unwrap_or_default();
        let answer = ask(&self.agent, &self.server.url, &key)?;
        if answer.status() != 401 {
            return Ok(answer);
        }
        self.key = None;
        self.enrol()?;
        let key = self.key.as_ref().map(|key| key.secret.clone()).unwrap_or_default();
        Ok(ask(&self.agent, &self.server.url, &key)?)
    }

    /// Trades the token for a key of this client's own, and stores it before it is used.
    fn enrol(&mut self) -> Result<(), Failure> {
        let mut body = serde_json::json!({
            "host": "gateway",
            "clientVersion": env!("CARGO_PKG_VERSION"),
        });
        if let (Some(key), Some(members)) = (&self.key, body.as_object_mut()) {
            members.insert("key".to_owned(), key.secret.clone().into());
        }
        let answer = self
            .agent
            .post(format!("{}/v1/enrol", self.server.url))
            .header("Authorization", bearer(&self.server.token))
            .content_type("application/json")
            .send(body.to_string())?;
        if answer.status() != 200 {
            return Err(Failure::of(&answer));
        }
        let enrolled: Enrolled =
            serde_json::from_slice(&read(answer)?).map_err(|error| Failure::new(&error))?;
        let Server { url, token, .. } = &self.server;
        let key = Key { server: url.clone(), token: token.clone(), secret: enrolled.key };
        let text = serde_json::to_vec(&key).map_err(|error| Failure::new(&error))?;
        write_private(&self.key_file, &text).map_err(|error| Failure::new(&error))?;
        self.key = Some(key);
        Ok(())
    }
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

fn read(answer: http::Response<Body>) -> Result<Vec<u8>, Failure> {
    let mut body = answer.into_body();
    Ok(body.with_config().limit(MAX_ANSWER).read_to_vec()?)
}

/// Why a request to the server failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) what: String,
    /// How long the server asks the client to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Failure {
    pub(super) fn new(what: &dyn fmt::Display) -> Self {
        Self { what: what.to_string(), retry_after: None }
    }

    fn of(answer: &http::Response<Body>) -> Self {
        Self {
            what: format!("the server answers {}", answer.status()),
            retry_after: retry_after(answer.headers(), jiff::Timestamp::now()),
        }
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        Self::new(&error)
    }
}

/// Why a connection to the server is not possible.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The address is not `https://` and a host, nor `http://` and this machine.
    #[error("{0} is not the address of a server: write https:// and its name")]
    Address(String),
    /// The certificate cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The spool cannot be opened.
    #[error("cannot open the spool of events: {0}")]
    Spool(io::Error),
}
