//! `milguard scan`: finds mail that already went to the wrong domain.

mod chart;
mod csv;
mod html;
mod incident;
mod interrupt;
mod jsonl;
mod merge;
mod output;
mod progress;
mod redact;
mod report;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{CliError, policy_file};
use crate::detect::Severity;
use crate::policy::Policy;
use crate::scan::{self, Columns, Format, Options, PolicyName, Rules};
use output::{About, Out, OutputArgs, OutputFormat};
use redact::Redactor;
use report::Report;

const EXAMPLES: &str = "\
Examples:
  milguard scan /var/log/mail.log*                what went to whom, since when
  milguard scan --format html --out report.html /var/log
  milguard scan --format jsonl --since 2024-01-01 ~/Maildir > found.jsonl
  milguard scan --redact --format csv --out share.csv MSGTRK*.LOG
  milguard scan --format incident --out records.html /var/log/mail.log*
  milguard scan --state scan.state /var/log/mail.log*   daily: reads new lines
  zcat old/*.gz | milguard scan -
  milguard scan --format shard --out 1.shard mail.log.1   a part, for:
  milguard scan merge *.shard
  milguard scan --columns recipient=rcpt,sender=mail_from,time=ts gateway.csv";

const FORMATS: &str = "\
Milguard recognises files by content: logs of Postfix, sendmail, Exim,
OpenSMTPD and Courier, mixed as they may be; Exchange message tracking,
Microsoft 365 message trace, mbox, Maildir, .eml, CSV and JSON, contacts as
vCard, LDIF or CSV, lists of addresses; plain, gzip, bzip2, zstd or xz. It does
not read Outlook's .msg and .pst: save as .eml, or export.

A scan counts one message to one recipient, with the last status in the logs; a
message that was deferred ten times and then sent counts once. docs/scan.md has
the details.

The exit status is grep's: 0 if the scan read everything and found nothing at
`warn` or above, 1 if it found something, 2 if it could not read or understand
something: a log of another mail server, a file that names no recipient. It
then shows its findings anyway. After Ctrl-C the exit status is 130.";

/// Find the mail that already went to look-alike domains, in logs and mailboxes.
///
/// Reads files, folders with all below them, and standard input (`-`). Rotated logs are read in order.
/// The scan sends nothing anywhere, and looks nothing up unless `--resolve` asks for it.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{FORMATS}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Files and folders; `-` is standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Use the policy in this file instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    /// Only mail of this day or later, such as 2024-03-05.
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Only mail of this day or earlier.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// The mildest verdict to report.
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    min_severity: MinSeverity,
    /// Remember in this file what the scan has read, so that the next scan reads only what is new.
    ///
    /// Summaries then cover all scans together; jsonl, csv and incident cover what this scan adds. The
    /// scan adds a deferred delivery once the logs tell its final status.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The format of the files, where the scan does not recognise it.
    #[arg(long, value_name = "FORMAT", value_enum)]
    input_format: Option<Format>,
    /// The columns of CSV or JSON lines: recipient=NAME,sender=NAME,time=NAME,status=NAME,id=NAME.
    #[arg(long, value_name = "NAMES")]
    columns: Option<Columns>,
    /// The year of the first line of each file, for syslog without years. Give it if the files were
    /// copied without their times.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1980..=9999))]
    year: Option<i16>,
    /// The file that standard input is a part of. Reports show its name, and a date in the name tells the year.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How many threads to use; as many as there are processors if left out.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How many times its own size a packed file may unpack to before the scan stops reading it.
    #[arg(long, value_name = "RATIO", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..))]
    max_expansion: u64,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    Merge(Box<merge::Args>),
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum MinSeverity {
    /// Also mild findings: other countries' armed forces, and names that the sender only might have meant.
    Notice,
    /// Findings that stop a message.
    #[default]
    Warn,
    /// Only recipients that the policy forbids.
    Block,
}

impl MinSeverity {
    const fn severity(self) -> Severity {
        match self {
            Self::Notice => Severity::Notice,
            Self::Warn => Severity::Warn,
            Self::Block => Severity::Block,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    if let Some(Command::Merge(args)) = &args.command {
        return merge::run(args);
    }
    if args.name.is_some() && args.paths.iter().all(|path| path.as_os_str() != "-") {
        return Err(CliError::new("--name is for standard input: `-`"));
    }
    let (options, about) = options(args)?;
    if args.output.format == OutputFormat::Shard {
        return write_shard(args, &options, &about);
    }
    interrupt::watch(Arc::clone(&options.stop));
    let stop = Arc::clone(&options.stop);
    args.output.write(&about, &stop, |sink| {
        let bar = progress::Bar::start(&args.paths, &options.progress);
        let outcome = scan::scan(&args.paths, &options, sink);
        drop(bar);
        outcome
    })
}

/// Writes a part of a scan. Its exit status does not say whether anything was found: only
/// `milguard scan merge` knows the last status of each delivery.
fn write_shard(args: &Args, options: &Options, about: &About) -> Result<ExitCode, CliError> {
    if args.state.is_some() || args.output.redact {
        let why = "a shard has no --state, and is redacted when it is merged";
        return Err(CliError::new(why).hint("leave out --state and --redact"));
    }
    let mut out = Out::open(args.output.out.as_ref(), true)?;
    interrupt::watch(Arc::clone(&options.stop));
    let bar = progress::Bar::start(&args.paths, &options.progress);
    let outcome = scan::scan_shard(&args.paths, options, &mut out.writer);
    drop(bar);
    let outcome = outcome.map_err(|error| out.error(error))?;
    let is_stopped = outcome.is_stopped;
    output::notes(&Report::new(outcome, &Redactor::new(false), about.least));
    Ok(if is_stopped { ExitCode::from(interrupt::STOPPED) } else { ExitCode::SUCCESS })
}

fn options(args: &Args) -> Result<(Options, About), CliError> {
    let policy = match &args.policy {
        Some(path) => policy_file::load(path)?,
        None => Policy::default(),
    };
    let invalid = |error| CliError::new("the policy is invalid").hint(error);
    let least = args.min_severity.severity();
    let rules = Rules::new(&policy, least).map_err(invalid)?;
    let name = PolicyName::of(&policy);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    let options = Options {
        rules_name: format!("{} {}", name.digest, least.as_str()),
        since: args.since,
        until: args.until,
        format: args.input_format,
        columns: args.columns.clone().unwrap_or_default(),
        expansion: args.max_expansion,
        year: args.year,
        threads: args.threads.map_or(processors, usize::from),
        name: args.name.clone(),
        state: args.state.clone(),
        ..Options::new(rules, today)
    };
    Ok((options, About { policy: name, least }))
}
