//! Reads logs of mail servers line by line: the program that a line names decides how to read it.
//!
//! One file may contain the lines of several mail servers and of the system. Two kinds of lines are counted
//! by name, since both may be about mail: those of mail servers that the scan does not read, and those that
//! it does not understand.
//!
//! Most lines of a log begin like one of the last few: the same host, the same program. So the text
//! between the time and the message is first compared with that of these lines, which takes a tenth
//! of the time of splitting it.

use memchr::{memchr, memchr_iter, memmem};

use super::again::{last_repeated, repeat, repeated};
use super::kind::{Format, Framing};
use super::line::{ESCAPE, Line, without_colours};
use super::parser::Parser;
use super::pending::Pending;
use super::prefix::{self, Prefix};
use super::program::{self, Program};
use super::{cisco, courier, exim, opensmtpd, postfix, qmail, sendmail};
use crate::scan::bytes;
use crate::scan::event::Event;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// A log. Lines without a known program are read in the named format, if there is one.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) format: Format,
}

impl Parser for Log {
    fn format(&self) -> Format {
        self.format
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        let mut recent = Recent::default();
        let mut pending = Pending::default();
        let mut head: &[u8] = b"";
        for (start, text) in bytes::lines(block) {
            found.records += 1;
            // Within these bytes are the month, the day and the hour: lines of the same hour have the same.
            if bytes::before(text, 10) != head {
                head = bytes::before(text, 10);
                if let Some(stamp) = prefix::stamp(text) {
                    found.see(start, stamp);
                }
            }
            let (program, line) = recent.split(start, text);
            match repeated(line.body) {
                Some((times, body)) => {
                    let first = found.events.len();
                    self.line(program, Line { body, ..line }, &mut pending, judge, found);
                    repeat(times.saturating_sub(1), first, found);
                }
                None => self.line(program, line, &mut pending, judge, found),
            }
        }
        pending.leave(found);
        found.senders.sort();
    }
}

/// Reads a line that belongs to the record at `start`.
pub(super) fn read_at(start: usize, line: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    let mut inner = Found::default();
    Log { format: Format::Log }.parse(line, judge, &mut inner);
    found.recipients += inner.recipients;
    found.broken += inner.broken;
    let examples = inner.examples.into_iter().map(|(_, text)| (start, text));
    found.examples.extend(examples.take(1));
    found.lines.add(&inner.lines);
    found.senders.add_all(&inner.senders);
    for mut event in inner.events {
        if let Event::Attempt(attempt) = &mut event {
            attempt.at = start;
        }
        found.events.push(event);
    }
}

impl Log {
    fn line(
        &self,
        program: Program,
        line: Line<'_>,
        pending: &mut Pending,
        judge: &mut Judge<'_>,
        found: &mut Found,
    ) {
        let place = match program {
            Program::Postfix => {
                postfix::read(&line, judge, found);
                0
            }
            Program::Sendmail => {
                sendmail::read(&line, judge, found);
                1
            }
            Program::Exim => {
                exim::read(&line, judge, found);
                2
            }
            Program::Opensmtpd => {
                opensmtpd::read(&line, judge, found);
                3
            }
            Program::Courier => {
                courier::read(&line, judge, found);
                4
            }
            Program::Qmail => {
                if !qmail::read(&line, pending, judge, found) && names_recipient(line.body) {
                    return found.lines.add_unread(b"qmail-smtpd");
                }
                5
            }
            Program::Cisco => {
                cisco::read(&line, pending, judge, found);
                6
            }
            Program::Unread(name) => return found.lines.add_unread(name.as_bytes()),
            Program::Other => {
                if let Some(times) = last_repeated(line.body) {
                    found.events.push(Event::Again { at: line.start, times });
                }
                return found.lines.other += 1;
            }
            Program::Unknown => return self.unknown(line.start, line.text, pending, judge, found),
        };
        if let Some(count) = found.lines.read.get_mut(place) {
            *count += 1;
        }
    }

