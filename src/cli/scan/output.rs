//! The outputs of a scan: a summary, rows, or pages, in a file or on standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use clap::ValueEnum;

use super::incident::{self, By, Incidents};
use super::redact::Redactor;
use super::report::Report;
use super::{csv, html, interrupt, jsonl, text};
use crate::cli::{CliError, Visible, twins};
use crate::detect::Severity;
use crate::scan::{Delivery, NoSink, Outcome, PolicyName, Sink};

/// How results are written.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct OutputArgs {
    /// A summary (text, html), each delivery (jsonl, csv), pages for an incident report (incident), or a
    /// part for `milguard scan merge` (shard).
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: OutputFormat,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Leave people out, so that you can share the result: local parts become codes, domains stay.
    #[arg(long)]
    pub(super) redact: bool,
    /// Whether incident records have a page for each look-alike domain or for each delivery.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    by: By,
    /// Ask the DNS whether the domains in incident records exist and take mail.
    #[arg(long)]
    resolve: bool,
    /// The server to ask, with a port if it is not 53; may be given several times [default: the system's]
    #[arg(long, value_name = "ADDR", requires = "resolve", value_parser = twins::parse_server)]
    resolver: Vec<SocketAddr>,
}

/// The format of the output.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum OutputFormat {
    /// A summary for people.
    #[default]
    Text,
    /// Each delivery as a JSON object on a line.
    Jsonl,
    /// Each delivery as a row, for spreadsheets.
    Csv,
    /// A summary as one page with charts.
    Html,
    /// A page to print for each look-alike domain, with blanks for what DFARS and CMMC ask for.
    Incident,
    /// A part of a scan, for `milguard scan merge`.
    Shard,
}

/// Facts for the output besides the findings.
pub(super) struct About {
    pub(super) policy: PolicyName,
    pub(super) least: Severity,
}

impl OutputArgs {
    /// Writes the deliveries from `produce` and the outcome; returns the exit status.
    pub(super) fn write(
        &self,
        about: &About,
        stop: &AtomicBool,
        produce: impl FnOnce(&mut (dyn Sink + Send)) -> io::Result<Outcome>,
    ) -> Result<ExitCode, CliError> {
        if self.resolve && self.format != OutputFormat::Incident {
            let why = "--resolve is for --format incident; `milguard twins --resolve` asks about any domain";
            return Err(CliError::new(why));
        }
        let redactor = Redactor::new(self.redact);
        let mut out = Out::open(self.out.as_ref(), false)?;
        let mut incidents = Incidents::new(self.by, &redactor);
        let outcome = match self.format {
            OutputFormat::Text | OutputFormat::Html => produce(&mut NoSink),
            OutputFormat::Jsonl => {
                produce(&mut JsonlSink { out: &mut out.writer, redactor: &redactor })
            }
            OutputFormat::Csv => {
                let mut writer = ::csv::Writer::from_writer(&mut out.writer);
                csv::write_head(&mut writer).map_err(|error| CliError::Output(error.into()))?;
                produce(&mut CsvSink { writer, redactor: &redactor })
            }
            OutputFormat::Incident => produce(&mut incidents),
            OutputFormat::Shard => {
                let why = "a merge gives results: text, html, jsonl, csv or incident";
                return Err(CliError::new(why));
            }
        };
        let outcome = outcome.map_err(|error| out.error(error))?;
        let status = status(&outcome);
        let report = Report::new(outcome, &redactor, about.least);
        let written = match self.format {
            OutputFormat::Text => text::write(&mut out.writer, &report),
            OutputFormat::Html => html::write(&mut out.writer, &report),
            // Results alone go to standard output; people read the rest on standard error.
            OutputFormat::Jsonl | OutputFormat::Csv | OutputFormat::Shard => {
                notes(&report);
                Ok(())
            }
            OutputFormat::Incident => {
                self.write_incidents(&mut out.writer, incidents, &report, about, stop)?
            }
        };
        written.and_then(|()| out.writer.flush()).map_err(|error| out.error(error))?;
        if self.out.is_some() && self.format != OutputFormat::Text {
            let _ = writeln!(io::stderr(), "milguard scan: {}", report.headline());
        }
        Ok(status)
    }

    fn write_incidents(
        &self,
        out: &mut impl Write,
        incidents: Incidents<'_>,
        report: &Report,
        about: &About,
        stop: &AtomicBool,
    ) -> Result<io::Result<()>, CliError> {
        let answers = if self.resolve {
            Some(incident::ask(&incidents.domains(), &self.resolver, stop)?)
        } else {
            None
        };
        for text in incidents.missing() {
            let _ = writeln!(io::stderr(), "milguard scan: {text}");
        }
        let context =
            incident::Context { report, policy: &about.policy, answers: answers.as_ref() };
        Ok(incident::write(out, incidents, &context))
    }
}

/// The exit status of a scan: grep's, but 2 if the scan could not read or understand everything.
fn status(outcome: &Outcome) -> ExitCode {
    match (outcome.is_stopped, outcome.totals.is_clear(), outcome.tally.worst) {
        (true, ..) => ExitCode::from(interrupt::STOPPED),
        (_, false, _) => ExitCode::from(2),
        (_, _, Severity::Warn | Severity::Block) => ExitCode::from(1),
        (_, _, Severity::Pass | Severity::Notice) => ExitCode::SUCCESS,
    }
}

/// Prints the notes of a report on standard error.
pub(super) fn notes(report: &Report) {
    let mut error = BufWriter::new(io::stderr());
    for note in report.notes() {
        // A closed standard error is ignored.
        let _ = writeln!(error, "milguard scan: {}", Visible(&note.title));
        for line in &note.lines {
            let _ = writeln!(error, "  {}", Visible(line));
        }
    }
    let _ = error.flush();
}

/// The destination of results.
pub(super) struct Out {
    pub(super) writer: BufWriter<Box<dyn Write + Send>>,
    file: Option<PathBuf>,
}

impl Out {
    /// With `is_private`, nobody else may read a file that did not exist before.
    pub(super) fn open(file: Option<&PathBuf>, is_private: bool) -> Result<Self, CliError> {
        let target: Box<dyn Write + Send> = match file {
            Some(path) => Box::new(create(path, is_private).map_err(|error| {
                CliError::new(format_args!("cannot write {}: {error}", path.display()))
            })?),
            None => Box::new(io::stdout()),
        };
        let writer = BufWriter::with_capacity(1 << 16, target);
        Ok(Self { writer, file: file.cloned() })
    }

    pub(super) fn error(&self, error: io::Error) -> CliError {
        // Errors about the state have a text of their own; errors from the system have a number.
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

fn create(path: &Path, is_private: bool) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}
