//! The options: the one definition of flags, environment variables and keys of the file.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Arg, Args};
use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};
use ipnet::IpNet;

use crate::alert;
use crate::bundle::{BundleOptions, Cloud, ManifestOptions, Origin, SendMode};
use crate::export;
use crate::server::{Clock, Limits, ResolverChoice, Secret, ServerOptions, Timeouts, Transport};
use crate::store::{Database, Retention};

use super::super::{bundle::parse_send_mode, pages};
use super::logs::{LogFormat, LogLevel};
use super::net::parse_net;
use super::sign_in::SignInArgs;

/// Flags for something other than serving. Neither the environment nor the file can set them.
pub(super) const ACTIONS: [&str; 2] = ["check-config", "print-config"];

/// Serve the add-ins, the policy and the pages for administrators.
///
/// Without any option, the server listens on https://localhost:8443, makes its own certificate, and
/// keeps its database in the state folder.
#[derive(Args, Clone, Debug)]
#[expect(clippy::doc_markdown, reason = "the comments are the help, which is plain text")]
#[command(next_help_heading = "Configuration", mut_args(from_environment))]
#[command(after_help = "\
Examples:
  milguard serve                          then open https://localhost:8443/
  milguard serve --listen 127.0.0.1:9000
  milguard serve --listen localhost:0     picks a free port and prints it
  milguard serve --listen 0.0.0.0:443 --origin https://milguard.example.mil \\
    --tls-cert cert.pem --tls-key key.pem
  milguard serve --http --listen 127.0.0.1:8080 \\
    --origin https://milguard.example.mil                        behind a proxy
  milguard serve --oidc-issuer https://login.example.mil/realms/staff \\
    --oidc-client-id milguard --admin-groups mail-admins   people sign in there

Each option may also come from the environment (MILGUARD_LISTEN for --listen)
or the file (listen = \"…\").")]
pub(in crate::cli) struct ServeArgs {
    /// Read from this file the options that neither the command line nor the environment gives.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Check everything without serving: options, pages, certificate, state folder, database.
    #[arg(long, conflicts_with = "print_config")]
    pub(super) check_config: bool,
    /// Print a commented file with the options now in force, without secrets.
    #[arg(long)]
    pub(super) print_config: bool,
    #[command(flatten)]
    listens: ListenArgs,
    #[command(flatten)]
    keeps: KeepArgs,
    #[command(flatten)]
    answers: AnswerArgs,
    #[command(flatten)]
    sends: SendArgs,
    #[command(flatten)]
    sign_in: SignInArgs,
    #[command(flatten)]
    pub(super) logs: LogArgs,
}

/// Where the server listens.
#[derive(Args, Clone, Debug)]
#[expect(clippy::doc_markdown, reason = "the comments are the help, which is plain text")]
#[command(next_help_heading = "Where it listens")]
struct ListenArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443", value_parser = parse_listen)]
    listen: SocketAddr,
    /// The HTTPS address at which clients reach this server; manifests and links contain it. By default,
    /// https://localhost and the port.
    #[arg(long, value_name = "URL")]
    origin: Option<Origin>,
    /// Other host names by which clients may reach this server.
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    /// The certificate, as PEM, followed by its intermediate certificates. By default, the server makes one.
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Speak plain HTTP, behind a proxy that speaks HTTPS to clients.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true"
    )]
    http: bool,
    /// Proxies whose X-Forwarded-For the server believes, as addresses or networks; with --http only.
    #[arg(
        long,
        value_name = "NET",
        value_delimiter = ',',
        default_value = "127.0.0.1,::1",
        value_parser = parse_net
    )]
    trusted_proxies: Vec<IpNet>,
}

/// What the server keeps.
#[derive(Args, Clone, Debug)]
#[expect(clippy::doc_markdown, reason = "the comments are the help, which is plain text")]
#[command(next_help_heading = "What it keeps")]
struct KeepArgs {
    /// The folder for the server's certificate and database. By default, the system's place for such data.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// postgres://USER:PASSWORD@HOST/NAME, which any number of servers may share, or sqlite:FILE. By default, SQLite in
    /// the state folder. Other users of this machine may see arguments: prefer the file for a password.
    #[arg(long, value_name = "URL", hide_env_values = true)]
    database: Option<Database>,
    /// Delete events after this many days; 0 keeps them. The server keeps counts by day for five years.
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    retention: u32,
    /// How many events the server stores in a day for each client.
    #[arg(long, value_name = "N", default_value_t = Limits::default().events_per_day)]
    events_per_day: u32,
    /// How many events the server stores in a day for each group.
    #[arg(long, value_name = "N", default_value_t = Limits::default().group_events_per_day)]
    group_events_per_day: u32,
    /// How many MiB the server leaves free on the disk of the database when it stores events; by
    /// default 256, or a tenth of a smaller disk.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(..1 << 30))]
    disk_reserve: Option<u64>,
}

