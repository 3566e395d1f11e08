//! sendmail 8 (Operations Guide, section 2.1.1).
//!
//! | line | means |
//! |---|---|
//! | `sendmail[…]: QID: to=<…>,<…>, ctladdr=…, relay=…, dsn=2.0.0, stat=Sent (…)` | a delivery attempt to each of them |
//! | `sendmail[…]: QID: from=<…>, size=…, msgid=…` | the sender |
//! | `sendmail[…]: QID: ruleset=check_rcpt, arg1=<…>, relay=…, reject=550 …` | refused |
//!
//! The first digit of `dsn=` decides; without it, the words of `stat=`. What the submission program hands
//! to the daemon on the same machine is found again by the queue id in `stat=`.

use memchr::memmem;

use super::postfix::{DETAIL, bytes_lines, id_len};
use super::syslog;
use super::{Format, Framing, Parser};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Debug)]
pub(super) struct Sendmail;

impl Parser for Sendmail {
    fn format(&self) -> Format {
        Format::Sendmail
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes_lines(block);
        found.first = syslog::stamp(bytes::until(block, b'\n'));
        for (start, line) in bytes::lines(block) {
            if let Some(at) = memmem::find(line, b": to=") {
                recipients(start, line, at, judge, found);
            } else if let Some(at) = memmem::find(line, b": from=") {
                let sender = field(bytes::from(line, at + 7));
                found.senders.add(key(line, at), bare(sender));
            } else if let Some(at) = memmem::find(line, b": ruleset=check_rcpt, arg1=") {
                refused(start, line, at, judge, found);
            }
        }
        found.senders.sort();
    }
}

fn recipients(start: usize, line: &[u8], at: usize, judge: &mut Judge<'_>, found: &mut Found) {
    let rest = bytes::from(line, at + 5);
    let list = field(rest);
    for address in list.split(|&byte| byte == b',') {
        let address = bare(address);
        if address.is_empty() {
            continue;
        }
        found.recipients += 1;
        // A local user.
        if !address.contains(&b'@') {
            continue;
        }
        let Some((recipient, verdict)) = judge.judge(address) else { continue };
        let Some(words) = bytes::after(rest, b", stat=") else {
            found.add_broken(start, line);
            return;
        };
        let dsn = bytes::after(rest, b", dsn=").and_then(|dsn| dsn.first());
        let status = status(dsn, words);
        let relay = bytes::after(rest, b", relay=").unwrap_or_default();
        let is_local =
            ["[127.0.0.1]", "localhost", "[::1]"].iter().any(|it| relay.starts_with(it.as_bytes()));
        let next = words
            .strip_prefix(b"Sent (")
            .filter(|_| is_local)
            .map(|next| bytes::before(next, id_len(next)))
            .filter(|next| next.len() > 10);
        let host = syslog::host(line);
        let control = bytes::after(rest, b", ctladdr=").map(field).map(bare);
        let control = control.filter(|control| control.contains(&b'@'));
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: Some(key(line, at)),
            next_key: next.map(|next| bytes::key(&[host, next])),
            // Whoever is charged with the message; the `from=` line, if there is one, is nearer.
            sender: control.map(|control| bytes::text(control, 320)),
            status,
            detail: bytes::text(words, DETAIL),
            id: bytes::text(bytes::last_word(bytes::before(line, at)), 64),
            ..Attempt::new(start, syslog::stamp(line), recipient.into_owned(), verdict)
        })));
    }
}

fn refused(start: usize, line: &[u8], at: usize, judge: &mut Judge<'_>, found: &mut Found) {
    found.recipients += 1;
    let rest = bytes::from(line, at + 27);
    let Some(reject) = bytes::after(rest, b", reject=") else { return };
    let Some((recipient, verdict)) = judge.judge(bare(field(rest))) else { return };
    found.events.push(Event::Attempt(Box::new(Attempt {
        status: Status::Rejected,
        detail: bytes::text(reject, DETAIL),
        ..Attempt::new(start, syslog::stamp(line), recipient.into_owned(), verdict)
    })));
}

fn status(dsn: Option<&u8>, stat: &[u8]) -> Status {
    match dsn {
        Some(b'2') => Status::Delivered,
        Some(b'4') => Status::Deferred,
        Some(b'5') => Status::Bounced,
        _ if stat.starts_with(b"Sent") => Status::Delivered,
        _ if stat.starts_with(b"Deferred") || stat.starts_with(b"queued") => Status::Deferred,
        _ => Status::Bounced,
    }
}

/// Up to the next field.
fn field(text: &[u8]) -> &[u8] {
    bytes::before(text, memmem::find(text, b", ").unwrap_or(text.len()))
}

/// Without angle brackets, and without the user's numbers after them.
fn bare(text: &[u8]) -> &[u8] {
    match text.trim_ascii() {
        [b'<', rest @ ..] => bytes::until(rest, b'>'),
        rest => bytes::word(rest).0,
    }
}

/// The key of the message whose id stands before `at`.
fn key(line: &[u8], at: usize) -> u64 {
    bytes::key(&[syslog::host(line), bytes::last_word(bytes::before(line, at))])
}
