//! sendmail 8 (Operations Guide, section 2.1.1).
//!
//! | line | means |
//! |---|---|
//! | `sendmail[…]: QID: to=<…>,<…>, ctladdr=…, relay=…, dsn=2.0.0, stat=Sent (…)` | a delivery attempt to each of them |
//! | `sendmail[…]: QID: from=<…>, size=…, msgid=…` | the sender |
//! | `sendmail[…]: QID: ruleset=check_rcpt, arg1=<…>, relay=…, reject=550 …` | refused |
//! | `sendmail[…]: QID: Milter: to=<…>, reject=550 …` | refused by a filter, or thrown away: `discard` |
//! | `sendmail[…]: QID: <…>... User unknown` | refused |
//!
//! The first digit of `dsn=` decides; without it, the words of `stat=`. If the submission program hands a
//! message to a server on the same machine, sendmail or another, the queue id in `stat=` connects both.

use memchr::{memchr, memmem};

use super::common::{ADDRESS, DETAIL, server};
use super::kind::Format;
use super::line::{Line, is_inside, next_id};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// The longest queue id, in bytes: 14 and a margin.
const ID: usize = 32;

/// Reads a line.
pub(super) fn read(line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
    let body = line.body;
    let Some(colon) = memchr(b':', bytes::before(body, ID)) else { return };
    let (id, rest) = (bytes::before(body, colon), bytes::from(body, colon + 2));
    if rest.starts_with(b"to=") {
        recipients(line, id, rest, judge, found);
    } else if let Some(from) = rest.strip_prefix(b"from=") {
        found.senders.add(line.key(id), bare(field(from)));
    } else if let Some(address) = rest.strip_prefix(b"Milter: to=") {
        refused(line, id, address, judge, found);
    } else if let Some(rule) = rest.strip_prefix(b"ruleset=check_rcpt, arg1=") {
        refused(line, id, rule, judge, found);
    } else if rest.starts_with(b"<") && memmem::find(rest, b"... ").is_some() {
        refused(line, id, rest, judge, found);
    }
}

fn recipients(line: &Line<'_>, id: &[u8], rest: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    for address in field(bytes::from(rest, 3)).split(|&byte| byte == b',') {
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
            return found.add_broken(line.start, line.text);
        };
        let dsn = bytes::after(rest, b", dsn=").and_then(|dsn| dsn.first());
        let status = status(dsn, words);
        let relay = bytes::after(rest, b", relay=").unwrap_or_default();
        let next = next_id(words).filter(|_| status == Status::Delivered);
        let control = bytes::after(rest, b", ctladdr=").map(field).map(bare);
        let control = control.filter(|control| control.contains(&b'@'));
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: Some(line.key(id)),
            next_key: next.map(|next| bytes::key(&[next])),
            id_key: Some(bytes::key(&[id])),
            comes_back: is_inside(relay),
            server: server(field(relay)),
            // The message's controlling user; if there is a `from=` line, it is more reliable.
            sender: control.map(|control| bytes::text(control, ADDRESS)),
            status,
            detail: bytes::text(words, DETAIL),
            id: bytes::text(id, 64),
            format: Some(Format::Sendmail),
            ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
        })));
    }
}

/// A refused address, and the reason.
fn refused(line: &Line<'_>, id: &[u8], rest: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    let words = bytes::after(rest, b", reject=").or_else(|| bytes::after(rest, b"... "));
    let words =
        words.or_else(|| bytes::after(rest, b", ").filter(|rest| rest.starts_with(b"discard")));
    let address = bare(field(rest));
    if address.is_empty() {
        return;
    }
    found.recipients += 1;
    let Some(words) = words else { return };
    let Some((recipient, verdict)) = judge.judge(address) else { return };
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(line.key(id)),
        status: Status::Rejected,
        detail: bytes::text(words, DETAIL),
        id: bytes::text(id, 64),
        format: Some(Format::Sendmail),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
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

/// The text up to the next field.
fn field(text: &[u8]) -> &[u8] {
    bytes::before(text, memmem::find(text, b", ").unwrap_or(text.len()))
}

/// The address without angle brackets and without the user's numbers after it.
fn bare(text: &[u8]) -> &[u8] {
    match text.trim_ascii() {
        [b'<', rest @ ..] => bytes::until(rest, b'>'),
        rest => bytes::word(rest).0,
    }
}
