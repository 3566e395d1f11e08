//! The backend: pages and add-ins, the interface for add-ins, the pages for administrators.
//!
//! [`Server::bind`] does all that can fail (state folder, certificate, pages, port), [`Server::run`] serves
//! until it is told to stop. `routes` says what is where and what surrounds it.

pub mod admin;
mod api;
mod assets;
mod background;
mod certificate;
mod client_address;
mod compression;
mod dns;
mod error;
mod folder;
mod headers;
mod health;
mod host;
mod listener;
mod metrics;
mod openapi;
mod options;
mod problem;
mod routes;
mod site;
mod state;
mod surround;
mod tls;

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum_server::Handle;
use tokio::task::JoinSet;

use crate::bundle::Origin;
use crate::store;

pub use assets::{Assets, AssetsError};
pub use error::ServerError;
pub use options::{Limits, ResolverChoice, Secret, ServerOptions, Transport};
pub use tls::TlsError;

use api::{Clients, Rates};
use dns::Dns;
use folder::StateFolder;
use headers::Headers;
use listener::Bounded;
use metrics::Metrics;
use site::Site;
use state::{AppState, Shared};
use tls::Tls;

/// Open connections get this long to finish after the signal to stop: longer than the time that one request
/// may take.
const DRAIN: Duration = Duration::from_secs(35);

/// A server that has its pages and its port, and is ready to [`run`](Self::run).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    site: Site,
    headers: Headers,
    state: AppState,
    folder: StateFolder,
    first_token: Option<store::Secret>,
}

impl Server {
    /// Takes the state folder and the port, reads the pages and the certificate.
    ///
    /// # Errors
    ///
    /// When one of them cannot be had or used; the error says what to do.
    pub async fn bind(mut options: ServerOptions) -> Result<Self, ServerError> {
        let cannot_listen = |source| ServerError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let origin = options.origin.clone().unwrap_or_else(|| Origin::localhost(address.port()));
        options.bundle.manifest.origin = origin.clone();
        let headers =
            Headers::new(&options.bundle, matches!(options.transport, Transport::Files { .. }));
        // What is wrong here is known sooner than what is wrong with the database.
        let mut pages = Assets::load(&options.assets)?;
        let folder = StateFolder::open(&options.state)?;
        let tls = Tls::load(&options.transport, folder.path(), origin.host_name())?;
        let database = options.database();
        let store = background::connect(&database).await?;
        let cannot_read = |source| ServerError::Store { database: database.to_string(), source };
        let first_token = store.first_start().await.map_err(cannot_read)?;
        let clients = Clients::open(&store, &options.limits).await.map_err(cannot_read)?;
        options.bundle.config.policy = background::organisation_policy(&store).await;
        let bundle = options.bundle.clone();
        let metrics = Metrics::new();
        let dns = Dns::new(options.resolver, store.clone(), metrics.clone());
        let state = AppState::from(Shared {
            dns: dns.map_err(ServerError::Resolver)?,
            domain_rates: Arc::new(Rates::new(options.limits.domains_per_minute)),
            options: Arc::new(options),
            origin: Arc::new(origin),
            store,
            clients,
            metrics,
        });
        for (path, body) in openapi::files(routes::description(&state), &state.origin) {
            pages.insert(path, body)?;
        }
        let site = Site::new(pages, bundle)?;
        Ok(Self { listener, address, tls, site, headers, state, folder, first_token })
    }

    /// Finds out what would keep a server with these options from starting, and changes nothing but for making
    /// the state folder. Gives notes on what is not as in a running server.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), except that a server which is running may have the port and the state folder.
    pub async fn check(mut options: ServerOptions) -> Result<Vec<String>, ServerError> {
        let mut notes = Vec::new();
        let port = match TcpListener::bind(options.listen).and_then(|it| it.local_addr()) {
            Ok(address) => address.port(),
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                notes.push(format!("{} is in use, by a running server perhaps", options.listen));
                options.listen.port()
            }
            Err(source) => {
                return Err(ServerError::Listen { address: options.listen, source });
            }
        };
        let origin = options.origin.clone().unwrap_or_else(|| Origin::localhost(port));
        options.bundle.manifest.origin = origin;
        Site::new(Assets::load(&options.assets)?, options.bundle.clone())?;
        match StateFolder::open(&options.state) {
            Ok(_folder) => {}
            Err(ServerError::StateInUse { folder }) => {
                notes.push(format!("a running server uses the state folder {}", folder.display()));
            }
            Err(error) => return Err(error),
        }
        Tls::check(&options.transport)?;
        Dns::check(options.resolver).map_err(ServerError::Resolver)?;
        let database = options.database();
        let cannot_use = |source| ServerError::Store { database: database.to_string(), source };
        database.reach().await.map_err(cannot_use)?;
        Ok(notes)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// On the first start with a database: what the first add-ins are installed with. It is not to be had again.
    pub fn first_token(&self) -> Option<&str> {
        self.first_token.as_ref().map(store::Secret::reveal)
    }

    /// Where the first administrator sets a password, while nobody can sign in: a link that works once.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn setup_link(&self) -> Result<Option<String>, store::StoreError> {
        let path = admin::setup_link(&self.state.store).await?;
        Ok(path.map(|path| format!("{}{path}", self.state.origin)))
    }

    /// Where clients reach it.
    pub fn origin(&self) -> &Origin {
        &self.state.origin
    }

    /// The certificate that the server made for itself, where it did: its file, and the names it is for.
    pub fn own_certificate(&self) -> Option<(&Path, &[String])> {
        self.tls.as_ref()?.own()
    }

    /// What has the certificate loaded again at once, for a signal.
    pub fn reloader(&self) -> impl Fn() + Send + 'static {
        let tls = self.tls.clone();
        move || {
            if let Some(tls) = &tls {
                tls.reload_now();
            }
        }
    }

    /// Serves until `stop` completes, then lets requests under way finish.
    ///
    /// # Errors
    ///
    /// When the listener fails for good.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let handle = Handle::new();
        let mut background = JoinSet::new();
        if let Some(tls) = &self.tls {
            background.spawn(tls.clone().keep_current());
        }
        background.spawn(background::prune(self.state.store.clone(), self.state.options.retention));
        background.spawn(admin::tidy(self.state.store.clone()));
        background.spawn(background::follow_policy(self.state.store.clone(), self.site.clone()));
        let stopping = handle.clone();
        background.spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(DRAIN));
        });
        let bounded = Bounded::new(self.state.options.limits.connections, &self.state.metrics);
        let store = self.state.store.clone();
        let clients = self.state.clients.clone();
        background.spawn(clients.directory.clone().keep_current(store.clone()));
        let router = routes::router(self.state, self.site, self.headers);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = listener::configure(axum_server::from_tcp(self.listener)?.handle(handle));
        match &self.tls {
            Some(tls) => server.acceptor(bounded.with_tls(tls)).serve(service).await,
            None => server.acceptor(bounded).serve(service).await,
        }?;
        background.shutdown().await;
        clients.close(&store).await;
        store.close().await;
        drop(self.folder);
        Ok(())
    }
}
