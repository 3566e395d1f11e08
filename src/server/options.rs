//! The options of a server.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;

use super::AssetsSource;
use crate::alert::{self, Alerts};
use crate::bundle::{BundleOptions, Origin};
use crate::export::{Destination, Pace};
use crate::store::{Database, Retention};

use super::{Clock, SignInOptions, secret::Secret};

/// All options. `milguard serve` fills them from flags, environment and file.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// How the connections are protected.
    pub transport: Transport,
    /// Host names, besides that of the origin, that requests may be for (`Host`), without a port.
    pub allowed_hosts: Vec<String>,
    /// The pages: those that the program carries, or a folder.
    pub assets: AssetsSource,
    /// The address at which clients reach this server; by default, `https://localhost` and the
    /// port.
    pub origin: Option<Origin>,
    /// The options for rendering the add-ins. The origin above replaces the origin in them.
    pub bundle: BundleOptions,
    /// The folder for data that has to outlive the process.
    pub state: PathBuf,
    /// Where the data is; by default, in SQLite in the state folder.
    pub database: Option<Database>,
    /// How long the server keeps data.
    pub retention: Retention,
    /// The name servers to ask about domains.
    pub resolver: ResolverChoice,
    /// How much one client may ask for.
    pub limits: Limits,
    /// The clock; tests use another one.
    pub clock: Clock,
    /// The token that opens `/metrics` to other machines.
    pub metrics_token: Option<Secret>,
    /// Where events are exported to.
    pub exports: Vec<Destination>,
    /// How often exports act; tests use another value.
    pub export_pace: Pace,
    /// The destinations of alerts.
    pub alerts: Alerts,
    /// How often the server looks for alerts; tests use another value.
    pub alert_pace: Pace,
    /// How people may sign in to the dashboard.
    pub sign_in: SignInOptions,
}

impl ServerOptions {
    /// A server for this machine alone, with its data in `state`.
    pub fn local(assets: &Path, state: &Path) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            transport: Transport::OwnCertificate,
            allowed_hosts: Vec::new(),
            assets: AssetsSource::Folder(assets.to_owned()),
            origin: None,
            bundle: BundleOptions::default(),
            state: state.to_owned(),
            database: None,
            retention: Retention::default(),
            resolver: ResolverChoice::System,
            limits: Limits::default(),
            clock: Clock::default(),
            metrics_token: None,
            exports: Vec::new(),
            export_pace: Pace::default(),
            alerts: Alerts::default(),
            alert_pace: alert::pace(),
            sign_in: SignInOptions::default(),
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
        /// PEM: the private key of the certificate.
        key: PathBuf,
    },
    /// HTTP, for a proxy on the same machine or network that does HTTPS.
    Plain {
        /// The proxies whose `X-Forwarded-For` the server believes.
        trusted_proxies: Vec<IpNet>,
    },
}

impl Transport {
    /// Whether this server itself speaks TLS.
    pub fn is_tls(&self) -> bool {
        !matches!(self, Self::Plain { .. })
    }
}

/// The name servers to ask about domains.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ResolverChoice {
    /// The name servers that this machine is configured with.
    #[default]
    System,
    /// The server asks this name server.
    Server(SocketAddr),
    /// The server asks no name server.
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

/// Limits for one client, and for all of them together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections open at a time; further ones are closed at once.
    pub connections: usize,
    /// Connections that one network may have open; trusted proxies have no limit.
    pub network_connections: usize,
    /// Batches of events for each client in a minute; a network gets fifty times as many.
    pub batches_per_minute: u32,
    /// Clients that may enrol in a minute from one network by one token.
    pub enrolments_per_minute: u32,
    /// Questions about domains for each client in a minute.
    pub domains_per_minute: u32,
    /// The most events of one client that the server stores in a day.
    pub events_per_day: u32,
    /// The most events of one group that the server stores in a day.
    pub group_events_per_day: u32,
    /// Bytes that events must leave free on the database's disk. `None`: 256 MiB, or a tenth of a smaller disk.
    pub disk_reserve: Option<u64>,
    /// How long a connection may keep the server waiting.
    pub timeouts: Timeouts,
}

/// How long a connection may keep the server waiting. A time limit runs at every moment, from the
/// TLS handshake to the last byte of the response: a client that sends nothing must not occupy a
/// connection that others need.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timeouts {
    /// The TLS handshake.
    pub handshake: Duration,
    /// The time from the handshake to the end of the first request's head, and for the head of each further request.
    pub head: Duration,
    /// The time from the head of a request to the head of its response, with the reading of its body.
    pub request: Duration,
    /// The time without a byte in either direction.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(15),
            request: Duration::from_secs(30),
            idle: Duration::from_mins(1),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            network_connections: 2048,
            batches_per_minute: 600,
            enrolments_per_minute: 600,
            domains_per_minute: 120,
            events_per_day: 100_000,
            group_events_per_day: 1_000_000,
            disk_reserve: None,
            timeouts: Timeouts::default(),
        }
    }
}
