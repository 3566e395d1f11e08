//! Deliveries as CSV (RFC 4180), for spreadsheets.
//!
//! Strangers decide what is in a log, so no cell may act as a formula (`text::csv_cell`).

use std::borrow::Cow;
use std::io::Write;

use crate::cli::visible::Visible;
use crate::scan::{Delivery, domain_of, sender_domain};
use crate::text::csv_cell;

/// The names of the columns.
const HEAD: [&str; 19] = [
    "time",
    "recipient",
    "domain",
    "severity",
    "reasons",
    "suggestion",
    "status",
    "detail",
    "sender",
    "sender_domain",
    "rewritten",
    "attempts",
    "id",
    "format",
    "file",
    "record",
    "meant_domain",
    "server",
    "marking",
];

/// Writes the head.
pub(super) fn write_head(out: &mut csv::Writer<impl Write>) -> csv::Result<()> {
    out.write_record(HEAD)
}

/// Writes one row.
pub(super) fn write(out: &mut csv::Writer<impl Write>, delivery: &Delivery) -> csv::Result<()> {
    let verdict = &delivery.verdict;
    let reasons: Vec<&str> = verdict.reasons.iter().map(|reason| reason.as_str()).collect();
    let suggestion = verdict.suggestion.as_deref().unwrap_or_default();
    let sender = delivery.sender.as_deref();
    let row: [Cow<'_, str>; 19] = [
        delivery.time.map(|time| time.to_string()).unwrap_or_default().into(),
        cell(&delivery.recipient),
        cell(&domain_of(&delivery.recipient)).into_owned().into(),
        verdict.severity.as_str().into(),
        reasons.join(" ").into(),
        cell(suggestion),
        delivery.status.as_str().into(),
        cell(&delivery.detail),
        cell(sender.unwrap_or_default()),
        sender
            .map(|sender| cell(&sender_domain(Some(sender))).into_owned())
            .unwrap_or_default()
            .into(),
        cell(delivery.rewritten.as_deref().unwrap_or_default()),
        delivery.attempts.to_string().into(),
        cell(&delivery.id),
        delivery.format.as_str().into(),
        cell(&delivery.file),
        delivery.record.to_string().into(),
        cell(&domain_of(suggestion)).into_owned().into(),
        cell(delivery.server.as_deref().unwrap_or_default()),
        cell(delivery.marking.as_deref().unwrap_or_default()),
    ];
    out.write_record(row.iter().map(|cell| cell.as_bytes()))
}

/// Text that neither a spreadsheet nor a terminal acts on.
fn cell(text: &str) -> Cow<'_, str> {
    let harmless = csv_cell::harmless(text);
    let shown = Visible(&harmless).to_string();
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn formulas_are_written_as_text() {
        for (text, shown) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1@army.ml", "'+1@army.ml"),
            ("-x@army.ml", "'-x@army.ml"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\\u{9}=1"),
            ("\r=1", "'\\u{d}=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("bob@army.ml", "bob@army.ml"),
            ("a\u{1b}[31m", "a\\u{1b}[31m"),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
