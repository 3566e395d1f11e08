//! `milguard scan`: which mail already went to the wrong domain.

mod chart;
mod csv;
mod html;
mod interrupt;
mod jsonl;
mod progress;
mod redact;
mod report;
mod text;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use clap::ValueEnum;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::{CliError, policy_file};
use crate::detect::Severity;
use crate::policy::Policy;
use crate::scan::{self, Columns, Delivery, Format, NoSink, Options, Rules, Sink};
use redact::Redactor;
use report::Report;

const EXAMPLES: &str = "\
Examples:
  milguard scan /var/log/mail.log*                       what went to whom, since when
  milguard scan --format html --out report.html /var/log
  milguard scan --format jsonl --since 2024-01-01 ~/Maildir archive.mbox > found.jsonl
  milguard scan --redact --format csv --out share.csv MSGTRK*.LOG
  milguard scan --state scan.state /var/log/mail.log*    daily: reads only what is new
  zcat old/*.gz | milguard scan -
  milguard scan --columns recipient=rcpt,sender=mail_from,time=ts gateway.csv";

const FORMATS: &str = "\
Recognised by content: logs of Postfix, sendmail and Exim, Exchange message tracking, Microsoft 365
message trace, mbox, Maildir, .eml, CSV and JSON lines with named columns, lists of addresses; plain,
gzip, zstd or xz. Outlook's .msg and .pst are not read: save as .eml, or export.

Counted is one message to one recipient, with the last status that the logs tell of it; deferred ten
times and then sent is one. docs/scan.md has the details.

The exit status is grep's: 0 if nothing is at `warn` or above, 1 if something is, 2 if something could
not be read (what could be read is shown). After Ctrl-C it is 130.";

/// Find the mail that already went to look-alike domains, in logs and mailboxes.
///
/// Reads files, folders with all below them, and standard input (`-`). Rotated logs are read in order.
/// Nothing is sent anywhere or looked up.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{FORMATS}"))]
pub(crate) struct Args {
    /// Files and folders; `-` is standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Use the policy in this file instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A summary (text, html) or each delivery (jsonl, csv).
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: OutputFormat,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave people out, for sharing: local parts become codes, domains stay.
    #[arg(long)]
    redact: bool,
    /// Only mail of this day or later, such as 2024-03-05.
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Only mail of this day or earlier.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// The mildest verdict that counts.
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    min_severity: MinSeverity,
    /// Remember in this file what was read, and read only what is new the next time.
    ///
    /// Summaries then tell of all runs together, jsonl and csv of what this run adds. What is still
    /// deferred is not added before its last word is known.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// What the files are, where they are not recognised.
    #[arg(long, value_name = "FORMAT", value_enum)]
    input_format: Option<Format>,
    /// The columns of CSV or JSON lines: recipient=NAME,sender=NAME,time=NAME,status=NAME,id=NAME.
    #[arg(long, value_name = "NAMES")]
    columns: Option<Columns>,
    /// The year of the first line of each file, for syslog without years whose files were copied.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1980..=9999))]
    year: Option<i16>,
    /// How many threads to use; as many as there are processors if left out.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How many times its size a packed file may become before it is called a bomb.
    #[arg(long, value_name = "RATIO", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..))]
    max_expansion: u64,
}

/// What is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum OutputFormat {
    /// A summary for people.
    #[default]
    Text,
    /// Each delivery as a JSON object on a line.
    Jsonl,
    /// Each delivery as a row, for spreadsheets.
    Csv,
    /// A summary as one page with charts.
    Html,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum MinSeverity {
    /// Worth a line: also other countries' armed forces, and names that only might be meant.
    Notice,
    /// Worth a stop.
    #[default]
    Warn,
    /// What policy forbids.
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
    let options = options(args)?;
    let redactor = Redactor::new(args.redact);
    let mut out = Out::open(args)?;
    interrupt::watch(Arc::clone(&options.stop));
    let bar = progress::Bar::start(&args.paths, &options.progress);
    let outcome = match args.format {
        OutputFormat::Text | OutputFormat::Html => scan::scan(&args.paths, &options, &mut NoSink),
        OutputFormat::Jsonl => {
            let mut sink = JsonlSink { out: &mut out.writer, redactor: &redactor };
            scan::scan(&args.paths, &options, &mut sink)
        }
        OutputFormat::Csv => {
            let mut writer = ::csv::Writer::from_writer(&mut out.writer);
            csv::write_head(&mut writer).map_err(|error| CliError::Output(error.into()))?;
            scan::scan(&args.paths, &options, &mut CsvSink { writer, redactor: &redactor })
        }
    };
    drop(bar);
    let outcome = outcome.map_err(|error| out.error(error))?;
    let (worst, failed, is_stopped) =
        (outcome.tally.worst, outcome.totals.failed, outcome.is_stopped);
    let report = Report::new(outcome, &redactor, args.min_severity.severity());
    let written = match args.format {
        OutputFormat::Text => text::write(&mut out.writer, &report),
        OutputFormat::Html => html::write(&mut out.writer, &report),
        // Results alone go there; people see the rest.
        OutputFormat::Jsonl | OutputFormat::Csv => {
            notes(&report);
            Ok(())
        }
    };
    written.and_then(|()| out.writer.flush()).map_err(|error| out.error(error))?;
    if args.out.is_some() && args.format != OutputFormat::Text {
        let _ = writeln!(io::stderr(), "milguard scan: {}", report.headline());
    }
    Ok(match (is_stopped, failed, worst) {
        (true, ..) => ExitCode::from(interrupt::STOPPED),
        (_, 1.., _) => ExitCode::from(2),
        (_, _, Severity::Warn | Severity::Block) => ExitCode::from(1),
        (_, _, Severity::Pass | Severity::Notice) => ExitCode::SUCCESS,
    })
}

fn options(args: &Args) -> Result<Options, CliError> {
    let policy = match &args.policy {
        Some(path) => policy_file::load(path)?,
        None => Policy::default(),
    };
    let invalid = |error| CliError::new("the policy is invalid").hint(error);
    let least = args.min_severity.severity();
    let rules = Rules::new(&policy, least).map_err(invalid)?;
    let document = serde_json::to_vec(&policy).map_err(CliError::new)?;
    let digest = Sha256::digest(document);
    let mut number = [0; 8];
    number.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
    let name = format!("{:016x}", u64::from_be_bytes(number));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    Ok(Options {
        rules_name: format!("{name} {}", least.as_str()),
        since: args.since,
        until: args.until,
        format: args.input_format,
        columns: args.columns.clone().unwrap_or_default(),
        expansion: args.max_expansion,
        year: args.year,
        threads: args.threads.map_or(processors, usize::from),
        state: args.state.clone(),
        ..Options::new(rules, today)
    })
}

/// What could not be read, on standard error.
fn notes(report: &Report) {
    let mut error = BufWriter::new(io::stderr());
    for note in report.notes() {
        // Nobody is told where nobody can be.
        let _ = writeln!(error, "milguard scan: {}", super::Visible(&note.title));
        for line in &note.lines {
            let _ = writeln!(error, "  {}", super::Visible(line));
        }
    }
    let _ = error.flush();
}

/// Where results go.
struct Out {
    writer: BufWriter<Box<dyn Write + Send>>,
    file: Option<PathBuf>,
}

impl Out {
    fn open(args: &Args) -> Result<Self, CliError> {
        let target: Box<dyn Write + Send> = match &args.out {
            Some(path) => Box::new(File::create(path).map_err(|error| {
                CliError::new(format_args!("cannot write {}: {error}", path.display()))
            })?),
            None => Box::new(io::stdout()),
        };
        let writer = BufWriter::with_capacity(1 << 16, target);
        Ok(Self { writer, file: args.out.clone() })
    }

    fn error(&self, error: io::Error) -> CliError {
        // An error of the state is in words; one of writing has a number.
        match &self.file {
            _ if error.raw_os_error().is_none() && error.get_ref().is_some() => {
                CliError::new(error)
            }
            Some(path) => CliError::new(format_args!("cannot write {}: {error}", path.display())),
            None => CliError::Output(error),
        }
    }
}

struct JsonlSink<'a, W> {
    out: &'a mut W,
    redactor: &'a Redactor,
}

impl<W: Write> Sink for JsonlSink<'_, W> {
    fn delivery(&mut self, delivery: &Delivery) -> io::Result<()> {
        jsonl::write(self.out, &self.redactor.delivery(delivery))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct CsvSink<'a, W: Write> {
    writer: ::csv::Writer<W>,
    redactor: &'a Redactor,
}

impl<W: Write> Sink for CsvSink<'_, W> {
    fn delivery(&mut self, delivery: &Delivery) -> io::Result<()> {
        csv::write(&mut self.writer, &self.redactor.delivery(delivery)).map_err(io::Error::from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
