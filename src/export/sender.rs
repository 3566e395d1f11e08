//! Delivers events to any kind of receiver.

use crate::store::StoredEvent;

use super::{failure::Failure, http::Http, syslog::Syslog};

/// The sender for a destination.
#[derive(Clone)]
pub(super) enum Sender {
    Syslog(Syslog),
    Http(Http),
}

impl Sender {
    /// Delivers events. When this returns, the receiver has them all.
    ///
    /// # Errors
    ///
    /// If the receiver may lack some of them: the caller has to deliver all of them again.
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
