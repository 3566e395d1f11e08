//! What all handlers share.

use std::sync::Arc;

use crate::bundle::Origin;
use crate::store::Store;

use super::{
    api::{Clients, Rates},
    dns::Dns,
    metrics::Metrics,
    options::ServerOptions,
};

/// Handles, cheap to clone: the store's connections, the counters, what was chosen at start.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    /// What was chosen at start.
    pub(crate) options: Arc<ServerOptions>,
    /// Where clients reach this server. Links are built from it, never from what a request says.
    pub(crate) origin: Arc<Origin>,
    /// What is kept.
    pub(crate) store: Store,
    /// What add-ins ask for, in memory, and the way of their events.
    pub(crate) clients: Clients,
    /// What DNS says of domains.
    pub(crate) dns: Dns,
    /// How often each token may ask about one.
    pub(crate) domain_rates: Arc<Rates>,
    /// The counters behind `/metrics`.
    pub(crate) metrics: Metrics,
}
