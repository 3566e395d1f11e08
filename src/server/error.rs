//! Why the server did not start.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

use crate::bundle::BundleError;
use crate::store::StoreError;

use super::{AssetsError, tls::TlsError};

/// Why the server did not start. Each message says what to do about it.
#[derive(Debug)]
pub enum ServerError {
    /// The pages cannot be served.
    Assets(AssetsError),
    /// The add-ins cannot be rendered from them.
    Bundle(BundleError),
    /// The certificate cannot be used.
    Tls(TlsError),
    /// The address cannot be listened on.
    Listen {
        /// The address, as the option names it.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The state folder cannot be written to.
    State {
        /// The folder or a file in it.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The database cannot be used.
    Store {
        /// The database's address, without its password.
        database: String,
        /// The database's error.
        source: StoreError,
    },
    /// There are no name servers to ask; a sentence.
    Resolver(String),
    /// The sign-in provider cannot be used; a sentence.
    SignIn(String),
    /// Another server uses the SQLite file.
    DatabaseInUse {
        /// Which one.
        database: String,
    },
    /// Another server uses the state folder.
    StateInUse {
        /// The folder.
        folder: PathBuf,
    },
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assets(error) => error.fmt(f),
            Self::Bundle(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
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
            Self::State { path, source } => write!(
                f,
                "cannot write {}: {source}; the state folder has to be this user's own, choose \
                 another with --state DIR",
                path.display()
            ),
            Self::Store { database, source } => {
                write!(f, "{database}: {source}; choose another with --database URL")
            }
            Self::Resolver(what) => f.write_str(what),
            Self::SignIn(what) => write!(f, "{what}; name another file with --oidc-ca FILE"),
            Self::DatabaseInUse { database } => write!(
                f,
                "another server uses {database}: stop it, or choose another with --database URL; \
                 servers that share their data share a PostgreSQL database"
            ),
            Self::StateInUse { folder } => write!(
                f,
                "another server uses the state folder {}: stop it, or choose another with --state \
                 DIR; servers that share their data share a PostgreSQL database (--database)",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Assets(error) => Some(error),
            Self::Bundle(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Listen { source, .. } | Self::State { source, .. } => Some(source),
            Self::Store { source, .. } => Some(source),
            Self::Resolver(_)
            | Self::SignIn(_)
            | Self::DatabaseInUse { .. }
            | Self::StateInUse { .. } => None,
        }
    }
}

impl From<AssetsError> for ServerError {
    fn from(error: AssetsError) -> Self {
        Self::Assets(error)
    }
}

impl From<BundleError> for ServerError {
    fn from(error: BundleError) -> Self {
        Self::Bundle(error)
    }
}

impl From<TlsError> for ServerError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}
