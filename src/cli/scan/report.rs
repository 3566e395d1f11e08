//! The contents of a report, in whatever form it is printed.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::cli::visible::Visible;
use crate::detect::{Reason, Severity};
use crate::scan::{Counts, Format, Outcome, Status, Tally, Target, Totals, Trouble, by_count};
use crate::text::number::number;

use super::redact::Redactor;

/// The most days for a chart with a bar for each day; longer ones have a bar for each month.
const DAYS: i32 = 62;

/// The most months in a chart: a log that spans more has wrong times.
const MONTHS: usize = 1200;

/// The most broken records and failures to show.
const SHOWN: usize = 5;

/// A summary.
pub(super) struct Report {
    pub(super) tally: Tally,
    pub(super) totals: Totals,
    pub(super) is_redacted: bool,
    is_stopped: bool,
    least: Severity,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) counts: Counts,
    pub(super) severity: Option<&'static str>,
    pub(super) reason: Option<&'static str>,
    pub(super) meant: Option<String>,
    pub(super) first: String,
    pub(super) last: String,
}

/// Something else that the reader should know.
pub(super) struct Note {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

impl Report {
    pub(super) fn new(outcome: Outcome, redactor: &Redactor, least: Severity) -> Self {
        Self {
            tally: redactor.tally(outcome.tally),
            totals: redactor.totals(outcome.totals),
            is_redacted: redactor.is_on(),
            is_stopped: outcome.is_stopped,
            least,
        }
    }

    /// The findings, in one sentence.
    pub(super) fn headline(&self) -> String {
        let tally = &self.tally;
        match tally.counts.all() {
            0 if !self.totals.is_clear() => {
                "This is not an all-clear: the scan found nothing, but could not read everything."
                    .to_owned()
            }
            0 => format!(
                "No mail to look-alikes of a protected domain was found (at {} or above).",
                self.least.as_str()
            ),
            all => format!(
                "{}, to {} at {}, from {}.",
                plural(all, "delivery", "deliveries"),
                plural(tally.recipients.len() as u64, "address", "addresses"),
                plural(tally.domains.len() as u64, "domain", "domains"),
                plural(tally.senders.len() as u64, "sender domain", "sender domains"),
            ),
        }
    }

    /// The files and records that the scan read, in one sentence.
    pub(super) fn scope(&self) -> String {
        let totals = &self.totals;
        let files: u64 = totals.files.values().sum();
        let files_of = totals.files.keys().filter(|format| **format != Format::Log);
        let mut formats: Vec<&str> = files_of.map(|format| format.as_str()).collect();
        for (program, _) in totals.lines.formats() {
            if !formats.contains(&program.as_str()) {
                formats.push(program.as_str());
            }
        }
        let formats =
            if formats.is_empty() { String::new() } else { format!(" ({})", formats.join(", ")) };
        let days = match (self.tally.days.keys().next(), self.tally.days.keys().next_back()) {
            (Some(first), Some(last)) if first != last => format!(" Found from {first} to {last}."),
            (Some(day), _) => format!(" Found on {day}."),
            _ => String::new(),
        };
        format!(
            "Read {}{formats}: {}, {} in them.{days}",
            plural(files, "file", "files"),
            plural(totals.records, "line or message", "lines and messages"),
            plural(totals.recipients, "recipient", "recipients"),
        )
    }

    pub(super) fn stopped(&self) -> Option<&'static str> {
        self.is_stopped
            .then_some("The scan was stopped before its end: this is what was found so far.")
    }

    pub(super) fn domains(&self, count: usize) -> Vec<Row> {
        top(by_count(&self.tally.domains, |it| it.counts.all()), count)
    }

    pub(super) fn recipients(&self, count: usize) -> Vec<Row> {
        top(by_count(&self.tally.recipients, |it| it.counts.all()), count)
    }

    pub(super) fn senders(&self, count: usize) -> Vec<Row> {
        let rows = by_count(&self.tally.senders, Counts::all).into_iter().take(count);
        rows.map(|(name, counts)| Row::new(name, *counts)).collect()
    }

