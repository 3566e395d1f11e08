//! Exim's main log (specification, chapter "Log files"), as a file or through syslog.
//!
//! | line | means |
//! |---|---|
//! | `ID <= sender H=… S=…` | a message came in |
//! | `ID => address <original> R=… T=… C="250 …"` | delivered; `->` for further addresses of the same delivery, `>>` cut-through |
//! | `ID == address R=… defer (…): …` | deferred |
//! | `ID ** address <original> R=…: …` | bounced |
//! | `H=… F=<sender> rejected RCPT <address>: …` | refused |
//!
//! `*>` (delivery suppressed by `-N`) is no delivery; `=> :blackhole:` is mail thrown away by a rule.
//! The file's selectors may be any: the time may have a zone, milliseconds and a process id after it.

use memchr::memmem;

use super::postfix::{DETAIL, bytes_lines, worse};
use super::syslog;
use super::{Format, Framing, Parser};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::Stamp;

#[derive(Debug)]
pub(super) struct Exim;

/// How many words may stand before the message id: date, time, zone, process, and what syslog adds.
const WORDS_BEFORE: usize = 9;

impl Parser for Exim {
    fn format(&self) -> Format {
        Format::Exim
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes_lines(block);
        found.first = stamp(bytes::until(block, b'\n'));
        for (start, line) in bytes::lines(block) {
            if let Some(entry) = Entry::read(line) {
                entry.parse(start, line, judge, found);
            } else if let Some(at) = memmem::find(line, b" rejected RCPT ") {
                refused(start, line, at, judge, found);
            }
        }
        found.senders.sort();
    }
}

fn stamp(line: &[u8]) -> Option<Stamp> {
    Stamp::iso(line).map(|(stamp, _)| stamp).or_else(|| syslog::stamp(line))
}

/// Whether a word is a message id (section "Message identification"): `1rhVrF-0004Ab-1K`, and from
/// 4.97 on `1rhVrF-00000004Abc-1KLM`.
pub(super) fn is_id(word: &[u8]) -> bool {
    let shape: &[usize] = match word.len() {
        16 => &[6, 13],
        23 => &[6, 18],
        _ => return false,
    };
    word.iter().enumerate().all(|(index, byte)| {
        if shape.contains(&index) { *byte == b'-' } else { byte.is_ascii_alphanumeric() }
    })
}

/// A line about a message.
struct Entry<'a> {
    id: &'a [u8],
    flag: &'a [u8],
    /// What follows the flag.
    rest: &'a [u8],
}

impl<'a> Entry<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let mut rest = line;
        for _ in 0..WORDS_BEFORE {
            let (id, after) = bytes::word(rest);
            if is_id(id) {
                let (flag, rest) = bytes::word(after);
                return (flag.len() == 2).then_some(Self { id, flag, rest });
            }
            rest = after;
        }
        None
    }

    fn parse(&self, start: usize, line: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        let key = bytes::key(&[self.id]);
        let status = match self.flag {
            b"<=" => {
                let sender = bytes::word(self.rest).0;
                found.senders.add(key, if sender == b"<>" { b"" } else { sender });
                return;
            }
            b"=>" | b"->" | b">>" => Status::Delivered,
            b"==" => Status::Deferred,
            b"**" => Status::Bounced,
            _ => return,
        };
        found.recipients += 1;
        let (addresses, fields) = split_fields(self.rest);
        let first = bytes::word(addresses).0;
        let first = first.strip_suffix(b":").filter(|_| first != b":blackhole:").unwrap_or(first);
        let original = bytes::after(addresses, b"<").map(|rest| bytes::until(rest, b'>'));
        // `=> bob <bob@example.com>`: a local user, a file or a pipe.
        let (address, original) = match original {
            Some(original) if !first.contains(&b'@') => (original, None),
            original => (first, original),
        };
        if address.is_empty() {
            return found.add_broken(start, line);
        }
        if !address.contains(&b'@') {
            return;
        }
        let Some((recipient, rewritten, verdict)) = worse(address, original, judge) else { return };
        let is_discarded = first == b":blackhole:";
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: Some(key),
            sender: envelope_sender(fields),
            status: if is_discarded { Status::Rejected } else { status },
            detail: if is_discarded { ":blackhole:".to_owned() } else { detail(status, self.rest) },
            id: bytes::text(self.id, 64),
            rewritten,
            ..Attempt::new(start, stamp(line), recipient, verdict)
        })));
    }
}

/// The addresses and what follows them. Fields are a capital letter or two with an equals sign.
fn split_fields(rest: &[u8]) -> (&[u8], &[u8]) {
    let is_field = |at: usize| {
        let name = bytes::until(bytes::from(rest, at + 1), b'=');
        (1..=3).contains(&name.len()) && name.iter().all(u8::is_ascii_uppercase)
    };
    let spaces = memchr::memchr_iter(b' ', rest);
    // `bob@army.ml: retry timeout exceeded` has none; `:blackhole: <bob@army.ml>` goes on.
    let is_end = |at: usize| match bytes::before(rest, at) {
        b":blackhole:" => false,
        address => is_field(at) || address.ends_with(b":"),
    };
    let end = spaces.into_iter().find(|&at| is_end(at));
    let end = end.unwrap_or(rest.len());
    (bytes::before(rest, end), bytes::from(rest, end))
}

/// `F=<…>`, with the log selector `sender_on_delivery`.
fn envelope_sender(fields: &[u8]) -> Option<String> {
    let sender = bytes::until(bytes::after(fields, b" F=<")?, b'>');
    Some(bytes::text(sender, 320))
}

/// The remote server's answer, or the reason of the failure.
fn detail(status: Status, rest: &[u8]) -> String {
    let words = if status == Status::Delivered {
        bytes::after(rest, b" C=\"").map(|answer| bytes::until(answer, b'"')).unwrap_or_default()
    } else {
        bytes::after(rest, b": ").unwrap_or_default()
    };
    bytes::text(words, DETAIL)
}

fn refused(start: usize, line: &[u8], at: usize, judge: &mut Judge<'_>, found: &mut Found) {
    found.recipients += 1;
    let rest = bytes::from(line, at + 15);
    let address = match rest {
        [b'<', rest @ ..] => bytes::until(rest, b'>'),
        rest => bytes::until(bytes::word(rest).0, b':'),
    };
    let Some((recipient, verdict)) = judge.judge(address) else { return };
    let words = bytes::after(rest, b": ").unwrap_or_default();
    found.events.push(Event::Attempt(Box::new(Attempt {
        status: Status::Rejected,
        sender: envelope_sender(bytes::before(line, at)),
        detail: bytes::text(words, DETAIL),
        ..Attempt::new(start, stamp(line), recipient.into_owned(), verdict)
    })));
}
