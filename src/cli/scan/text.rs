//! The summary for people.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::report::{Report, Row, grouped};
use crate::cli::visible::Visible;
use crate::scan::{Counts, Status};

/// Rows of each table.
const ROWS: usize = 20;

/// The longest name in a column.
const NAME: usize = 44;

/// Writes the summary.
pub(super) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "{}", report.headline())?;
    writeln!(out, "{}", report.scope())?;
    if let Some(note) = report.stopped() {
        writeln!(out, "{note}")?;
    }
    if report.tally.counts.all() > 0 {
        statuses(out, &report.tally.counts)?;
        table(out, "to domain", "meant", &report.domains(ROWS), report.tally.domains.len())?;
        table(out, "to address", "meant", &report.recipients(ROWS), report.tally.recipients.len())?;
        table(out, "from domain", "", &report.senders(ROWS), report.tally.senders.len())?;
        let (title, mut periods) = report.periods();
        periods.retain(|row| row.counts.all() > 0);
        let all = periods.len();
        let latest = periods.get(all.saturating_sub(ROWS)..).unwrap_or_default();
        table(out, title, "", latest, all)?;
        writeln!(out, "\nwhy")?;
        for (reason, count, text) in report.reasons() {
            writeln!(out, "  {count:>9}  {reason}: {text}")?;
        }
    }
    for note in report.notes() {
        writeln!(out, "\n{}", Visible(&note.title))?;
        for line in &note.lines {
            writeln!(out, "  {}", Visible(line))?;
        }
    }
    Ok(())
}

fn statuses(out: &mut impl Write, counts: &Counts) -> io::Result<()> {
    let statuses = Status::ALL.into_iter().filter(|status| counts.of(*status) > 0);
    let statuses = statuses.map(|status| format!("{status} {}", grouped(counts.of(status))));
    writeln!(out, "  {}", statuses.collect::<Vec<_>>().join("   "))
}

fn table(
    out: &mut impl Write,
    title: &str,
    last: &str,
    rows: &[Row],
    all: usize,
) -> io::Result<()> {
    let shown: Vec<String> =
        rows.iter().map(|row| shorten(&Visible(&row.name).to_string())).collect();
    let width = shown.iter().map(|name| name.width()).max().unwrap_or_default().max(title.len());
    let columns: Vec<Status> = Status::ALL
        .into_iter()
        .filter(|status| rows.iter().any(|row| row.counts.of(*status) > 0))
        .collect();
    write!(out, "\n{title:width$} {:>9}", "all")?;
    for status in &columns {
        write!(out, " {status:>9}")?;
    }
    writeln!(out, "{}", if last.is_empty() { String::new() } else { format!("  {last}") })?;
    for (row, name) in rows.iter().zip(&shown) {
        let pad = width - name.width().min(width);
        write!(out, "{name}{:pad$} {:>9}", "", row.counts.all())?;
        for status in &columns {
            write!(out, " {:>9}", row.counts.of(*status))?;
        }
        match (&row.meant, &row.severity) {
            (Some(meant), _) => writeln!(out, "  {}", shorten(&Visible(meant).to_string()))?,
            (None, Some(severity)) => writeln!(out, "  ({severity})")?,
            (None, None) => writeln!(out)?,
        }
    }
    if all > rows.len() {
        writeln!(out, "… and {} more", all - rows.len())?;
    }
    Ok(())
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= NAME {
        return text.to_owned();
    }
    text.chars().take(NAME - 1).chain(['…']).collect()
}
