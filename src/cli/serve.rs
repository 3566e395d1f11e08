//! `milguard serve`: the pages over HTTP.

use std::{
    future::Future,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;

use crate::bundle::{BundleOptions, Cloud, ManifestOptions, Origin};
use crate::server::{Server, ServerOptions};

/// Serve the pages to try the checker, and the Outlook add-in's.
///
/// Plain HTTP, meant for this machine: the page computes every verdict in the browser, and the server
/// learns nothing of what is typed.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  milguard serve                          then open http://127.0.0.1:8080/try/
  milguard serve --listen 127.0.0.1:9000
  milguard serve --listen localhost:0     picks a free port and prints it
  milguard serve --origin https://addins.example.mil   behind a proxy that does HTTPS")]
pub(super) struct ServeArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", value_parser = parse_listen)]
    listen: SocketAddr,
    /// The folder of pages, as `make build` assembles it.
    #[arg(long, value_name = "DIR", default_value = "dist/www")]
    assets: PathBuf,
    /// Where Outlook reaches this server, over HTTPS: what the manifest it serves says.
    #[arg(long, value_name = "URL", default_value_t)]
    origin: Origin,
    /// Where Office.js comes from: commercial, gcc, gcc-high, dod, or the URL of an own copy.
    #[arg(long, value_name = "CLOUD", default_value_t)]
    cloud: Cloud,
}

/// Serves until Ctrl-C or SIGTERM. Exit status 0 after those, 2 when it cannot start.
pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let options = ServerOptions {
        listen: args.listen,
        assets: args.assets.clone(),
        bundle: BundleOptions {
            manifest: ManifestOptions { origin: args.origin.clone(), ..ManifestOptions::default() },
            cloud: args.cloud.clone(),
            ..BundleOptions::default()
        },
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    runtime.block_on(async {
        let server = match Server::bind(&options).await {
            Ok(server) => server,
            Err(error) => return fail(&error),
        };
        let stop = match stop_signal() {
            Ok(stop) => stop,
            Err(error) => return fail(&error),
        };
        let address = server.address();
        say(format_args!("listening on http://{address}/ (Ctrl-C stops)"));
        if !address.ip().is_loopback() {
            say(format_args!(
                "warning: {} is not this machine alone; others can reach it, and plain HTTP can be \
                 changed on the way",
                address.ip()
            ));
        }
        match server.run(stop).await {
            Ok(()) => {
                say(format_args!("stopped"));
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error),
        }
    })
}

/// `ADDR:PORT`, with `localhost` for the loopback address.
fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric
        .parse()
        .map_err(|_| "expected ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
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

fn fail(error: &dyn std::error::Error) -> ExitCode {
    say(format_args!("{error}"));
    ExitCode::from(2)
}

/// Standard output is for results, and a closed standard error must not stop the server.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "milguard serve: {line}");
}
