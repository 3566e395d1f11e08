//! How twins are printed.

use std::io::{self, BufWriter, StdoutLock, Write};

use super::{Args, Format};
use crate::cli::CliError;
use crate::cli::visible::Visible;
use crate::text::csv_cell;
use crate::twins::{Change, Earlier, Evidence, Record, Status};

/// The columns of the CSV.
const COLUMNS: [&str; 15] = [
    "change", "domain", "unicode", "of", "kind", "reach", "score", "severity", "reason", "status",
    "mail", "mx", "ns", "a", "aaaa",
];

/// Standard output, and the earlier run to compare with.
pub(super) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    format: Format,
    earlier: Option<Earlier>,
    existing: bool,
    has_changed: bool,
}

impl Output {
    /// Writes the lines above the first twin.
    pub(super) fn new(args: &Args, earlier: Option<Earlier>) -> Result<Self, CliError> {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        match args.format {
            Format::Csv => {
                csv_line(&COLUMNS.map(str::to_owned)).and_then(|line| out.write_all(&line))
            }
            Format::Rpz => write!(
                out,
                "$TTL 300\n@ IN SOA localhost. hostmaster.localhost. ({} 3600 600 86400 300)\n\
                 @ IN NS localhost.\n",
                args.serial
            ),
            Format::Text | Format::Jsonl | Format::Hosts => Ok(()),
        }
        .map_err(CliError::Output)?;
        let existing = args.resolving.existing;
        Ok(Self { out, format: args.format, earlier, existing, has_changed: false })
    }

    /// Prints a twin, or what has changed about it.
    pub(super) fn record(&mut self, mut record: Record) -> Result<(), CliError> {
        if let Some(earlier) = &mut self.earlier {
            record.change = earlier.compare(&record);
            if record.change.is_none() {
                return Ok(());
            }
        }
        let status = record.dns.as_ref().map(|dns| dns.status);
        if self.existing && status != Some(Status::Exists) {
            return Ok(());
        }
        self.has_changed |= record.change.is_some();
        self.write(&record).map_err(CliError::Output)
    }

    /// Prints the domains that have disappeared, unless the run ended early; returns whether anything has changed.
    pub(super) fn finish(mut self, interrupted: bool) -> Result<bool, CliError> {
        for record in
            self.earlier.take().filter(|_| !interrupted).into_iter().flat_map(Earlier::gone)
        {
            self.has_changed = true;
            self.write(&record).map_err(CliError::Output)?;
        }
        self.out.flush().map_err(CliError::Output)?;
        Ok(self.has_changed)
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        let out = &mut self.out;
        let domain = &record.domain;
        match self.format {
            Format::Text => text(out, record),
            Format::Jsonl => {
                serde_json::to_writer(&mut *out, record)?;
                out.write_all(b"\n")
            }
            Format::Csv => out.write_all(&csv_line(&cells(record))?),
            Format::Rpz => write!(out, "{domain} IN CNAME .\n*.{domain} IN CNAME .\n"),
            Format::Hosts => writeln!(out, "0.0.0.0 {domain}"),
        }
    }
}

fn text(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let Record { change, domain, unicode, of, kind, reach, score, severity, dns, .. } = record;
    if let Some(change) = change {
        write!(out, "{:8}", change.as_str())?;
    }
    write!(out, "{score:7}  {:7} {kind:14} {reach:9} {domain}", severity.as_str())?;
    if let Some(unicode) = unicode {
        write!(out, " ({})", Visible(unicode))?;
    }
    write!(out, "  for {of}")?;
    if let Some(dns) = dns.as_ref().filter(|_| *change != Some(Change::Gone)) {
        write!(out, "  {}", Visible(&summary(dns)))?;
    }
    out.write_all(b"\n")
}

/// The evidence in a few words.
fn summary(dns: &Evidence) -> String {
    let what = match dns.status {
        Status::Exists if dns.mail => "takes mail",
        Status::Exists => "exists",
        Status::Absent => "does not exist",
        Status::Timeout => "no answer",
        Status::Failed => "the server failed",
        Status::NotAsked => "not asked",
    };
    let mut words = vec![what.to_owned()];
    let named = |name: &str, values: Vec<String>| {
        (!values.is_empty()).then(|| format!("{name} {}", values.join(" ")))
    };
    words.extend(named("MX", dns.mx.iter().map(|it| it.host.clone()).collect()));
    words.extend(named("NS", dns.ns.clone()));
    words.extend(named("A", dns.a.iter().map(ToString::to_string).collect()));
    words.extend(named("AAAA", dns.aaaa.iter().map(ToString::to_string).collect()));
    words.extend(named("no answer for", dns.unanswered.clone()));
    words.join(", ")
}

fn cells(record: &Record) -> [String; 15] {
    let dns = record.dns.as_ref();
    let list = |of: fn(&Evidence) -> Vec<String>| dns.map(of).unwrap_or_default().join(" ");
    [
        record.change.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        record.domain.clone(),
        record.unicode.clone().unwrap_or_default(),
        record.of.clone(),
        record.kind.as_str().to_owned(),
        record.reach.as_str().to_owned(),
        record.score.to_string(),
        record.severity.as_str().to_owned(),
        record.reason.as_str().to_owned(),
        dns.map(|dns| dns.status.as_str().to_owned()).unwrap_or_default(),
        dns.map(|dns| dns.mail.to_string()).unwrap_or_default(),
        list(|dns| dns.mx.iter().map(|it| format!("{} {}", it.preference, it.host)).collect()),
        list(|dns| dns.ns.clone()),
        list(|dns| dns.a.iter().map(ToString::to_string).collect()),
        list(|dns| dns.aaaa.iter().map(ToString::to_string).collect()),
    ]
}

/// A line of CSV (RFC 4180). The owner of a domain chooses the names of its servers, so no cell may act as a
/// formula.
fn csv_line(cells: &[String]) -> io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| csv_cell::harmless(cell).into_owned()))?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
