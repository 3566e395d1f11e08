//! The backend: pages and add-ins, the interface for add-ins, the pages for administrators.
//!
//! [`Server::bind`] does all that can fail (state folder, certificate, pages, port), [`Server::run`] serves
//! until it is told to stop. `routes` has the routes and the layers around them.

pub mod admin;
mod api;
mod assets;
mod background;
mod certificate;
mod certificate_check;
mod client_address;
mod clock;
mod compression;
mod conditional;
mod cryptography;
mod dns;
mod error;
mod folder;
mod headers;
mod health;
mod host;
mod limits;
mod listener;
mod metrics;
mod openapi;
mod options;
mod problem;
mod readiness;
mod request_guard;
mod routes;
mod secret;
mod site;
mod sso;
mod state;
mod surroundings;
mod tls;
mod waiting;

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

use crate::alert::Teller;
use crate::bundle::Origin;
use crate::export::Exports;
use crate::store;

pub use assets::{Assets, AssetsError, AssetsSource};
pub use clock::Clock;
pub use error::{ServerError, TlsError};
pub(crate) use folder::create_folder;
pub use options::{Limits, ResolverChoice, ServerOptions, Timeouts, Transport};
pub use secret::Secret;
pub use sso::{GroupRole, OidcOptions, ProxyOptions, RoleMap, SignInOptions, SignInSource};

use api::Clients;
use dns::Dns;
use folder::StateFolder;
use headers::Headers;
use limits::Rates;
use listener::Bounded;
use metrics::Metrics;
use site::Site;
use sso::Provider;
use state::{AppState, Shared};
use surroundings::Surroundings;
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
    lock: Option<store::FileLock>,
    first_token: Option<store::Secret>,
}

