//! Prints verdicts as JSON, one on each line, without serde: a passing address costs no allocation.

use std::io::{self, Write};

use super::CheckedRecipient;
use crate::cli::json::write_string;

/// Writes one line. Programs may rely on the first four members; `spans` (byte offsets into `address`) and
/// `delegated` have as many entries as `reasons`. `suggestions` and `raisedBy` appear only if they hold
/// something.
pub(super) fn write(out: &mut impl Write, verdict: &CheckedRecipient<'_>) -> io::Result<()> {
    let report = verdict.report;
    out.write_all(b"{\"address\":")?;
    write_string(out, verdict.address)?;
    out.write_all(b",\"severity\":\"")?;
    out.write_all(report.severity.as_str().as_bytes())?;
    if report.findings.is_empty() && report.suggestion.is_none() {
        out.write_all(b"\",\"reasons\":[],\"suggestion\":null,\"spans\":[],\"delegated\":[]")?;
    } else {
        out.write_all(b"\",\"reasons\":")?;
        write_list(out, &report.findings, |out, finding| {
            write!(out, "\"{}\"", finding.reason.as_str())
        })?;
        out.write_all(b",\"suggestion\":")?;
        match &report.suggestion {
            Some(suggestion) => write_string(out, suggestion)?,
            None => out.write_all(b"null")?,
        }
        out.write_all(b",\"spans\":")?;
        write_list(out, &report.findings, |out, finding| match &finding.span {
            Some(span) => write!(out, "[{},{}]", span.start, span.end),
            None => out.write_all(b"null"),
        })?;
        out.write_all(b",\"delegated\":")?;
        write_list(out, &report.findings, |out, finding| match finding.delegated {
            Some(delegated) => write!(out, "{delegated}"),
            None => out.write_all(b"null"),
        })?;
    }
    if !report.suggestions.is_empty() {
        out.write_all(b",\"suggestions\":")?;
        write_list(out, &report.suggestions, |out, choice| write_string(out, choice))?;
    }
    if !report.raised_by.is_empty() {
        out.write_all(b",\"raisedBy\":")?;
        write_list(out, &report.raised_by, |out, by| write!(out, "\"{}\"", by.as_str()))?;
    }
    if let Some(field) = verdict.field {
        out.write_all(b",\"field\":")?;
        write_string(out, field)?;
    }
    if verdict.is_cut {
        out.write_all(b",\"truncated\":true")?;
    }
    out.write_all(b"}\n")
}

fn write_list<W: Write, T>(
    out: &mut W,
    items: &[T],
    mut write_item: impl FnMut(&mut W, &T) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        write_item(out, item)?;
    }
    out.write_all(b"]")
}
