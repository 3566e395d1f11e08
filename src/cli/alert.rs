//! `milguard alert`: tests the destinations of alerts before something happens.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Subcommand;

use super::{CliError, database::block_on, server_file::ServerFile, visible::Visible};
use crate::alert::{self, Alerts, Destination};

/// Alerts should not depend on a mail server that takes longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// The exit code if a test did not arrive.
const UNDELIVERED: u8 = 1;

/// Try the mail servers and webhooks that alerts and reports go to.
#[derive(Clone, Debug, clap::Args)]
#[command(arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = "\
Examples:
  milguard alert test --alerts /etc/milguard/alerts.toml")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    Test(TestArgs),
}

/// Send a test to every recipient, and say what went wrong.
///
/// The command needs no running server. Exit status: 0 when all tests arrived, 1 when one did not,
/// 2 when the file cannot be used.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard alert test --alerts /etc/milguard/alerts.toml
  milguard alert test --config /etc/milguard/milguard.toml soc")]
struct TestArgs {
    /// The names of the destinations to test. By default, all of them.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The file that names the destinations.
    #[arg(long, value_name = "FILE", env = "MILGUARD_ALERTS")]
    alerts: Option<PathBuf>,
    /// The server's file, which names the file of destinations and the address of the dashboard.
    #[arg(long, value_name = "FILE", env = "MILGUARD_CONFIG")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    match &args.command {
        Command::Test(args) => test(args),
    }
}

fn test(args: &TestArgs) -> Result<ExitCode, CliError> {
    let server = args.config.as_deref().map(ServerFile::read).transpose()?.unwrap_or_default();
    let file = args.alerts.clone().or(server.alerts()).ok_or_else(|| {
        CliError::new("no file names the recipients of alerts")
            .hint("name it with --alerts, or the server's file with --config")
    })?;
    let alerts = alert::read(&file).map_err(CliError::new)?;
    let chosen = choose(&alerts, &args.names)?;
    let origin = server.origin().unwrap_or("https://localhost:8443");
    block_on(async {
        let mut all_arrived = true;
        for destination in chosen {
            for (recipient, tested) in alert::test(destination, origin, PATIENCE).await {
                let address = recipient.address;
                let who = if address.is_empty() { destination.address() } else { address };
                let line = match tested {
                    Ok(took) => format!("{} took it after {} ms", who, took.as_millis()),
                    Err(undelivered) => {
                        all_arrived = false;
                        format!("{who} did not get it: {undelivered}")
                    }
                };
                let name = &destination.name;
                writeln!(io::stdout(), "{name}: {}", Visible(&line)).map_err(CliError::Output)?;
            }
        }
        Ok(if all_arrived { ExitCode::SUCCESS } else { ExitCode::from(UNDELIVERED) })
    })
}

fn choose<'a>(alerts: &'a Alerts, names: &[String]) -> Result<Vec<&'a Destination>, CliError> {
    if alerts.destinations.is_empty() {
        return Err(CliError::new("the file names no recipient of alerts"));
    }
    let find = |name: &String| {
        let found = alerts.destinations.iter().find(|destination| destination.name == *name);
        found.ok_or_else(|| {
            let known: Vec<&str> = alerts.destinations.iter().map(|it| &*it.name).collect();
            CliError::new(format_args!("there is no destination `{name}`"))
                .hint(format_args!("the file names {}", known.join(", ")))
        })
    };
    if names.is_empty() {
        return Ok(alerts.destinations.iter().collect());
    }
    names.iter().map(find).collect()
}
