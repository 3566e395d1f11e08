//! `milguard twins`: the look-alikes of protected domains.

mod ask;
mod output;

use std::fs::File;
use std::io::BufReader;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use super::{CliError, policy_file};
use crate::detect::Severity;
use crate::twins::{self, Earlier, Filter, Limits, Record, Targets, TwinKind};
use output::Output;

const EXAMPLES: &str = "\
Examples:
  milguard twins --limit 50
  milguard twins army.mil contractor.example --only-delegated --format csv
  milguard twins --only-delegated --limit 2000 --resolve \\
    --cache answers.jsonl --format jsonl > today.jsonl
  milguard twins --only-delegated --limit 2000 --resolve --diff yesterday.jsonl
  milguard twins --format rpz > milguard.rpz";

const MORE: &str = "\
Each twin is one slip away from a protected domain, and one that `milguard
check` flags. Kinds have the names of dnstwist's fuzzers. Reach says who gets
the mail: a stranger, who has or may register the domain; nobody outside
(inside), since it lies below a protected suffix; or nobody (nowhere), since
there is no such top-level domain.

Without --limit the twins come domain by domain, each domain's likeliest first;
with it, the likeliest of all. The same arguments give the same lines.

rpz is a response-policy zone that answers NXDOMAIN for each domain and all
below it; hosts has one line 0.0.0.0 for each. Both list only domains that a
stranger can own and that are judged `warn`, unless --severity says otherwise:
at `notice` there are domains of people who mean no harm.

--resolve asks for MX and, where there is such a name, for NS, A and AAAA
records. Ctrl-C prints what is known by then. With --cache, the answers are
kept, and the next run asks for the rest.

The exit status is 0, 2 after an error, 130 after Ctrl-C; with --diff it is 1
when something has changed.";

/// List the domains that look like protected ones, to register, block or watch.
///
/// Without arguments, the command takes all registered .mil names, or all that the policy protects.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(crate) struct Args {
    /// Protected domains, such as army.mil, or hosts below them.
    #[arg(value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Use the policy in this file instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// List at most this many domains: the likeliest.
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    /// List only domains that a stranger can own: the suffix is delegated, and not protected.
    #[arg(long)]
    only_delegated: bool,
    /// List only domains with this severity or a worse one: notice or warn [default: notice; warn for rpz and hosts]
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    severity: Option<Severity>,
    /// List only these kinds.
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    kind: Vec<TwinKind>,
    /// List only the differences from an earlier run, which printed this file with --format jsonl.
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
    /// The serial number of the response-policy zone; it has to grow with each change.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    serial: u32,
    #[command(flatten)]
    resolving: ResolveArgs,
}

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "DNS")]
struct ResolveArgs {
    /// Ask the DNS for each twin.
    #[arg(long)]
    resolve: bool,
    /// List only domains that the DNS knows.
    #[arg(long, requires = "resolve")]
    existing: bool,
    /// The server to ask, with a port if it is not 53; may be given several times [default: the system's]
    #[arg(long, value_name = "ADDR", requires = "resolve", value_parser = parse_server)]
    resolver: Vec<SocketAddr>,
    /// How many domains to ask about at the same time.
    #[arg(long, value_name = "COUNT", requires = "resolve", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
    /// How many questions to send in a second, at most.
    #[arg(long, value_name = "COUNT", requires = "resolve", default_value_t = 500,
          value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How many seconds to wait for an answer.
    #[arg(long, value_name = "SECONDS", requires = "resolve", default_value_t = 2.0, value_parser = parse_timeout)]
    timeout: f64,
    /// How often to repeat a question that nobody answered.
    #[arg(long, value_name = "COUNT", requires = "resolve", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(..=10))]
    retries: u32,
    /// A file that keeps answers for the next run.
    #[arg(long, value_name = "FILE", requires = "resolve")]
    cache: Option<PathBuf>,
    /// For how many hours an answer in the cache is valid.
    #[arg(long, value_name = "HOURS", requires = "cache", default_value_t = 24)]
    max_age: u32,
}

impl ResolveArgs {
    fn limits(&self) -> Limits {
        Limits {
            servers: self.resolver.clone(),
            concurrency: self.concurrency.into(),
            rate: self.rate,
            timeout: Duration::from_secs_f64(self.timeout),
            retries: self.retries,
        }
    }
}

/// How twins are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Jsonl,
    /// For spreadsheets.
    Csv,
    /// A response-policy zone for DNS servers.
    Rpz,
    /// Lines for a hosts file.
    Hosts,
}

impl Format {
    /// Whether the format is a list for blocking.
    fn blocks(self) -> bool {
        matches!(self, Self::Rpz | Self::Hosts)
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    if args.format.blocks() && args.diff.is_some() {
        let message = "--diff prints changes, but rpz and hosts are lists to block";
        return Err(CliError::new(message).hint("use --format text, jsonl or csv"));
    }
    let policy = policy_file::policy(args.policy.as_deref())?;
    let targets = if args.domains.is_empty() {
        Targets::of_policy(&policy)
    } else {
        Targets::of_domains(&policy, &args.domains)
    };
    let targets = targets.map_err(CliError::new)?;
    let default = if args.format.blocks() { Severity::Warn } else { Severity::Notice };
    let filter = Filter {
        only_delegated: args.only_delegated || args.format.blocks(),
        severity: args.severity.unwrap_or(default),
        kinds: args.kind.clone(),
    };
    let earlier = args.diff.as_ref().map(earlier).transpose()?;
    let mut output = Output::new(args, earlier)?;
    let interrupted = if args.resolving.resolve {
        ask::run(&args.resolving, wanted(args, &targets, &filter), &mut output)?
    } else {
        print(args, &targets, &filter, &mut output)?;
        false
    };
    let changed = output.finish(interrupted)?;
    Ok(match (interrupted, changed) {
        (true, _) => ExitCode::from(130),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// Prints twins while they are made, or the likeliest once all are made.
fn print(
    args: &Args,
    targets: &Targets,
    filter: &Filter,
    output: &mut Output,
) -> Result<(), CliError> {
    if let Some(limit) = args.limit {
        for twin in twins::most_likely(targets, filter, limit) {
            output.record(Record::new(twin, None))?;
        }
        return Ok(());
    }
    match twins::stream(targets, filter, |twin| match output.record(Record::new(twin, None)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// All wanted twins, to ask the DNS about.
fn wanted(args: &Args, targets: &Targets, filter: &Filter) -> Vec<twins::Twin> {
    if let Some(limit) = args.limit {
        return twins::most_likely(targets, filter, limit);
    }
    let mut all = Vec::new();
    let _: ControlFlow<()> = twins::stream(targets, filter, |twin| {
        all.push(twin);
        ControlFlow::Continue(())
    });
    all
}

fn earlier(path: &PathBuf) -> Result<Earlier, CliError> {
    let read = File::open(path).and_then(|file| Earlier::read(BufReader::new(file)));
    read.map_err(|error| {
        CliError::new(format_args!("cannot compare with {}: {error}", path.display()))
            .hint("--diff takes what an earlier run printed with --format jsonl")
    })
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    [Severity::Notice, Severity::Warn, Severity::Block]
        .into_iter()
        .find(|severity| severity.as_str() == text)
        .ok_or_else(|| "expected notice, warn or block".to_owned())
}

pub(super) fn parse_server(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)))
        .map_err(|_| "expected an IP address, such as 192.0.2.53 or [2001:db8::53]:5353".to_owned())
}

fn parse_timeout(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.01..=60.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("expected 0.01 to 60 seconds".to_owned())
    }
}