    /// The line names no known program; its form may show one.
    #[cold]
    fn unknown(
        &self,
        start: usize,
        text: &[u8],
        pending: &mut Pending,
        judge: &mut Judge<'_>,
        found: &mut Found,
    ) {
        if text.trim_ascii().is_empty() || text.starts_with(b"#") {
            found.lines.blank += 1;
            return;
        }
        let prefix = prefix::split(text);
        let message = bytes::from(text, prefix.host_at);
        let whole = Line { start, text, host: prefix.host, body: message };
        if memchr(ESCAPE, text).is_some() {
            // The line has codes for colours, as `docker compose logs` and lnav write them.
            let plain = without_colours(text);
            if plain.len() < text.len() {
                return read_at(start, &plain, judge, found);
            }
        }
        let named = bytes::from(text, prefix.name_end - prefix.name.len());
        if let Some(entry) = [named, message].into_iter().find(|it| postfix::is_entry(it)) {
            found.lines.read[0] += 1;
            return postfix::read(&Line { body: entry, ..whole }, judge, found);
        }
        if qmail::is_entry(message) {
            found.lines.read[5] += 1;
            qmail::read(&Line { host: b"", ..whole }, pending, judge, found);
            return;
        }
        if cisco::is_entry(text) {
            found.lines.read[6] += 1;
            return cisco::read(&whole, pending, judge, found);
        }
        if let Some(times) = last_repeated(message) {
            found.events.push(Event::Again { at: start, times });
            return found.lines.other += 1;
        }
        if exim::is_entry(message) || memmem::find(text, b" rejected RCPT ").is_some() {
            found.lines.read[2] += 1;
            return exim::read(&whole, judge, found);
        }
        match self.format {
            Format::Postfix | Format::Log if postfix::is_delivery(text) => {
                found.lines.read[0] += 1;
                postfix::read_loosely(&whole, judge, found);
            }
            Format::Sendmail if memmem::find(text, b": to=").is_some() => {
                found.lines.read[1] += 1;
                sendmail::read(&after_id(whole), judge, found);
            }
            _ if sendmail::is_entry(text) => {
                found.lines.read[1] += 1;
                sendmail::read(&after_id(whole), judge, found);
            }
            _ if names_recipient(text) => match unread_shape(text) {
                Some(name) => found.lines.add_unread(name.as_bytes()),
                None if prefix.name.is_empty() => found.lines.add_unclear(true),
                None => found.lines.add_unread(prefix.name),
            },
            _ if let Some(name) = unread_shape(text) => found.lines.add_unread(name.as_bytes()),
            _ if !prefix.name.is_empty() => found.lines.other += 1,
            // Exim's own lines name no program, so a file with any of its entries counts as
            // understood.
            _ if prefix.time.is_some() => found.lines.timed += 1,
            _ if is_continued(text) => found.lines.blank += 1,
            _ => found.lines.add_unclear(memchr(b'@', text).is_some()),
        }
    }
}

/// The line from the queue id on, if it names no program.
fn after_id(line: Line<'_>) -> Line<'_> {
    let at = memmem::find(line.body, b": to=").or_else(|| memmem::find(line.body, b": from="));
    let at = at.unwrap_or_default();
    let id = bytes::before(line.body, at);
    let id_at = at - bytes::last_word(id).len();
    Line { body: bytes::from(line.body, id_at), ..line }
}

/// Whether a line seems to name the recipient of a mail.
fn names_recipient(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 14] = [
        b"to=<",
        b"To: <",
        b"rcpt",
        b"RCPT",
        b"Rcpt",
        b"recipient",
        b"Recipient",
        b"delivered",
        b"delivery",
        b"Delivery",
        b"to remote",
        b"to <",
        b" to:",
        b"to=",
    ];
    memchr(b'@', text).is_some() && WORDS.iter().any(|word| memmem::find(text, word).is_some())
}

/// The second and later lines of an entry of Exim's reject log, which holds headers.
fn is_continued(text: &[u8]) -> bool {
    let header = match text {
        [b' ' | b'\t', ..] => return true,
        [b'A'..=b'Z' | b'*', b' ', header @ ..] => header,
        _ => text,
    };
    text.starts_with(b"Envelope-") || header.len() < text.len() && super::message::is_field(header)
}

/// Recognises mail servers without a tag by the form of their lines.
pub(super) fn unread_shape(line: &[u8]) -> Option<&'static str> {
    let has = |word: &[u8]| memmem::find(line, word).is_some();
    let head = bytes::before(line, 24);
    if has(b" MID ") && has(b" RID ") {
        Some("Cisco ESA")
    } else if has(b"[outbound]") || has(b"[core]") && has(b"[NOTICE]") || has(b"haraka") {
        Some("Haraka")
    } else if matches!(head, [b'[', a, b, b'/', _, _, _, b'/', ..] if a.is_ascii_digit() && b.is_ascii_digit())
    {
        Some("Kerio Connect")
    } else if matches!(head, [_, _, _, b'-', a, b, b'-', c, d, b' ', ..] if [a, b, c, d].iter().all(|it| it.is_ascii_digit()))
    {
        Some("ASSP")
    } else if has(b"SMTP Server: ") || has(b"  smtp: ") || has(b"Router: ") && has(b"SMTP") {
        Some("HCL Domino")
    } else if line.starts_with(b"\"SMTP") {
        Some("hMailServer")
    } else if has(b"smtpstatus=") && has(b"recipients=") {
        Some("msmtp")
    } else if has(b"Queue ID: ") || has(b"(smtp.") || has(b"(delivery.") || has(b"(queue.") {
        Some("Stalwart")
    } else if has(b"|Rcpt=") || has(b"acc=") && has(b"datetime=") {
        Some("Mimecast")
    } else {
        None
    }
}

