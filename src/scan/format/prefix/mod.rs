//! The text before the message of a log line: containers, syslog, journald and templates of rsyslog.
//!
//! | form | example |
//! |---|---|
//! | RFC 3164 §4.1, as files have it; days padded or not, a fraction, a year before or after | `Mar  5 14:02:11 mx postfix/smtp[123]: …` |
//! | RFC 3339 and ISO 8601, a space for the `T` as well; no host | `2024-03-05 14:02:11 mx postfix/smtp[123]: …` |
//! | RFC 5424 §6, with or without its priority | `<22>1 2024-03-05T14:02:11.123Z mx postfix/smtp 123 - - …` |
//! | Docker, Compose, Kubernetes, CRI | `smtp_1 \| 2024-03-05T14:02:11Z postfix/smtp[123]: …` |
//! | `grep -H` over several files | `mail.log.1:Mar  5 14:02:11 mx postfix/smtp[123]: …` |
//!
//! The scan recognises the time by the colons of its clock, and the program by its tag: the first word
//! that ends with a colon or contains a process number. Words of a template in between, such as
//! `mail.info`, are ignored.

mod clock;
mod start;
mod tag;
#[cfg(test)]
mod tests;

use self::start::Start;
use self::tag::find_tag;
use crate::scan::bytes;
use crate::scan::time::Stamp;

pub(super) use self::clock::time_len;

/// The parts before a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix<'a> {
    /// The beginning of the time, if there is one.
    pub(super) time: Option<usize>,
    /// The host, or the container; empty if the line names none.
    pub(super) host: &'a [u8],
    /// The beginning of the host.
    pub(super) host_at: usize,
    /// The program, without its process number; empty if the line names none.
    pub(super) name: &'a [u8],
    /// The end of the program's name.
    pub(super) name_end: usize,
    /// The beginning of the message: after the program, or after the time if no program is named.
    pub(super) body: usize,
    /// Whether the line follows RFC 5424, where other fields stand between the program and the
    /// message.
    pub(super) is_structured: bool,
}

/// The time of a line.
pub(crate) fn stamp(line: &[u8]) -> Option<Stamp> {
    let start = Start::of(line);
    Stamp::at_start(bytes::from(line, start.time?)).map(|(stamp, _)| stamp)
}

/// Splits a line.
pub(super) fn split(line: &[u8]) -> Prefix<'_> {
    let start = Start::of(line);
    let mut at = start.end;
    let mut prefix = Prefix {
        time: start.time,
        host: start.container,
        host_at: at,
        name: b"",
        name_end: at,
        body: at,
        is_structured: start.is_structured,
    };
    if start.is_structured {
        structured(line, at, &mut prefix);
        return prefix;
    }
    // `stdout F`: CRI writes this between its time and the line.
    for stream in [&b"stdout F "[..], b"stderr F ", b"stdout P ", b"stderr P "] {
        if bytes::from(line, at).starts_with(stream) {
            at += stream.len();
        }
    }
    (prefix.host_at, prefix.body) = (at, at);
    if let Some(tag) = find_tag(line, at, start.time.is_some()) {
        (prefix.name, prefix.name_end, prefix.body) = (tag.name, tag.name_end, tag.body);
        // The first word between the time and the tag is the host.
        let host = bytes::word(bytes::part(line, at..tag.at)).0;
        if !host.is_empty() {
            prefix.host = host;
        }
    }
    prefix
}

/// `HOST APP PROCID MSGID [SD] MSG`, from `at` on.
fn structured<'a>(line: &'a [u8], at: usize, prefix: &mut Prefix<'a>) {
    let (host, rest) = bytes::word(bytes::from(line, at));
    let (name, rest) = bytes::word(rest);
    let (_process, rest) = bytes::word(rest);
    let (_kind, mut rest) = bytes::word(rest);
    (prefix.host, prefix.name) = (host, name);
    if rest.first() == Some(&b'[') {
        // A bracket in a value is escaped or quoted; a space follows the last element.
        let end = memchr::memmem::find(rest, b"] ").map_or(rest.len(), |end| end + 2);
        rest = bytes::from(rest, end);
    } else {
        rest = bytes::word(rest).1;
    }
    rest = rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rest);
    prefix.body = line.len() - rest.len();
    prefix.name_end = prefix.body;
}