/// What the server answers, and how much of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What it answers")]
struct AnswerArgs {
    /// The name servers to ask about domains: system, the address of one, or off.
    #[arg(long, value_name = "RESOLVER", default_value_t)]
    resolver: ResolverChoice,
    /// How many connections may be open at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// How many connections one network may have open at a time; by default, half of all.
    #[arg(long, value_name = "N")]
    max_network_connections: Option<usize>,
    /// How many batches of events each client may post in a minute; all clients in one network
    /// together may post fifty times as many.
    #[arg(long, value_name = "N", default_value_t = Limits::default().batches_per_minute)]
    batches_per_minute: u32,
    /// How many clients may enrol in a minute from one network with one token.
    #[arg(long, value_name = "N", default_value_t = Limits::default().enrolments_per_minute)]
    enrolments_per_minute: u32,
    /// How many domains each client may ask about in a minute.
    #[arg(long, value_name = "N", default_value_t = Limits::default().domains_per_minute)]
    domains_per_minute: u32,
    /// The token that other machines need to read /metrics. Other users of this machine may see
    /// arguments: prefer the file.
    #[arg(long, value_name = "TOKEN", hide_env_values = true)]
    metrics_token: Option<Secret>,
    /// Where Office.js comes from: commercial, gcc, gcc-high, dod, or a URL on your own server.
    #[arg(long, value_name = "CLOUD", default_value_t)]
    cloud: Cloud,
    /// What Outlook does when the add-in holds a message back or cannot answer: prompt-user, soft-block or block.
    #[arg(long, value_name = "MODE", default_value = "prompt-user", value_parser = parse_send_mode)]
    send_mode: SendMode,
    /// A folder of pages instead of those in the program, as `make build` leaves it in dist/www.
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
}

/// What the server sends by itself.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What it sends")]
struct SendArgs {
    /// A file that names the systems to export events to: syslog, webhooks, Splunk. docs/siem.md describes it.
    #[arg(long, value_name = "FILE")]
    exports: Option<PathBuf>,
    /// A file that names the people and systems to alert, by mail and webhook. docs/alerts.md describes it.
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
}

/// What the server logs.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "What it logs")]
pub(super) struct LogArgs {
    /// The lowest level to log, to standard error.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(super) log_level: LogLevel,
    /// The form of the log. With auto, text on a terminal and JSON elsewhere.
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(super) log_format: LogFormat,
}

/// The same option from the environment: `MILGUARD_TLS_CERT` for `--tls-cert`.
fn from_environment(arg: Arg) -> Arg {
    let name = arg.get_long().filter(|name| !ACTIONS.contains(name));
    match name.map(|name| name.replace('-', "_").to_ascii_uppercase()) {
        Some(name) => arg.env(format!("MILGUARD_{name}")),
        None => arg,
    }
}

impl ServeArgs {
    /// The options of the server, or a sentence that says which options contradict each other.
    pub(super) fn options(&self) -> Result<ServerOptions, String> {
        let Self { listens, keeps, answers, sends, .. } = self;
        let state = match &keeps.state {
            Some(state) => state.clone(),
            None => state_folder()?,
        };
        Ok(ServerOptions {
            listen: listens.listen,
            transport: listens.transport()?,
            allowed_hosts: listens.allowed_hosts.clone(),
            assets: pages::source(answers.assets.as_deref()),
            origin: listens.origin.clone(),
            bundle: answers.bundle(),
            state,
            database: keeps.database.clone(),
            retention: Retention {
                event_days: (keeps.retention > 0).then_some(keeps.retention),
                ..Retention::default()
            },
            resolver: answers.resolver,
            limits: self.limits(),
            clock: Clock::default(),
            metrics_token: answers.metrics_token.clone(),
            exports: match &sends.exports {
                Some(file) => export::read(file).map_err(|error| error.to_string())?,
                None => Vec::new(),
            },
            export_pace: export::Pace::default(),
            alerts: match &sends.alerts {
                Some(file) => alert::read(file).map_err(|error| error.to_string())?,
                None => alert::Alerts::default(),
            },
            alert_pace: alert::pace(),
            sign_in: self.sign_in.options()?,
        })
    }

    fn limits(&self) -> Limits {
        let Self { keeps, answers, .. } = self;
        let half = answers.max_connections / 2;
        Limits {
            connections: answers.max_connections,
            network_connections: answers.max_network_connections.unwrap_or(half),
            batches_per_minute: answers.batches_per_minute,
            enrolments_per_minute: answers.enrolments_per_minute,
            domains_per_minute: answers.domains_per_minute,
            events_per_day: keeps.events_per_day,
            group_events_per_day: keeps.group_events_per_day,
            disk_reserve: keeps.disk_reserve.map(|mib| mib << 20),
            timeouts: Timeouts::default(),
        }
    }
}

impl ListenArgs {
    fn transport(&self) -> Result<Transport, String> {
        match (self.http, &self.tls_cert, &self.tls_key) {
            (true, None, None) => {
                Ok(Transport::Plain { trusted_proxies: self.trusted_proxies.clone() })
            }
            (true, ..) => Err("--http and a certificate exclude each other".to_owned()),
            (false, None, None) => Ok(Transport::OwnCertificate),
            (false, Some(certificate), Some(key)) => {
                Ok(Transport::Files { certificate: certificate.clone(), key: key.clone() })
            }
            (false, ..) => Err("--tls-cert and --tls-key go together".to_owned()),
        }
    }
}

impl AnswerArgs {
    fn bundle(&self) -> BundleOptions {
        BundleOptions {
            manifest: ManifestOptions { send_mode: self.send_mode, ..ManifestOptions::default() },
            cloud: self.cloud.clone(),
            ..BundleOptions::default()
        }
    }
}

/// The system's folder for the lasting data of a program: `~/.local/state/milguard` on Linux.
pub(in crate::cli) fn state_folder() -> Result<PathBuf, String> {
    let app = AppStrategyArgs {
        top_level_domain: "example".to_owned(),
        author: "milguard".to_owned(),
        app_name: "milguard".to_owned(),
    };
    let places = choose_native_strategy(app);
    let places = places.map_err(|_| "there is no home folder: name a folder with --state DIR")?;
    Ok(places.state_dir().unwrap_or_else(|| places.data_dir()))
}

/// `ADDR:PORT`, with `localhost` for the loopback address.
fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric
        .parse()
        .map_err(|_| "expected ADDR:PORT, such as 127.0.0.1:8443 or [::1]:8443".to_owned())
}
