//! Verdicts as JSON, one a line. Written by hand: a passing address costs no allocation.

use std::io::{self, Write};

use super::Verdict;
use crate::cli::visible::acts;

/// Writes one line. The first four members are the contract; `spans` (byte offsets into `address`)
/// and `delegated` have as many entries as `reasons`.
pub(super) fn write(out: &mut impl Write, verdict: &Verdict<'_>) -> io::Result<()> {
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

/// A JSON string (RFC 8259 §7). Characters that act on a terminal or end a line for some readers
/// (U+0085, U+2028) are escaped too, which JSON allows.
pub(crate) fn write_string(out: &mut impl Write, text: &str) -> io::Result<()> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    out.write_all(b"\"")?;
    if text.bytes().all(is_plain) {
        out.write_all(text.as_bytes())?;
    } else {
        let mut buffer = [0; 4];
        for character in text.chars() {
            match character {
                '"' => out.write_all(b"\\\"")?,
                '\\' => out.write_all(b"\\\\")?,
                '\n' => out.write_all(b"\\n")?,
                '\r' => out.write_all(b"\\r")?,
                '\t' => out.write_all(b"\\t")?,
                _ if acts(character) => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04x}")?;
                    }
                }
                _ => out.write_all(character.encode_utf8(&mut buffer).as_bytes())?,
            }
        }
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_reads_back() {
        for character in '\0'..=char::MAX {
            let mut json = Vec::new();
            write_string(&mut json, character.encode_utf8(&mut [0; 4])).unwrap();
            let read: String = serde_json::from_slice(&json).unwrap();
            assert!(read.chars().eq([character]), "{character:?} as {json:?}");
            assert!(!json.iter().any(|&byte| byte < b' ' || byte == 0x7F), "{character:?}");
        }
    }
}
