//! The report as one page: no script, nothing to load, light and dark, for screens and for paper.
//!
//! askama escapes all text, after characters that could hide or reorder their surroundings have been
//! spelled out.

use std::io::{self, Write};

use askama::Template;

use super::chart::Chart;
use super::report::{Note, Report, Row, grouped};
use crate::cli::visible::Visible;
use crate::scan::Status;

/// The most rows of each table: people read a report, and JSONL or CSV have the rest.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "report.html", config = "src/cli/scan/askama.toml")]
struct Page<'a> {
    title: &'static str,
    headline: String,
    scope: String,
    stopped: Option<&'static str>,
    is_redacted: bool,
    statuses: Vec<Card>,
    period: &'static str,
    chart: Chart,
    periods: Vec<Row>,
    targets: [Table; 2],
    senders: Table,
    reasons: Vec<(&'static str, String, &'static str)>,
    notes: Vec<Note>,
    version: &'a str,
}

/// The number of deliveries with a status, and the meaning of that status.
struct Card {
    status: &'static str,
    count: String,
    meaning: &'static str,
}

struct Table {
    title: &'static str,
    head: &'static str,
    rows: Vec<Row>,
    more: usize,
}

impl Table {
    fn new(title: &'static str, head: &'static str, rows: Vec<Row>, all: usize) -> Self {
        let more = all - rows.len().min(all);
        Self { title, head, rows, more }
    }
}

impl Row {
    /// The number of all deliveries, as the page shows it.
    fn all(&self) -> String {
        grouped(self.counts.all())
    }

    fn of(&self, status: Status) -> String {
        grouped(self.counts.of(status))
    }

    fn shown(&self) -> String {
        Visible(&self.name).to_string()
    }

    fn meant_shown(&self) -> String {
        self.meant.as_deref().map(|meant| Visible(meant).to_string()).unwrap_or_default()
    }
}

/// Writes the page.
pub(super) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let (period, periods) = report.periods();
    let reasons = report.reasons().into_iter();
    let page = Page {
        title: "Mail to look-alike domains",
        headline: report.headline(),
        scope: report.scope(),
        stopped: report.stopped(),
        is_redacted: report.is_redacted,
        statuses: Status::ALL
            .into_iter()
            .filter(|status| report.count(*status) > 0)
            .map(|status| Card {
                status: status.as_str(),
                count: grouped(report.count(status)),
                meaning: meaning(status),
            })
            .collect(),
        period,
        chart: Chart::new(&periods),
        periods,
        targets: [
            Table::new(
                "To which domains",
                "Domain",
                report.domains(ROWS),
                report.tally.domains.len(),
            ),
            Table::new(
                "To which addresses",
                "Address",
                report.recipients(ROWS),
                report.tally.recipients.len(),
            ),
        ],
        senders: Table::new(
            "From which domains",
            "Sender domain",
            report.senders(ROWS),
            report.tally.senders.len(),
        ),
        reasons: reasons.map(|(reason, count, text)| (reason, grouped(count), text)).collect(),
        notes: report.visible_notes(),
        version: env!("CARGO_PKG_VERSION"),
    };
    page.write_into(out)
}

const fn meaning(status: Status) -> &'static str {
    match status {
        Status::Delivered => "the next server or mailbox took it",
        Status::Bounced => "returned, or given up",
        Status::Deferred => "still waiting at the end of the logs",
        Status::Rejected => "refused before it was sent",
        Status::Unknown => "the files do not say",
    }
}
