//! `milguard milter`: the checker inside a mail server.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::daemon::{LogArgs, ServerArgs, say};
use super::serve::stop_signal;
use super::visible::Visible;
use super::{CliError, policy_file};
use crate::milter::{Limits, Listen, Milter, MilterOptions, try_recipient};

const EXAMPLES: &str = "\
Examples:
  milguard milter --test bob@army.ml
  milguard milter --listen unix:/run/milguard/milter.sock \\
    --policy /etc/milguard/policy.json
  milguard milter --server https://milguard.example.com \\
    --token-file /etc/milguard/token

In Postfix: smtpd_milters = inet:127.0.0.1:8891. docs/gateway.md has Sendmail,
Exim and rspamd.";

/// Check mail inside Postfix, Sendmail, Exim or rspamd.
///
/// A recipient that looks like a protected one is refused with the address that was probably meant,
/// or the message is held, marked or only reported, as `gateway` in the policy says. SIGHUP reads
/// the policy file again; with an invalid file, the old policy stays in force.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to listen for mail servers that speak the milter protocol.
    #[arg(
        long,
        value_name = "LISTEN",
        default_value = "127.0.0.1:8891",
        help_heading = "Where it listens"
    )]
    listen: Vec<Listen>,
    /// Where to listen for Postfix's policy delegation and Exim's readsocket, which ask recipient by recipient.
    #[arg(long, value_name = "LISTEN", help_heading = "Where it listens")]
    listen_lines: Vec<Listen>,
    /// Where to listen for HTTP: /rspamd, /metrics, /healthz.
    #[arg(long, value_name = "LISTEN", help_heading = "Where it listens")]
    listen_http: Vec<Listen>,
    /// The permissions of Unix sockets, in octal.
    #[arg(
        long,
        value_name = "MODE",
        default_value = "660",
        value_parser = parse_mode,
        help_heading = "Where it listens"
    )]
    socket_mode: u32,
    /// How many connections of mail servers each address accepts at a time.
    #[arg(long, value_name = "N", default_value_t = 1_000, help_heading = "Where it listens")]
    max_connections: usize,
    /// Use the policy in this file instead of the built-in one. With --server, this policy is in force until the
    /// server answers for the first time.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The language of answers, where a message does not name one: de, en, es, fr, it, nl, pl or pt.
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Print the answers for these recipients, and end. The exit status is 1 if one of them would not get the mail.
    #[arg(long, value_name = "ADDRESS", num_args = 1..)]
    test: Vec<String>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let policy = args.policy.as_deref().map(policy_file::load).transpose()?;
    if !args.test.is_empty() {
        let policy = policy.unwrap_or_default();
        let mut out = io::stdout().lock();
        let mut passes = true;
        for address in &args.test {
            let trial =
                try_recipient(policy.clone(), &args.language, address).map_err(CliError::new)?;
            passes &= trial.passes;
            writeln!(out, "{}\t{}", Visible(address), trial.answer).map_err(CliError::Output)?;
        }
        return Ok(if passes { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    let server = args.server.server()?;
    let server = server.map(|server| args.server.state("milter").map(|state| (server, state)));
    let options = MilterOptions {
        milter: args.listen.clone(),
        lines: args.listen_lines.clone(),
        http: args.listen_http.clone(),
        socket_mode: args.socket_mode,
        policy,
        language: args.language.clone(),
        server: server.transpose()?,
        limits: Limits { connections: args.max_connections, ..Limits::default() },
    };
    args.log.start()?.block_on(serve(args, options))
}

async fn serve(args: &Args, options: MilterOptions) -> Result<ExitCode, CliError> {
    let milter = Milter::bind(options).await.map_err(CliError::new)?;
    let stop = stop_signal().map_err(CliError::new)?;
    #[cfg(unix)]
    {
        let (install, path) = (milter.installer(), args.policy.clone());
        super::serve::reload_on_hangup(move || reload(&install, path.as_deref()))
            .map_err(CliError::new)?;
    }
    for address in milter.addresses() {
        say("milter", format_args!("listening on {address}"));
    }
    milter.run(stop).await;
    say("milter", format_args!("stopped"));
    Ok(ExitCode::SUCCESS)
}

/// Reads the policy file again.
#[cfg(unix)]
fn reload(
    install: &impl Fn(crate::Policy) -> Result<(), crate::policy::PolicyError>,
    path: Option<&std::path::Path>,
) {
    let Some(path) = path else { return };
    let policy = policy_file::load(path);
    let installed = policy.and_then(|policy| install(policy).map_err(CliError::new));
    match installed {
        Ok(()) => say("milter", format_args!("the policy {} is in force", path.display())),
        Err(error) => say("milter", format_args!("{error}\n  the old policy stays in force")),
    }
}

fn parse_mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|&mode| mode <= 0o777);
    mode.ok_or_else(|| "expected three octal digits, such as 660".to_owned())
}
