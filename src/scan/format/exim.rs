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
//! `*>` (delivery suppressed by `-N`) is not a delivery; `=> :blackhole:` is mail that a rule
//! discarded. The log selectors do not matter: the time may be followed by a zone, milliseconds and a
//! process id.

use memchr::memmem;

use super::common::{ADDRESS, DETAIL, server, worse};
use super::kind::Format;
use super::line::{Line, is_inside, next_id};
use super::prefix;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::Stamp;

/// The most words between the time and the message id: a zone, a process id, and the fraction of a
/// second.
const WORDS_BEFORE: usize = 3;

/// Reads a line. Through syslog it may begin with Exim's own time.
pub(super) fn read(line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
    let body = line.body;
    if let Some(entry) = MessageLine::read(body) {
        entry.parse(line, judge, found);
    } else if let Some(at) = memmem::find(body, b" rejected RCPT ") {
        refused(line, at, judge, found);
    }
}

/// Whether a text begins with an entry about a mail, with or without Exim's own time.
pub(super) fn is_entry(body: &[u8]) -> bool {
    const FLAGS: [&[u8]; 7] = [b"<=", b"=>", b"->", b"==", b"**", b">>", b"*>"];
    MessageLine::read(body).is_some_and(|entry| FLAGS.contains(&entry.flag))
}

/// Exim's own time if it writes one, else that of syslog.
fn stamp(line: &Line<'_>) -> Option<Stamp> {
    Stamp::at_start(line.body).map(|(stamp, _)| stamp).or_else(|| line.stamp())
}

/// Whether a word is a message id (section "Message identification"): `1rhVrF-0004Ab-1K`, and from
/// 4.97 on `1rhVrF-00000004Abc-1KLM`.
fn is_id(word: &[u8]) -> bool {
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
struct MessageLine<'a> {
    id: &'a [u8],
    flag: &'a [u8],
    /// The text after the flag.
    rest: &'a [u8],
}

impl<'a> MessageLine<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let time = prefix::time_len(body).unwrap_or_default();
        let mut rest = bytes::from(body, time).trim_ascii_start();
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

    fn parse(&self, line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
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
        let is_discarded = matches!(first, b":blackhole:" | b"/dev/null");
        let first = first.strip_suffix(b":").filter(|_| !is_discarded).unwrap_or(first);
        let original = bytes::after(addresses, b"<").map(|rest| bytes::until(rest, b'>'));
        // `=> bob <bob@example.com>`: a local user, a file or a pipe.
        let (address, original) = match original {
            Some(original) if !first.contains(&b'@') => (original, None),
            original => (first, original),
        };
        if address.is_empty() {
            return found.add_broken(line.start, line.text, judge);
        }
        if !address.contains(&b'@') {
            return;
        }
        let Some((recipient, rewritten, verdict)) = worse(address, original, judge) else { return };
        let words = detail(status, self.rest);
        let next = next_id(words).filter(|_| status == Status::Delivered);
        let relay = bytes::after(fields, b" H=").unwrap_or_default();
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: Some(key),
            next_key: next.map(|next| bytes::key(&[next])),
            id_key: Some(bytes::key(&[self.id])),
            comes_back: is_inside(relay),
            server: server(host(relay)),
            sender: envelope_sender(fields),
            status: if is_discarded { Status::Rejected } else { status },
            detail: bytes::text(if is_discarded { first } else { words }, DETAIL),
            id: bytes::text(self.id, 64),
            rewritten,
            format: Some(Format::Exim),
            ..Attempt::new(line.start, stamp(line), recipient, verdict)
        })));
    }
}

/// The addresses and the text after them. Names of fields are one or two capital letters before an
/// equals sign.
fn split_fields(rest: &[u8]) -> (&[u8], &[u8]) {
    let is_field = |at: usize| {
        let name = bytes::until(bytes::from(rest, at + 1), b'=');
        (1..=3).contains(&name.len()) && name.iter().all(u8::is_ascii_uppercase)
    };
    let spaces = memchr::memchr_iter(b' ', rest);
    // The address of `bob@army.ml: retry timeout exceeded` ends at the colon, because no field
    // follows; the one of `:blackhole: <bob@army.ml>` goes on after it.
    let is_end = |at: usize| match bytes::before(rest, at) {
        b":blackhole:" => false,
        address => is_field(at) || address.ends_with(b":"),
    };
    let end = spaces.into_iter().find(|&at| is_end(at));
    let end = end.unwrap_or(rest.len());
    (bytes::before(rest, end), bytes::from(rest, end))
}

/// `mx.army.ml [192.0.2.1]:25`, up to the next field.
fn host(relay: &[u8]) -> &[u8] {
    let (name, rest) = bytes::word(relay);
    let address = if rest.first() == Some(&b'[') { 1 + bytes::word(rest).0.len() } else { 0 };
    bytes::before(relay, name.len() + address)
}

/// `F=<…>`, with the log selector `sender_on_delivery`.
fn envelope_sender(fields: &[u8]) -> Option<String> {
    let sender = bytes::until(bytes::after(fields, b" F=<")?, b'>');
    Some(bytes::text(sender, ADDRESS))
}

/// The remote server's answer, or the reason for the failure.
fn detail(status: Status, rest: &[u8]) -> &[u8] {
    if status == Status::Delivered {
        bytes::after(rest, b" C=\"").map(|answer| bytes::until(answer, b'"')).unwrap_or_default()
    } else {
        bytes::after(rest, b": ").unwrap_or_default()
    }
}

#[cold]
fn refused(line: &Line<'_>, at: usize, judge: &mut Judge<'_>, found: &mut Found) {
    let rest = bytes::from(line.body, at + 15);
    let address = match rest {
        [b'<', rest @ ..] => bytes::until(rest, b'>'),
        rest => bytes::until(bytes::word(rest).0, b':'),
    };
    if address.is_empty() {
        return;
    }
    found.recipients += 1;
    let Some((recipient, verdict)) = judge.judge(address) else { return };
    let words = bytes::after(rest, b": ").unwrap_or_default();
    found.events.push(Event::Attempt(Box::new(Attempt {
        status: Status::Rejected,
        sender: envelope_sender(bytes::before(line.body, at)),
        detail: bytes::text(words, DETAIL),
        format: Some(Format::Exim),
        ..Attempt::new(line.start, stamp(line), recipient.into_owned(), verdict)
    })));
}
