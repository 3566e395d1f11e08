//! What all handlers share.

use std::{ops::Deref, sync::Arc};

use crate::alert::Teller;
use crate::bundle::Origin;
use crate::export::Exports;
use crate::store::Store;

use super::{
    api::Clients, dns::Dns, limits::Rates, metrics::Metrics, options::ServerOptions,
    readiness::Readiness, sso::Provider,
};

/// One handle to everything. Each layer of the router clones it for each request, which must cost one count
/// and not that of twenty.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Shared>);

/// The store's connections, the counters, what was chosen at start.
#[derive(Debug)]
pub(crate) struct Shared {
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
    /// Whether something can be stored.
    pub(crate) readiness: Readiness,
    /// Where events are exported to.
    pub(crate) exports: Exports,
    /// Who is told of what.
    pub(crate) teller: Teller,
    /// Where people sign in, besides here.
    pub(crate) provider: Option<Arc<Provider>>,
    /// The counters behind `/metrics`.
    pub(crate) metrics: Metrics,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
