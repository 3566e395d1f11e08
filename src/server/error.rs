//! Why the server did not start.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::bundle::BundleError;
use crate::store::StoreError;

use super::AssetsError;

/// Why the server did not start. Each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The pages cannot be served.
    #[error(transparent)]
    Assets(#[from] AssetsError),
    /// The add-ins cannot be rendered from the pages.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", advice(.source))]
    Listen {
        /// The address, as the option names it.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The state folder cannot be written to.
    #[error(
        "cannot write {}: {source}; the state folder has to be this user's own, choose another with --state DIR",
        .path.display()
    )]
    State {
        /// The folder or a file in it.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("{database}: {source}; choose another with --database URL")]
    Store {
        /// The database's address, without its password.
        database: String,
        /// The database's error.
        source: StoreError,
    },
    /// The server knows no name server to ask; the text is a sentence.
    #[error("{0}")]
    Resolver(String),
    /// The sign-in provider cannot be used; a sentence.
    #[error("{0}; name another file with --oidc-ca FILE")]
    SignIn(String),
    /// Another server uses the SQLite file.
    #[error(
        "another server uses {database}: stop it, or choose another with --database URL; servers that share their \
         data share a PostgreSQL database"
    )]
    DatabaseInUse {
        /// The database.
        database: String,
    },
    /// Another server uses the state folder.
    #[error(
        "another server uses the state folder {}: stop it, or choose another with --state DIR; servers that share \
         their data share a PostgreSQL database (--database)",
        .folder.display()
    )]
    StateInUse {
        /// The folder.
        folder: PathBuf,
    },
}

/// What to do if the system refuses an address.
fn advice(source: &io::Error) -> String {
    let advice = match source.kind() {
        io::ErrorKind::AddrInUse => "the port is in use; choose another with --listen ADDR:PORT",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege; choose another with --listen ADDR:PORT"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have that address; choose another with --listen ADDR:PORT"
        }
        _ => return source.to_string(),
    };
    advice.to_owned()
}

/// Why the server cannot offer HTTPS.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct TlsError {
    pub(super) what: String,
}
