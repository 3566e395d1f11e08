//! What syslog puts before a message.
//!
//! | form | example |
//! |---|---|
//! | RFC 3164 §4.1, as files have it | `Mar  5 14:02:11 mx postfix/smtp[123]: …` |
//! | RFC 3339 time, as rsyslog and journalctl write it | `2024-03-05T14:02:11.123+01:00 mx postfix/smtp[123]: …` |
//! | RFC 5424 §6 | `<22>1 2024-03-05T14:02:11.123Z mx postfix/smtp 123 - - …` |
//!
//! A priority (`<22>`) may stand before any of them. What it does not do: tell the program, unescape
//! structured data, or undo repetition (`last message repeated 2 times`).

use crate::scan::bytes;
use crate::scan::time::Stamp;

/// The host that wrote a line; empty if it cannot be told.
pub(super) fn host(line: &[u8]) -> &[u8] {
    let line = skip_priority(line);
    let rest = match line.first() {
        Some(b'0'..=b'9') => bytes::word(line).1,
        // `Mar  5 14:02:11 `: always as long.
        _ => bytes::from(line, 16),
    };
    bytes::word(rest).0
}

/// When a line was written.
pub(super) fn stamp(line: &[u8]) -> Option<Stamp> {
    let line = skip_priority(line);
    let stamp = match line.first() {
        Some(b'0'..=b'9') => Stamp::iso(line),
        _ => Stamp::syslog(line),
    };
    stamp.map(|(stamp, _)| stamp)
}

/// Whether a line begins as syslog lines do.
pub(super) fn is_syslog(line: &[u8]) -> bool {
    let line = skip_priority(line);
    match line.first() {
        // Exim writes a space instead of the T; in a table no space follows.
        Some(b'0'..=b'9') => {
            line.get(10) == Some(&b'T')
                && Stamp::iso(line).is_some_and(|(_, end)| line.get(end) == Some(&b' '))
        }
        _ => Stamp::syslog(line).is_some(),
    }
}

/// Without `<22>` or `<22>1 `.
fn skip_priority(line: &[u8]) -> &[u8] {
    let [b'<', rest @ ..] = line else { return line };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(digits..) {
        Some([b'>', b'1', b' ', rest @ ..]) if (1..=3).contains(&digits) => rest,
        Some([b'>', rest @ ..]) if (1..=3).contains(&digits) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_its_host_and_time() {
        for line in [
            "Mar  5 14:02:11 mx postfix/smtp[1]: x",
            "<22>Mar  5 14:02:11 mx postfix/smtp[1]: x",
            "2024-03-05T14:02:11+01:00 mx postfix/smtp[1]: x",
            "<22>1 2024-03-05T14:02:11.123Z mx postfix/smtp 1 - - x",
            "<7>1 2024-03-05T14:02:11Z mx",
        ] {
            assert_eq!(host(line.as_bytes()), b"mx", "{line}");
            assert!(is_syslog(line.as_bytes()), "{line}");
            let time = stamp(line.as_bytes()).unwrap().at(2024).unwrap();
            assert!(time.to_string().starts_with("2024-03-05T14:02:11"), "{line}");
        }
        for line in [
            "",
            "<",
            "<22",
            "<9999>1 x",
            "x",
            "2024-03-05 14:02:11 1rhVrF-0004Ab-1K =>",
            "2024-03-05T14:02:11Z,ann@example.com",
        ] {
            assert!(!is_syslog(line.as_bytes()), "{line}");
            let _ = host(line.as_bytes());
        }
    }
}
