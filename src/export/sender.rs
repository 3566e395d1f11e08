//! Delivers events to any kind of receiver.

use std::{fmt, time::Duration};

use crate::store::StoredEvent;

use super::{http::Http, syslog::Syslog};

/// The sender for a destination.
#[derive(Clone)]
pub(super) enum Sender {
    Syslog(Syslog),
    Http(Http),
}

/// Why events did not arrive, or may not have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The error, for people: without secrets, and without parts of an event.
    pub what: String,
    /// How long the receiver asks the sender to wait.
    pub retry_after: Option<Duration>,
    /// Whether the receiver may take fewer events at a time.
    pub is_too_large: bool,
    /// The receiver's answer over HTTP.
    pub status: Option<u16>,
}

impl Sender {
    /// Delivers events. When this returns, the receiver has them all.
    ///
    /// # Errors
    ///
    /// If it may lack some: then all of them have to be sent again.
    pub(super) async fn deliver(&self, events: &[&StoredEvent]) -> Result<(), Failure> {
        match self {
            Self::Syslog(syslog) => syslog.deliver(events).await,
            Self::Http(http) => http.deliver(events).await,
        }
    }

    /// The most events in a delivery. A syslog connection costs a handshake; receivers limit the body of an HTTP
    /// request.
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
