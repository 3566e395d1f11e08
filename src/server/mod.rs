//! The backend: serves the pages over HTTP.
//!
//! What it does not do: TLS, file uploads, byte ranges, compression, directory listings. Every file
//! is read once at start (see [`Assets`]), so a request never touches the file system.

mod assets;
mod headers;
mod routes;

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use tokio::{net::TcpListener, sync::oneshot, time::timeout};

use crate::bundle::{BundleError, BundleOptions, render_outlook};

pub use assets::{Assets, AssetsError};

use headers::Headers;

/// Open connections get this long to finish after the signal to stop.
const DRAIN: Duration = Duration::from_secs(3);

/// What a server needs to start.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The folder of pages, as `make build` assembles it.
    pub assets: PathBuf,
    /// What the Outlook add-in is rendered with.
    pub bundle: BundleOptions,
}

/// A server that has its pages and its port, and is ready to [`run`](Self::run).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    assets: Assets,
    headers: Headers,
}

impl Server {
    /// Reads the pages and takes the port.
    ///
    /// # Errors
    ///
    /// When the folder is missing, unsafe or too large, or the port cannot be had.
    pub async fn bind(options: &ServerOptions) -> Result<Self, ServerError> {
        let mut assets = Assets::load(&options.assets).map_err(ServerError::Assets)?;
        let rendered = render_outlook(&assets.files(), &options.bundle);
        for (path, body) in rendered.map_err(ServerError::Bundle)? {
            assets.insert(path, body).map_err(ServerError::Assets)?;
        }
        let headers = Headers::new(&options.bundle);
        let cannot_listen = |source| ServerError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        Ok(Self { listener, address, assets, headers })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` completes, then lets open connections finish for three seconds.
    ///
    /// # Errors
    ///
    /// When the listener fails for good.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let (stopping, stopped) = oneshot::channel();
        let signal = async move {
            stop.await;
            // The receiver lives as long as this function: a failed send has nobody to tell.
            let _ = stopping.send(());
        };
        let serve = axum::serve(self.listener, routes::router(self.assets, self.headers));
        let mut serving = tokio::spawn(serve.with_graceful_shutdown(signal).into_future());
        tokio::select! {
            ended = &mut serving => return ended.unwrap_or_else(|panic| Err(io::Error::other(panic))),
            _ = stopped => {}
        }
        // A client that keeps its connection open must not keep the server alive.
        match timeout(DRAIN, &mut serving).await {
            Ok(ended) => ended.unwrap_or_else(|panic| Err(io::Error::other(panic))),
            Err(_elapsed) => {
                serving.abort();
                Ok(())
            }
        }
    }
}

/// Why the server did not start.
#[derive(Debug)]
pub enum ServerError {
    /// The pages cannot be served.
    Assets(AssetsError),
    /// The Outlook add-in cannot be rendered from them.
    Bundle(BundleError),
    /// The address cannot be listened on.
    Listen {
        /// As asked for.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assets(error) => error.fmt(f),
            Self::Bundle(error) => error.fmt(f),
            Self::Listen { address, source } => {
                write!(f, "cannot listen on {address}: ")?;
                match source.kind() {
                    io::ErrorKind::AddrInUse => {
                        write!(f, "the port is in use; choose another with --listen ADDR:PORT")
                    }
                    io::ErrorKind::PermissionDenied => write!(
                        f,
                        "ports below 1024 need a privilege; choose another with --listen ADDR:PORT"
                    ),
                    io::ErrorKind::AddrNotAvailable => write!(
                        f,
                        "this machine does not have that address; choose another with --listen \
                         ADDR:PORT"
                    ),
                    _ => write!(f, "{source}"),
                }
            }
        }
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Assets(error) => Some(error),
            Self::Bundle(error) => Some(error),
            Self::Listen { source, .. } => Some(source),
        }
    }
}