/// Whether a line comes from a mail server, read or not.
pub(super) fn is_mail(text: &[u8]) -> bool {
    if memchr(ESCAPE, text).is_some() {
        let plain = without_colours(text);
        return plain.len() < text.len() && is_mail(&plain);
    }
    let prefix = prefix::split(text);
    let message = bytes::from(text, prefix.host_at);
    !matches!(program::of(prefix.name), Program::Other | Program::Unknown)
        || exim::is_entry(message)
        || qmail::is_entry(message)
        || cisco::is_entry(text)
        || memmem::find(text, b" rejected RCPT ").is_some()
        || prefix.time.is_some() && postfix::is_delivery(text)
        || postfix::is_entry(text)
        || sendmail::is_entry(text)
}

/// Whether a line begins with a time and a name, as lines of logs do.
pub(super) fn is_timed(text: &[u8]) -> bool {
    let prefix = prefix::split(text);
    prefix.time.is_some() && !prefix.name.is_empty()
}

/// The beginnings of the last lines.
#[derive(Default)]
struct Recent<'a> {
    forms: [Form<'a>; 4],
    next: usize,
}

/// The text from the time to the end of the program's name.
#[derive(Clone, Copy)]
struct Form<'a> {
    at: usize,
    /// The blank before the host, the host and the program.
    bytes: &'a [u8],
    host: &'a [u8],
    program: Program,
}

impl Default for Form<'_> {
    fn default() -> Self {
        Self { at: usize::MAX, bytes: b"", host: b"", program: Program::Unknown }
    }
}

impl<'a> Recent<'a> {
    fn split(&mut self, start: usize, text: &'a [u8]) -> (Program, Line<'a>) {
        for form in &self.forms {
            let end = form.at.saturating_add(form.bytes.len());
            if text.get(form.at..end) == Some(form.bytes) {
                // `[123]: ` or `/smtp[123]: `.
                let rest = bytes::from(text, end);
                if let Some(colon) = memchr(b':', bytes::before(rest, 48)) {
                    let body = bytes::from(rest, colon + 2);
                    return (form.program, Line { start, text, host: form.host, body });
                }
            }
        }
        self.learn(start, text)
    }

    #[cold]
    fn learn(&mut self, start: usize, text: &'a [u8]) -> (Program, Line<'a>) {
        let prefix = prefix::split(text);
        let program = program::of(prefix.name);
        let body = bytes::from(text, prefix.body);
        if !matches!(program, Program::Unknown) && is_regular(&prefix, text) {
            let end = short_name_end(&prefix, program);
            let at = prefix.host_at - 1;
            if let Some(form) = self.forms.get_mut(self.next) {
                let bytes = bytes::part(text, at..end);
                *form = Form { at, bytes, host: prefix.host, program };
            }
            self.next = (self.next + 1) % self.forms.len();
        }
        (program, Line { start, text, host: prefix.host, body })
    }
}

/// Whether other lines with this beginning can be split at the same places.
fn is_regular(prefix: &Prefix<'_>, text: &[u8]) -> bool {
    let tail = bytes::part(text, prefix.name_end..prefix.body);
    !prefix.is_structured
        && prefix.time.is_some()
        && prefix.host_at > 0
        && text.get(prefix.host_at - 1) == Some(&b' ')
        && prefix.name_end < prefix.host_at + 96
        && tail.ends_with(b": ")
        && memchr_iter(b':', tail).count() == 1
}

/// Postfix's services differ from line to line: the text before the slash is enough.
fn short_name_end(prefix: &Prefix<'_>, program: Program) -> usize {
    if program == Program::Postfix && prefix.name.starts_with(b"postfix/") {
        prefix.name_end - prefix.name.len() + b"postfix/".len()
    } else {
        prefix.name_end
    }
}
