//! The error of a delivery.

use std::time::Duration;

/// Why events did not arrive, or may not have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}")]
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

impl Failure {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), retry_after: None, is_too_large: false, status: None }
    }
}
