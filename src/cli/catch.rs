//! `milguard catch`: refuses the mail to look-alike domains that the organisation owns.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use super::daemon::{LogArgs, ServerArgs, say};
use super::serve::stop_signal;
use super::{CliError, policy_file};
use crate::catch::{CatchOptions, Catcher, Caught, Limits};

const EXAMPLES: &str = "\
Examples:
  milguard catch --domain army.ml --domain navy.ml
  milguard catch --domain ml=mil --host catch.example.net \\
    --state /var/lib/milguard-catch

The counts are in counts/<day>.csv below the state folder. docs/gateway.md
says what goes into the DNS.";

/// Refuse the mail for look-alike domains that you own, and name the right address.
///
/// The command runs an SMTP server that refuses every recipient and never receives a message: senders learn
/// at once that their mail went astray, and the server keeps no mail. It counts refusals by day, domain and
/// the sender's domain.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A domain to catch, with all names below it. `ml=mil` also tells senders which domain they meant.
    #[arg(long, value_name = "DOMAIN[=MEANT]", required = true)]
    domain: Vec<Caught>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:25")]
    listen: SocketAddr,
    /// The name of this server, as in the MX record. By default, the name of this machine.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The certificate for STARTTLS, as PEM. By default, the server makes one.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Use the policy in this file instead of the built-in one to tell whom a sender meant.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How many connections may be open at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// How many connections one address may have open at a time; 0 for any number.
    #[arg(long, value_name = "N", default_value_t = Limits::default().per_address)]
    max_per_address: usize,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let machine = || gethostname::gethostname().into_string().ok().filter(|name| !name.is_empty());
    let host = args.host.clone().or_else(machine).unwrap_or_else(|| "localhost".to_owned());
    let options = CatchOptions {
        listen: args.listen,
        host,
        domains: args.domain.clone(),
        policy: policy_file::policy(args.policy.as_deref())?,
        state: args.server.state("catch")?,
        server: args.server.server()?,
        certificate: args.tls_cert.clone().zip(args.tls_key.clone()),
        limits: Limits {
            connections: args.max_connections,
            per_address: args.max_per_address,
            ..Limits::default()
        },
    };
    args.log.start()?.block_on(serve(options))
}

async fn serve(options: CatchOptions) -> Result<ExitCode, CliError> {
    let catcher = Catcher::bind(options).map_err(CliError::new)?;
    let stop = stop_signal().map_err(CliError::new)?;
    let address = catcher.address().map_err(CliError::new)?;
    say("catch", format_args!("listening on {address}"));
    catcher.run(stop).await;
    say("catch", format_args!("stopped"));
    Ok(ExitCode::SUCCESS)
}
