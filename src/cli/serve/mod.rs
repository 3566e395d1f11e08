//! `milguard serve`: the backend.

mod args;
mod config;
pub(super) mod logs;
mod net;
mod sign_in;

use std::{
    env,
    future::Future,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches};

use crate::server::{Server, ServerOptions};

pub(super) use args::{ServeArgs, state_folder};

use super::Cli;

/// Serves until Ctrl-C or SIGTERM. The exit status is 0 after these, 2 if the server cannot start.
pub(super) fn run(args: &ServeArgs) -> ExitCode {
    match prepare(args) {
        Ok(Prepared::Printed(text)) => {
            let written = io::stdout().lock().write_all(text.as_bytes());
            written.map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS)
        }
        Ok(Prepared::Serve(chosen)) => {
            let (args, options) = *chosen;
            start(&args, options)
        }
        Err(error) => fail(&error),
    }
}

/// The result of reading the arguments and the file.
enum Prepared {
    Printed(String),
    Serve(Box<(ServeArgs, ServerOptions)>),
}

/// Reads the arguments once more, with the values of the file as their defaults.
fn prepare(args: &ServeArgs) -> Result<Prepared, String> {
    let mut command = Cli::command();
    if let Some(path) = &args.config {
        let mut error = None;
        command = command.mut_subcommand("serve", |serve| {
            config::with_file(serve.clone(), path).unwrap_or_else(|what| {
                error = Some(what);
                serve
            })
        });
        if let Some(error) = error {
            return Err(error);
        }
    }
    let matches = command.clone().try_get_matches_from(env::args_os());
    let matches = matches.map_err(|error| error.to_string())?;
    let (Some(command), Some(matches)) =
        (command.find_subcommand("serve"), matches.subcommand_matches("serve"))
    else {
        return Err("the arguments are those of another command".to_owned());
    };
    if args.print_config {
        return Ok(Prepared::Printed(config::print(command, matches)));
    }
    let args = ServeArgs::from_arg_matches(matches).map_err(|error| error.to_string())?;
    let options = args.options()?;
    Ok(Prepared::Serve(Box::new((args, options))))
}

fn start(args: &ServeArgs, options: ServerOptions) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let is_json = args.logs.log_format.is_json();
    logs::start(args.logs.log_level, is_json);
    let speaker = Speaker { is_json };
    if args.check_config {
        return runtime.block_on(check(options));
    }
    runtime.block_on(serve(options, speaker))
}

/// Finds every reason why a server could not start.
async fn check(options: ServerOptions) -> ExitCode {
    match Server::check(options).await {
        Ok(notes) => {
            for note in notes {
                say(format_args!("{note}"));
            }
            say(format_args!("the configuration is valid"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

async fn serve(options: ServerOptions, speaker: Speaker) -> ExitCode {
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
    #[cfg(unix)]
    if let Err(error) = reload_on_hangup(server.reloader()) {
        return fail(&error);
    }
    let setup_link = match server.setup_link().await {
        Ok(link) => link,
        Err(error) => return fail(&error),
    };
    speaker.announce(&server, is_tls, &state);
    if let Some(link) = setup_link {
        // Like the enrolment token, this link must not go into a log that others can read.
        say(format_args!(
            "set the first administrator's password, once and within a day, at {link}"
        ));
    }
    match server.run(stop).await {
        Ok(()) => {
            speaker.say(format_args!("stopped"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// Prints what happens, for people or for programs that collect logs.
#[derive(Clone, Copy, Debug)]
struct Speaker {
    is_json: bool,
}

impl Speaker {
    fn say(self, line: std::fmt::Arguments<'_>) {
        if self.is_json {
            tracing::info!("{line}");
        } else {
            say(line);
        }
    }

    /// Prints the addresses.
    fn announce(self, server: &Server, is_tls: bool, state: &Path) {
        let address = server.address();
        let scheme = if is_tls { "https" } else { "http" };
        self.say(format_args!("listening on {scheme}://{address}/ (Ctrl-C stops)"));
        self.say(format_args!("clients reach it at {}/", server.origin()));
        self.say(format_args!("state is in {}", state.display()));
        if let Some((certificate, names)) = server.own_certificate() {
            self.say(format_args!(
                "the server made its own certificate, for {}; clients have to trust {} first",
                names.join(", "),
                certificate.display()
            ));
        }
        if let Some(token) = server.first_token() {
            // The token does not go into a log; only the person who starts a server for the first
            // time sees it.
            say(format_args!("install the first add-ins with the token {token}"));
        }
        if !is_tls && !address.ip().is_loopback() {
            self.say(format_args!(
                "warning: other machines can reach {}, and anybody on the network path can change plain HTTP",
                address.ip()
            ));
        }
    }
}

/// Returns a future that completes at Ctrl-C or SIGTERM. The handlers are in place when this
/// function returns.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
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

/// Calls `reload` at each SIGHUP, which would end the process otherwise.
#[cfg(unix)]
pub(super) fn reload_on_hangup(reload: impl Fn() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload();
        }
    });
    Ok(())
}

/// Returns a future that completes at Ctrl-C. The handler is in place when this function returns.
#[cfg(windows)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
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
