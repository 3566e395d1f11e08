//! The state that all handlers share.

use std::{ops::Deref, sync::Arc};

use crate::alert::Teller;
use crate::bundle::Origin;
use crate::export::Exports;
use crate::store::Store;

use super::{
    api::Clients, dns::Dns, limits::Rates, metrics::Metrics, options::ServerOptions,
    readiness::Readiness, sso::Provider,
};

/// One handle to everything. Each layer of the router clones it for each request, so a clone must
/// increase one reference count, and not twenty.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Shared>);

/// The store, the counters and the options.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The options that the server was started with.
    pub(crate) options: Arc<ServerOptions>,
    /// The address at which clients reach this server. Links are built from it, never from a
    /// request.
    pub(crate) origin: Arc<Origin>,
    /// The store.
    pub(crate) store: Store,
    /// Tokens and policies in memory, and the queue of events.
    pub(crate) clients: Clients,
    /// The resolver for questions about domains.
    pub(crate) dns: Dns,
    /// How often each client may ask about a domain.
    pub(crate) domain_rates: Arc<Rates>,
    /// The check whether events can be stored.
    pub(crate) readiness: Readiness,
    /// The destinations of events.
    pub(crate) exports: Exports,
    /// The destinations of alerts.
    pub(crate) teller: Teller,
    /// The provider or the proxy at which people sign in.
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
