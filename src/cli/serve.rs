//! `milguard serve`: the backend.

use std::{
    future::Future,
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};
use ipnet::IpNet;

use crate::bundle::{BundleOptions, Cloud, Origin};
use crate::server::{Limits, ResolverChoice, Secret, Server, ServerOptions, Transport};

/// Serve the add-ins, the policy and the pages for administrators.
///
/// Without any option: on https://localhost:8443, with a certificate that it makes itself and a database in the
/// state folder.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  milguard serve                          then open https://localhost:8443/
  milguard serve --listen 127.0.0.1:9000
  milguard serve --listen localhost:0     picks a free port and prints it
  milguard serve --listen 0.0.0.0:443 --origin https://milguard.example.mil --tls-cert cert.pem --tls-key key.pem
  milguard serve --http --listen 127.0.0.1:8080 --origin https://milguard.example.mil   behind a proxy

Each option may also come from the environment (MILGUARD_LISTEN for --listen) or the file (listen = \"…\").")]
pub(super) struct ServeArgs {
    /// Where to listen.
    #[arg(
        long,
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8443",
        value_parser = parse_listen,
        env = "MILGUARD_LISTEN"
    )]
    listen: SocketAddr,
    /// Where clients reach this server, over HTTPS: what manifests and links say. By default, https://localhost and
    /// the port.
    #[arg(long, value_name = "URL", env = "MILGUARD_ORIGIN")]
    origin: Option<Origin>,
    /// Other host names that requests may be for.
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "MILGUARD_ALLOWED_HOSTS")]
    allowed_hosts: Vec<String>,
    /// The certificate, as PEM, with those that lead to its authority. By default, the server makes one.
    #[arg(long, value_name = "FILE", env = "MILGUARD_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", env = "MILGUARD_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Speak HTTP: for a proxy that speaks HTTPS to clients.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        env = "MILGUARD_HTTP"
    )]
    http: bool,
    /// Proxies whose X-Forwarded-For is believed, as addresses or networks; with --http only.
    #[arg(
        long,
        value_name = "NET",
        value_delimiter = ',',
        default_value = "127.0.0.1,::1",
        value_parser = parse_net,
        env = "MILGUARD_TRUSTED_PROXIES"
    )]
    trusted_proxies: Vec<IpNet>,
    /// The folder of what outlives the process: certificate, database. By default, the system's place for it.
    #[arg(long, value_name = "DIR", env = "MILGUARD_STATE")]
    state: Option<PathBuf>,
    /// postgres://USER:PASSWORD@HOST/NAME, or sqlite:FILE. By default, SQLite in the state folder.
    #[arg(long, value_name = "URL", env = "MILGUARD_DATABASE", hide_env_values = true)]
    database: Option<Secret>,
    /// Delete events after so many days; 0 keeps them.
    #[arg(long, value_name = "DAYS", default_value_t = 400, env = "MILGUARD_RETENTION")]
    retention: u32,
    /// What is asked about domains: system, the address of a name server, or off.
    #[arg(long, value_name = "RESOLVER", default_value_t, env = "MILGUARD_RESOLVER")]
    resolver: ResolverChoice,
    /// Connections open at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections, env = "MILGUARD_MAX_CONNECTIONS")]
    max_connections: usize,
    /// Batches of events that each token may post in a minute.
    #[arg(
        long,
        value_name = "N",
        default_value_t = Limits::default().batches_per_minute,
        env = "MILGUARD_BATCHES_PER_MINUTE"
    )]
    batches_per_minute: u32,
    /// Domains that each token may ask about in a minute.
    #[arg(
        long,
        value_name = "N",
        default_value_t = Limits::default().domains_per_minute,
        env = "MILGUARD_DOMAINS_PER_MINUTE"
    )]
    domains_per_minute: u32,
    /// What other machines need to read /metrics. Other users of this machine may see arguments: prefer the file.
    #[arg(long, value_name = "TOKEN", env = "MILGUARD_METRICS_TOKEN", hide_env_values = true)]
    metrics_token: Option<Secret>,
    /// Where Office.js comes from: commercial, gcc, gcc-high, dod, or the URL of an own copy.
    #[arg(long, value_name = "CLOUD", default_value_t, env = "MILGUARD_CLOUD")]
    cloud: Cloud,
    /// The folder of pages, as `make build` assembles it.
    #[arg(long, value_name = "DIR", default_value = "dist/www", env = "MILGUARD_ASSETS")]
    assets: PathBuf,
}

