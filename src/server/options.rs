//! What a server is built from.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use ipnet::IpNet;

use crate::bundle::{BundleOptions, Origin};
use crate::store::{Database, Retention};

/// Everything that can be chosen. `milguard serve` fills it from flags, environment and file.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// How the connections are protected.
    pub transport: Transport,
    /// Names beside the origin's that requests may be for (`Host`), without a port.
    pub allowed_hosts: Vec<String>,
    /// The folder of pages, as `make build` assembles it.
    pub assets: PathBuf,
    /// Where clients reach this server; without one, `https://localhost` and the port.
    pub origin: Option<Origin>,
    /// What the add-ins are rendered with. Its origin is replaced by the one above.
    pub bundle: BundleOptions,
    /// The folder of what has to outlive the process.
    pub state: PathBuf,
    /// Where the data is; by default, in SQLite in the state folder.
    pub database: Option<Database>,
    /// How long things are kept.
    pub retention: Retention,
    /// What answers questions about domains.
    pub resolver: ResolverChoice,
    /// How much one client may ask for.
    pub limits: Limits,
    /// What opens `/metrics` to other machines.
    pub metrics_token: Option<Secret>,
}

impl ServerOptions {
    /// A server for this machine alone, with what it keeps in `state`.
    pub fn local(assets: &Path, state: &Path) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            transport: Transport::OwnCertificate,
            allowed_hosts: Vec::new(),
            assets: assets.to_owned(),
            origin: None,
            bundle: BundleOptions::default(),
            state: state.to_owned(),
            database: None,
            retention: Retention::default(),
            resolver: ResolverChoice::System,
            limits: Limits::default(),
            metrics_token: None,
        }
    }

    /// Where the data is.
    pub(super) fn database(&self) -> Database {
        let own = || Database::Sqlite(self.state.join("milguard.db"));
        self.database.clone().unwrap_or_else(own)
    }
}

/// How connections are protected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transport {
    /// HTTPS with a certificate that the server makes and renews, in the state folder.
    OwnCertificate,
    /// HTTPS with the administrator's certificate.
    Files {
        /// PEM: the certificate, then those that lead to its authority.
        certificate: PathBuf,
        /// PEM: its private key.
        key: PathBuf,
    },
    /// HTTP, for a proxy on the same machine or network that does HTTPS.
    Plain {
        /// Whose `X-Forwarded-For` is believed.
        trusted_proxies: Vec<IpNet>,
    },
}

impl Transport {
    /// Whether this server itself speaks TLS.
    pub fn is_tls(&self) -> bool {
        !matches!(self, Self::Plain { .. })
    }
}

/// What answers questions about domains.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ResolverChoice {
    /// As this machine is configured.
    #[default]
    System,
    /// One name server.
    Server(SocketAddr),
    /// Nothing is asked.
    Off,
}

impl fmt::Display for ResolverChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Server(address) => address.fmt(f),
            Self::Off => f.write_str("off"),
        }
    }
}

impl FromStr for ResolverChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "system" => return Ok(Self::System),
            "off" => return Ok(Self::Off),
            _ => {}
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Server(SocketAddr::new(address, 53)));
        }
        let expected = "expected system, off, or the address of a name server such as 192.0.2.53 or \
                        [2001:db8::53]:5353";
        text.parse().map(Self::Server).map_err(|_| expected.to_owned())
    }
}

/// What one client, and all of them together, may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections open at a time; further ones are closed at once.
    pub connections: usize,
    /// Batches of events for each token in a minute.
    pub batches_per_minute: u32,
    /// Questions about domains for each token in a minute.
    pub domains_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 4096, batches_per_minute: 600, domains_per_minute: 120 }
    }
}

/// A value that is never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}