    /// Days or months, whichever fits on the page, including those without a delivery.
    pub(super) fn periods(&self) -> (&'static str, Vec<Row>) {
        let days = &self.tally.days;
        let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value())
        else {
            return ("day", Vec::new());
        };
        let span = first.until(*last).map_or(i32::MAX, |span| span.get_days());
        if span <= DAYS {
            let all = first.series(1.day()).take_while(|day| day <= last);
            let row =
                |day: Date| Row::new(&day.to_string(), days.get(&day).copied().unwrap_or_default());
            return ("day", all.map(row).collect());
        }
        let months = self.tally.months();
        let all = first.first_of_month().series(1.month()).take_while(|month| month <= last);
        let row = |month: Date| {
            let name = month.strftime("%Y-%m").to_string();
            let counts = months.get(&name).copied().unwrap_or_default();
            Row::new(&name, counts)
        };
        ("month", all.take(MONTHS).map(row).collect())
    }

    /// Reasons, the most frequent first.
    pub(super) fn reasons(&self) -> Vec<(&'static str, u64, &'static str)> {
        let mut reasons: Vec<_> = self
            .tally
            .reasons
            .iter()
            .map(|(reason, count)| (reason.as_str(), *count, reason.sentence()))
            .collect();
        reasons.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        reasons
    }

    /// What could not be read, and how far the figures can be trusted.
    #[expect(
        clippy::too_many_lines,
        reason = "one note after the other, in the order in which they are shown"
    )]
    pub(super) fn notes(&self) -> Vec<Note> {
        let totals = &self.totals;
        let mut notes = Vec::new();
        let mut add = |count: u64, title: String, troubles: &[Trouble]| {
            if count > 0 {
                let mut lines: Vec<String> = troubles.iter().take(SHOWN).map(line).collect();
                let more = count.saturating_sub(lines.len() as u64);
                if more > 0 && !lines.is_empty() {
                    lines.push(format!("… and {more} more"));
                }
                notes.push(Note { title, lines });
            }
        };
        add(
            totals.failed,
            plural(
                totals.failed,
                "file could not be read completely",
                "files could not be read completely",
            ),
            &totals.failures,
        );
        add(
            totals.doubtful,
            plural(
                totals.doubtful,
                "file may hold mail to look-alikes that was not seen",
                "files may hold mail to look-alikes that was not seen",
            ),
            &totals.doubts,
        );
        add(
            totals.undated,
            plural(
                totals.undated,
                "delivery has no time and may lie in the period; it was left out",
                "deliveries have no time and may lie in the period; they were left out",
            ),
            &[],
        );
        add(
            totals.unsure,
            plural(
                totals.unsure,
                "delivery may lie in the period and was left out, since its date was assumed (--year gives it)",
                "deliveries may lie in the period and were left out, since their dates were assumed (--year gives them)",
            ),
            &[],
        );
        add(
            totals.broken,
            plural(totals.broken, "record could not be read", "records could not be read"),
            &totals.examples,
        );
        add(
            totals.too_long,
            plural(
                totals.too_long,
                "line or header was too long and left out",
                "lines or headers were too long and left out",
            ),
            &[],
        );
        add(
            totals.passed_over,
            plural(
                totals.passed_over,
                "file in the folders is not mail or a log that scan reads",
                "files in the folders are not mail or logs that scan reads",
            ),
            &totals.others,
        );
        add(
            totals.links,
            plural(
                totals.links,
                "symbolic link in the folders was not followed",
                "symbolic links in the folders were not followed",
            ),
            &[],
        );
        add(
            totals.outside,
            plural(
                totals.outside,
                "delivery is outside the period",
                "deliveries are outside the period",
            ),
            &[],
        );
        let assumed = totals.assumptions.len() as u64;
        let title = "The dates, or the columns, of these files were assumed:".to_owned();
        add(assumed, title, &totals.assumptions);
        if self.tally.undated > 0 {
            let undated =
                plural(self.tally.undated, "delivery has no time", "deliveries have no time");
            notes.push(Note { title: undated, lines: Vec::new() });
        }
        if self.tally.is_full() {
            let title =
                "There are too many domains or addresses to count each: the rest is in (others).";
            notes.push(Note { title: title.to_owned(), lines: Vec::new() });
        }
        notes
    }

    /// The notes, with whatever could hide or reorder their surroundings spelled out.
    pub(super) fn visible_notes(&self) -> Vec<Note> {
        let visible = |line: &String| Visible(line).to_string();
        let notes = self.notes().into_iter();
        notes.map(|note| Note { lines: note.lines.iter().map(visible).collect(), ..note }).collect()
    }

    /// Deliveries with this status.
    pub(super) fn count(&self, status: Status) -> u64 {
        self.tally.counts.of(status)
    }
}

impl Row {
    fn new(name: &str, counts: Counts) -> Self {
        Self {
            name: name.to_owned(),
            counts,
            severity: None,
            reason: None,
            meant: None,
            first: String::new(),
            last: String::new(),
        }
    }
}

fn top(rows: Vec<(&str, &Target)>, count: usize) -> Vec<Row> {
    let day = |time: Option<crate::scan::Time>| {
        time.map(|time| time.civil.date().to_string()).unwrap_or_default()
    };
    rows.into_iter()
        .take(count)
        .map(|(name, target)| Row {
            severity: Some(target.severity.as_str()),
            reason: target.reason.map(Reason::as_str),
            meant: target.meant.clone(),
            first: day(target.first),
            last: day(target.last),
            ..Row::new(name, target.counts)
        })
        .collect()
}

fn line(trouble: &Trouble) -> String {
    match trouble.record {
        Some(record) => format!("{}:{record}: {}", trouble.file, trouble.text),
        None => format!("{}: {}", trouble.file, trouble.text),
    }
}

/// `1 file`, `12,345 files`.
pub(super) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A number with commas.
pub(super) fn grouped(count: u64) -> String {
    number(count.try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_large_numbers_are_grouped() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }
}