impl ServeArgs {
    /// What the server is built from, or a sentence that says which options do not go together.
    fn options(&self) -> Result<ServerOptions, String> {
        let transport = match (self.http, &self.tls_cert, &self.tls_key) {
            (true, None, None) => {
                Transport::Plain { trusted_proxies: self.trusted_proxies.clone() }
            }
            (true, ..) => return Err("--http and a certificate exclude each other".to_owned()),
            (false, None, None) => Transport::OwnCertificate,
            (false, Some(certificate), Some(key)) => {
                Transport::Files { certificate: certificate.clone(), key: key.clone() }
            }
            (false, ..) => return Err("--tls-cert and --tls-key go together".to_owned()),
        };
        let state = match &self.state {
            Some(state) => state.clone(),
            None => state_folder()?,
        };
        Ok(ServerOptions {
            listen: self.listen,
            transport,
            allowed_hosts: self.allowed_hosts.clone(),
            assets: self.assets.clone(),
            origin: self.origin.clone(),
            bundle: BundleOptions { cloud: self.cloud.clone(), ..BundleOptions::default() },
            state,
            database: self.database.clone(),
            retention_days: self.retention,
            resolver: self.resolver,
            limits: Limits {
                connections: self.max_connections,
                batches_per_minute: self.batches_per_minute,
                domains_per_minute: self.domains_per_minute,
            },
            metrics_token: self.metrics_token.clone(),
        })
    }
}

/// Serves until Ctrl-C or SIGTERM. Exit status 0 after those, 2 when it cannot start.
pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let options = match args.options() {
        Ok(options) => options,
        Err(error) => return fail(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    runtime.block_on(serve(options))
}

async fn serve(options: ServerOptions) -> ExitCode {
    let is_tls = options.transport.is_tls();
    let state = options.state.clone();
    let server = match Server::bind(options).await {
        Ok(server) => server,
        Err(error) => return fail(&error),
    };
    let stop = match stop_signal() {
        Ok(stop) => stop,
        Err(error) => return fail(&error),
    };
    announce(&server, is_tls, &state);
    match server.run(stop).await {
        Ok(()) => {
            say(format_args!("stopped"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// Where things are.
fn announce(server: &Server, is_tls: bool, state: &Path) {
    let address = server.address();
    let scheme = if is_tls { "https" } else { "http" };
    say(format_args!("listening on {scheme}://{address}/ (Ctrl-C stops)"));
    say(format_args!("clients reach it at {}/", server.origin()));
    say(format_args!("state is in {}", state.display()));
    if let Some((certificate, names)) = server.own_certificate() {
        say(format_args!("the certificate is its own, for {}", names.join(", ")));
        say(format_args!(
            "browsers and mail clients have to trust {} first",
            certificate.display()
        ));
    }
    if !is_tls && !address.ip().is_loopback() {
        say(format_args!(
            "warning: {} is not this machine alone; others can reach it, and plain HTTP can be \
             changed on the way",
            address.ip()
        ));
    }
}

/// The system's place for what outlives a process and is no document: `~/.local/state/milguard` on Linux.
fn state_folder() -> Result<PathBuf, String> {
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

/// A network, or one address.
fn parse_net(text: &str) -> Result<IpNet, String> {
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_: std::net::AddrParseError| {
        "expected an address or a network such as 10.0.0.0/8".to_owned()
    })
}

/// Completes at Ctrl-C, or SIGTERM where there is one. The handlers are in place when it returns.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes at Ctrl-C. The handler is in place when it returns.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    say(format_args!("{error}"));
    ExitCode::from(2)
}

/// Standard output is for results, and a closed standard error must not stop the server.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "milguard serve: {line}");
}
