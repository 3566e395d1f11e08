//! Verdicts for people: severity, the address with the telling characters marked, reasons, suggestion.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;

use super::CheckedRecipient;
use crate::cli::explain::{consequence, malformed};
use crate::cli::visible::{Visible, acts, write_visible};
use crate::detect::{Finding, RaisedBy, Reason, Severity};

/// The most characters of an address to show; no deliverable address is longer.
const SHOWN: usize = 400;

/// The indentation of everything except the severity.
const INDENT: usize = 8;

const MARK: Style = Style::new().bold().underline();

/// Writes one verdict: a line if it passes, a paragraph if not.
pub(super) fn write(
    out: &mut impl Write,
    verdict: &CheckedRecipient<'_>,
    color: bool,
) -> io::Result<()> {
    let report = verdict.report;
    let style = if color { severity_style(report.severity) } else { Style::new() };
    let spans: Vec<&Range<usize>> =
        report.findings.iter().filter_map(|finding| finding.span.as_ref()).collect();
    let shown = Shown::new(verdict.address, &spans, if color { style } else { Style::new() });
    write!(out, "{style}{:<INDENT$}{style:#}{}", report.severity.as_str(), shown.text)?;
    if let Some(field) = verdict.field {
        write!(out, " ({field}")?;
        match verdict.name {
            Some(name) => write!(out, ", shown as \"{}\")", Visible(name))?,
            None => out.write_all(b")")?,
        }
    }
    writeln!(out)?;
    if !color && !shown.carets.is_empty() {
        writeln!(out, "{:INDENT$}{}", "", shown.carets)?;
    }
    for finding in &report.findings {
        write_finding(out, verdict.address, finding)?;
    }
    if let Some(consequence) = consequence(&report.findings) {
        writeln!(out, "{:INDENT$}{consequence}", "")?;
    }
    if let Some(suggestion) = &report.suggestion {
        let bold = if color { Style::new().bold() } else { Style::new() };
        let suggestion = Visible(suggestion);
        writeln!(out, "{:INDENT$}did you mean {bold}{suggestion}{bold:#}?", "")?;
    }
    if let [others @ .., last] = &report.suggestions[..] {
        let others: Vec<String> = others.iter().map(|it| Visible(it).to_string()).collect();
        let (others, last) = (others.join(", "), Visible(last));
        writeln!(out, "{:INDENT$}did you mean {others} or {last}?", "")?;
    }
    for by in &report.raised_by {
        writeln!(out, "{:INDENT$}{}", "", raised(*by))?;
    }
    Ok(())
}

/// Why a recipient is judged more strictly than the address alone.
const fn raised(by: RaisedBy) -> &'static str {
    match by {
        RaisedBy::Marking => "judged more strictly: the message carries a marking",
        RaisedBy::Sibling => {
            "judged more strictly: another recipient is at the domain that it resembles"
        }
        RaisedBy::Delivers => "judged more strictly: the domain accepts mail",
    }
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Pass => AnsiColor::Green.on_default(),
        Severity::Notice => AnsiColor::Yellow.on_default(),
        Severity::Warn | Severity::Block => AnsiColor::Red.on_default().bold(),
    }
}

fn write_finding(out: &mut impl Write, address: &str, finding: &Finding) -> io::Result<()> {
    let reason = finding.reason;
    write!(out, "{:INDENT$}{}: {}", "", reason.as_str(), reason.sentence())?;
    if reason == Reason::Malformed
        && let Some(kind) = malformed(address)
    {
        write!(out, " ({kind})")?;
    }
    if reason == Reason::Confusable {
        let part = finding.span.clone().and_then(|span| address.get(span)).unwrap_or_default();
        write_code_points(out, part)?;
    }
    writeln!(out)
}

