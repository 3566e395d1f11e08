//! Delivering some events, whatever takes them.

use std::{fmt, time::Duration};

use crate::store::StoredEvent;

use super::{http::Http, syslog::Syslog};

/// What takes events to a destination.
#[derive(Clone)]
pub(super) enum Sender {
    Syslog(Syslog),
    Http(Http),
}

/// Why events did not arrive, or may not have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// What happened, for people: no secret, and nothing of an event.
    pub what: String,
    /// How long the receiver wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether the receiver may take fewer events at a time.
    pub is_too_large: bool,
    /// What the receiver answered, over HTTP.
    pub status: Option<u16>,
}

impl Sender {
    /// Delivers events. Once this returns, the receiver has them all.
    ///
    /// # Errors
    ///
    /// Where it may lack some: all of them have to be sent again.
    pub(super) async fn deliver(&self, events: &[&StoredEvent]) -> Result<(), Failure> {
        match self {
            Self::Syslog(syslog) => syslog.deliver(events).await,
            Self::Http(http) => http.deliver(events).await,
        }
    }

    /// How many events go at a time. A syslog connection costs a handshake; an HTTP body is bounded at the receiver.
    pub(super) fn batch(&self) -> usize {
        match self {
            Self::Syslog(_) => 1_000,
            Self::Http(_) => 250,
        }
    }
}

impl Failure {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), retry_after: None, is_too_large: false, status: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}