impl Server {
    /// Locks the state folder, binds the port, and reads the pages and the certificate.
    ///
    /// # Errors
    ///
    /// If the server cannot get or use one of them; the error says what to do.
    #[expect(
        clippy::too_many_lines,
        reason = "what the server holds is made in the order in which one part needs another"
    )]
    pub async fn bind(mut options: ServerOptions) -> Result<Self, ServerError> {
        let cannot_listen = |source| ServerError::Listen { address: options.listen, source };
        let listener =
            crate::net::listen(options.listen).and_then(tokio::net::TcpListener::into_std);
        let listener = listener.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let origin = options.origin.clone().unwrap_or_else(|| Origin::localhost(address.port()));
        options.bundle.manifest.origin = origin.clone();
        let headers =
            Headers::new(&options.bundle, matches!(options.transport, Transport::Files { .. }));
        // An error here appears before an error of the database would.
        let mut pages = Assets::from_source(&options.assets)?;
        let folder = StateFolder::open(&options.state)?;
        let tls = Tls::load(&options.transport, folder.path(), origin.host_name())?;
        let database = options.database();
        if let Some(warning) = database.warning() {
            tracing::warn!("{warning}");
        }
        let lock = background::lock(&database)?;
        let connecting = background::connect(&database);
        let store = match &database {
            // A database on another machine may start later than this server.
            store::Database::Postgres(_) => {
                let waiting = waiting::answer_while(&listener, tls.as_ref(), connecting).await;
                waiting.map_err(cannot_listen)??
            }
            store::Database::Sqlite(_) => connecting.await?,
        };
        let cannot_read = |source| ServerError::Store { database: database.to_string(), source };
        options.clock.look(&store).await.map_err(cannot_read)?;
        let first_token = store.first_start().await.map_err(cannot_read)?;
        store.note_origin(origin.base()).await.map_err(cannot_read)?;
        if origin.is_local() {
            store.ensure_local_deployment().await.map_err(cannot_read)?;
        }
        let groups = store.groups().await.map_err(cannot_read)?;
        for missing in options.sign_in.roles.without_group(&groups) {
            let (name, group) = (&missing.name, &missing.group);
            tracing::warn!(
                "group-roles: {name} gives a role for the group {group}, which does not exist; its members \
                 cannot sign in"
            );
        }
        let clients =
            Clients::open(&store, &database, &options.limits).await.map_err(cannot_read)?;
        let provider = provider(&options, &origin)?.map(Arc::new);
        let bundle = options.bundle.clone();
        let metrics = Metrics::new();
        let exports = Exports::new(&options.exports, options.export_pace, &metrics.exports);
        let exports = exports.named(origin.host_name());
        exports.begin(&store).await.map_err(cannot_read)?;
        let (alerts, pace) = (options.alerts.clone(), options.alert_pace);
        let teller = Teller::new(alerts, pace, &metrics.alerts, origin.base());
        teller.begin(&store, options.clock.now()).await.map_err(cannot_read)?;
        let dns = Dns::new(options.resolver, store.clone(), metrics.clone());
        let state = AppState::from(Shared {
            dns: dns.map_err(ServerError::Resolver)?,
            domain_rates: Arc::new(Rates::new(options.limits.domains_per_minute)),
            options: Arc::new(options),
            origin: Arc::new(origin),
            store,
            clients,
            exports,
            teller,
            metrics,
            readiness: readiness::Readiness::default(),
            provider,
        });
        for (path, body) in openapi::files(routes::description(&state), &state.origin) {
            pages.insert(path, body)?;
        }
        let site = Site::new(pages, bundle)?;
        Ok(Self { listener, address, tls, site, headers, state, folder, lock, first_token })
    }

    /// Finds out what would keep a server with these options from starting, and changes nothing.
    /// Returns notes about differences from a running server.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), but a running server may hold the port and the state folder.
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
        if let Some(provider) = provider(&options, &origin)?.map(Arc::new)
            && let Err(refusal) = provider.reach().await
        {
            notes.push(format!("warning: the sign-in provider: {}", refusal.detail()));
        }
        options.bundle.manifest.origin = origin;
        Site::new(Assets::from_source(&options.assets)?, options.bundle.clone())?;
        notes.extend(StateFolder::check(&options.state)?);
        notes.extend(Tls::check(&options.transport, options.bundle.manifest.origin.host_name())?);
        notes.extend(options.database().warning().map(|warning| format!("warning: {warning}")));
        Dns::check(options.resolver).map_err(ServerError::Resolver)?;
        let asks = options.alerts.rules.lookalike && !options.alerts.destinations.is_empty();
        if asks && options.resolver == ResolverChoice::Off {
            let what = "the alert `lookalike` needs name servers, and --resolver is off";
            notes.push(format!("warning: {what}"));
        }
        let database = options.database();
        let cannot_use = |source| ServerError::Store { database: database.to_string(), source };
        // The database is created together with the state folder.
        if options.database.is_some() || options.state.exists() {
            database.reach().await.map_err(cannot_use)?;
        }
        Ok(notes)
    }

    /// The address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// On the first start with a database, the token with which to install the first add-ins. The
    /// server gives it only once.
    pub fn first_token(&self) -> Option<&str> {
        self.first_token.as_ref().map(store::Secret::reveal)
    }

    /// The link with which the first administrator sets a password, while nobody can sign in. It works
    /// once.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn setup_link(&self) -> Result<Option<String>, store::StoreError> {
        let path = admin::setup_link(&self.state.store).await?;
        Ok(path.map(|path| format!("{}{path}", self.state.origin)))
    }

    /// The address at which clients reach the server.
    pub fn origin(&self) -> &Origin {
        &self.state.origin
    }

    /// The file and the names of the certificate, if the server made the certificate for itself.
    pub fn own_certificate(&self) -> Option<(&Path, &[String])> {
        self.tls.as_ref()?.own()
    }

    /// A handle with which a signal makes the server load the certificate again at once.
    pub fn reloader(&self) -> impl Fn() + Send + 'static {
        let tls = self.tls.clone();
        move || {
            if let Some(tls) = &tls {
                tls.reload_now();
            }
        }
    }

    /// The values that alerts watch.
    fn surroundings(&self) -> Arc<Surroundings> {
        Arc::new(Surroundings {
            clock: self.state.options.clock.clone(),
            tls: self.tls.clone(),
            state: self.state.options.state.clone(),
            dns: self.state.dns.clone(),
            store: self.state.store.clone(),
        })
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
            background.spawn(tls.clone().keep_current(self.state.metrics.clone()));
        }
        background.spawn(background::prune(
            self.state.store.clone(),
            self.state.options.retention,
            self.state.options.clock.clone(),
        ));
        background.spawn(readiness::look_for_damage(self.state.store.clone()));
        background.spawn(admin::tidy(self.state.store.clone()));
        background.spawn(background::tend_site(
            self.state.store.clone(),
            self.site.clone(),
            self.state.clients.directory.clone(),
        ));
        let stopping = handle.clone();
        background.spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(DRAIN));
        });
        let bounded = Bounded::new(&self.state.options, &self.state.metrics);
        let store = self.state.store.clone();
        let clients = self.state.clients.clone();
        background.spawn(clients.directory.clone().keep_current(store.clone()));
        let exports = self.state.exports.start(&store, &clients.ingest);
        let alerts = self.state.teller.start(&store, self.surroundings());
        let timeouts = self.state.options.limits.timeouts;
        let router = routes::router(self.state, self.site, self.headers);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(self.listener)?.handle(handle);
        let server = listener::configure(server, &timeouts);
        match &self.tls {
            Some(tls) => server.acceptor(bounded.with_tls(tls)).serve(service).await,
            None => server.acceptor(bounded).serve(service).await,
        }?;
        background.shutdown().await;
        tokio::join!(exports.stop(), alerts.stop());
        clients.close(&store).await;
        store.close().await;
        drop((self.folder, self.lock));
        Ok(())
    }
}

/// The sign-in provider, if one is configured. The server starts without asking it anything.
fn provider(options: &ServerOptions, origin: &Origin) -> Result<Option<Provider>, ServerError> {
    let Some(SignInSource::Oidc(oidc)) = &options.sign_in.source else { return Ok(None) };
    let provider = Provider::new(oidc.clone(), origin.base());
    provider.map(Some).map_err(|error| ServerError::SignIn(error.to_string()))
}
