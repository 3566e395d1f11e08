//! Takes the events of a program and stores them for delivery.

use std::fmt;
use std::sync::Arc;

use super::event::Event;
use super::spool::Spool;

/// Stores events in a spool if the program reports to a server, and drops them otherwise.
#[derive(Clone, Default)]
pub(crate) struct Reporter {
    spool: Option<Arc<Spool>>,
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("spools", &self.spool.is_some()).finish()
    }
}

impl Reporter {
    pub(super) fn new(spool: Arc<Spool>) -> Self {
        Self { spool: Some(spool) }
    }

    /// Whether events are reported at all.
    pub(crate) fn is_on(&self) -> bool {
        self.spool.is_some()
    }

    /// Stores events for delivery. If the disk refuses them, this logs the error and delays no
    /// mail.
    pub(crate) fn report(&self, events: &[Event]) {
        if let Some(spool) = &self.spool
            && let Err(error) = spool.push(events)
        {
            tracing::error!(%error, events = events.len(), "events could not be stored");
        }
    }
}