/// Names the characters that look like ASCII but are not: no font tells them apart.
fn write_code_points(out: &mut impl Write, part: &str) -> io::Result<()> {
    let mut separator = " (";
    for character in part.chars().filter(|character| !character.is_ascii()).take(4) {
        write!(
            out,
            "{separator}{} is U+{:04X}",
            Visible(character.encode_utf8(&mut [0; 4])),
            u32::from(character)
        )?;
        separator = ", ";
    }
    if separator == ", " { out.write_all(b")") } else { Ok(()) }
}

/// An address that is safe to print.
struct Shown {
    /// The address, with its marked characters in the style if there is one.
    text: String,
    /// A line of carets below the marked characters, empty if there are none.
    carets: String,
}

impl Shown {
    fn new(address: &str, spans: &[&Range<usize>], style: Style) -> Self {
        let marks = |at: usize| {
            spans.iter().any(|span| span.contains(&at) || span.is_empty() && span.start == at)
        };
        let mark = if style == Style::new() { style } else { style.effects(MARK.get_effects()) };
        let mut shown = Self { text: String::new(), carets: String::new() };
        let mut width = 0;
        let mut was_marked = false;
        for (index, (at, character)) in address.char_indices().enumerate() {
            if index == SHOWN {
                shown.text.push('…');
                break;
            }
            let is_marked = marks(at);
            if is_marked != was_marked {
                let _ = if is_marked {
                    write!(shown.text, "{mark}")
                } else {
                    write!(shown.text, "{mark:#}")
                };
                was_marked = is_marked;
            }
            let before = shown.text.len();
            let _ = write_visible(&mut shown.text, character);
            let columns = if acts(character) {
                shown.text.len() - before
            } else {
                character.width().unwrap_or_default()
            };
            if is_marked {
                shown.caret(width, columns);
            }
            width += columns;
        }
        if was_marked {
            let _ = write!(shown.text, "{mark:#}");
        }
        if marks(address.len()) {
            shown.caret(width, 1);
        }
        shown
    }

    fn caret(&mut self, column: usize, columns: usize) {
        while self.carets.len() < column {
            self.carets.push(' ');
        }
        for _ in 0..columns {
            self.carets.push('^');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str, spans: &[(usize, usize)]) -> (String, String) {
        let spans: Vec<_> = spans.iter().map(|&(start, end)| start..end).collect();
        let Shown { text, carets } =
            Shown::new(address, &spans.iter().collect::<Vec<_>>(), Style::new());
        (text, carets)
    }

    #[test]
    fn carets_are_below_the_characters_that_they_mark() {
        assert_eq!(shown("bob@army.ml", &[]), ("bob@army.ml".into(), String::new()));
        assert_eq!(shown("bob@army.ml", &[(9, 11)]).1, "         ^^");
        assert_eq!(shown("bob@army.ml", &[(9, 11), (0, 3)]).1, "^^^      ^^");
        assert_eq!(
            shown("例@army.ml", &[(9, 11)]).1,
            "        ^^",
            "a wide character is two columns"
        );
        assert_eq!(shown("bob@аrmy.ml", &[(4, 6)]).1, "    ^", "two bytes are one column");
        assert_eq!(shown("\u{1b}@x", &[(2, 3)]), ("\\u{1b}@x".into(), "       ^".into()));
        assert_eq!(
            shown("bob@armymil", &[(8, 8)]).1,
            "        ^",
            "an empty span: something is missing"
        );
        assert_eq!(shown("bob@", &[(4, 4)]).1, "    ^");
    }

    #[test]
    fn marked_characters_have_a_style() {
        let style = AnsiColor::Red.on_default();
        let text = Shown::new("a@b.ml!", &[&(4..6)], style).text;
        assert_eq!(text, "a@b.\u{1b}[1m\u{1b}[4m\u{1b}[31mml\u{1b}[0m!");
    }

    #[test]
    fn long_addresses_are_cut() {
        let (text, carets) = shown(&"é".repeat(100_000), &[(150_000, 150_002)]);
        assert_eq!(text.chars().count(), SHOWN + 1);
        assert_eq!(carets, "");
    }
}
