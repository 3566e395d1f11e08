//! sendmail 8 (Operations Guide, section 2.1.1).
//!
//! | line | means |
//! |---|---|
//! | `sendmail[…]: QID: to=<…>,<…>, ctladdr=…, relay=…, dsn=2.0.0, stat=Sent (…)` | a delivery attempt to each of them |
//! | `sendmail[…]: QID: from=<…>, size=…, msgid=…` | the sender |
//! | `sendmail[…]: QID: ruleset=check_rcpt, arg1=<…>, relay=…, reject=550 …` | refused |
//! | `sendmail[…]: QID: Milter: to=<…>, reject=550 …` | refused by a filter, or thrown away: `discard` |
//! | `sendmail[…]: QID: <…>... User unknown` | refused |
//! | `sendmail[…]: QID: QID: sender notify: Cannot send message for 5 days` | all recipients that still wait bounce |
//!
//! The first digit of `dsn=` decides; without it, the words of `stat=`. If the submission program hands a
//! message to a server on the same machine, sendmail or another, the queue id in `stat=` connects both.

use memchr::{memchr, memmem};

use super::common::{ADDRESS, DETAIL, server};
use super::kind::Format;
use super::line::{Line, is_inside, next_id};
use crate::address::split_recipients;
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
        found.senders.add(line.key(id), named(field(from)));
    } else if let Some(address) = rest.strip_prefix(b"Milter: to=") {
        refused(line, id, address, judge, found);
    } else if let Some(rule) = rest.strip_prefix(b"ruleset=check_rcpt, arg1=") {
        refused(line, id, rule, judge, found);
    } else if rest.starts_with(b"<") && memmem::find(rest, b"... ").is_some() {
        refused(line, id, rest, judge, found);
    } else if memmem::find(bytes::before(rest, 96), b": Cannot send message ").is_some() {
        found.events.push(Event::Expired { key: line.key(id), stamp: line.stamp() });
    }
}

/// Whether a line without a known program has the form of sendmail's entries.
pub(super) fn is_entry(text: &[u8]) -> bool {
    let has = |words: &[u8]| memmem::find(text, words).is_some();
    has(b": to=") && has(b", stat=") || has(b": from=") && has(b", nrcpts=")
}

fn recipients(line: &Line<'_>, id: &[u8], rest: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    let list = field(bytes::from(rest, 3));
    // The submission program copies addresses from the header, with display names.
    let has_names = list.contains(&b'"')
        || memmem::find(list, b" <").is_some() && memmem::find(list, b", <").is_none();
    if has_names && let Ok(text) = str::from_utf8(list) {
        for element in split_recipients(text) {
            let address = named(text.get(element).unwrap_or_default().as_bytes());
            recipient(line, id, rest, address, judge, found);
        }
    } else {
        for address in list.split(|&byte| byte == b',') {
            recipient(line, id, rest, bare(address), judge, found);
        }
    }
}

fn recipient(
    line: &Line<'_>,
    id: &[u8],
    rest: &[u8],
    address: &[u8],
    judge: &mut Judge<'_>,
    found: &mut Found,
) {
    if address.is_empty() {
        return;
    }
    found.recipients += 1;
    // The recipient is a local user.
    if !address.contains(&b'@') {
        return;
    }
    let Some((recipient, verdict)) = judge.judge(address) else { return };
    let Some(words) = bytes::after(rest, b", stat=") else {
        return found.add_broken(line.start, line.text, judge);
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
        // The user to whom sendmail ascribes the message. The sender in a `from=` line is more reliable, if the log
        // has one.
        sender: control.map(|control| bytes::text(control, ADDRESS)),
        status,
        detail: bytes::text(words, DETAIL),
        id: bytes::text(id, 64),
        format: Some(Format::Sendmail),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
    })));
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
    let Some((recipient, verdict)) = judge.judge(address) else { return };
    let Some(words) = words else { return found.add_broken(line.start, line.text, judge) };
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

/// The text up to the next field. A comma and a blank end it only if a field's name follows: they may also
/// stand between two recipients.
fn field(text: &[u8]) -> &[u8] {
    let is_field = |at: &usize| {
        let next = bytes::until(bytes::before(bytes::from(text, at + 2), 16), b'=');
        next.len() < 16 && next.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
            || bytes::from(text, at + 2).starts_with(b"discard")
    };
    bytes::before(text, memmem::find_iter(text, b", ").find(is_field).unwrap_or(text.len()))
}

/// The address of `Bob <bob@example.com>`.
fn named(text: &[u8]) -> &[u8] {
    match memchr::memrchr(b'<', text) {
        Some(bracket) => bytes::until(bytes::from(text, bracket + 1), b'>'),
        None => bare(text),
    }
}

/// The address without angle brackets and without the user's numbers after it.
fn bare(text: &[u8]) -> &[u8] {
    match text.trim_ascii() {
        [b'<', rest @ ..] => bytes::until(rest, b'>'),
        rest => bytes::word(rest).0,
    }
}
