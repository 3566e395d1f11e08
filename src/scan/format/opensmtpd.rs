//! `OpenSMTPD` (smtpd(8); the lines are those of 5.4 to 7.5).
//!
//! | line | means |
//! |---|---|
//! | `smtpd[…]: … mta delivery evpid=… from=<…> to=<…> … relay="…" delay=… result="Ok" stat="250 …"` | a delivery attempt; also `mda delivery` |
//! | `smtpd[…]: … mta event=delivery evpid=… …` | a delivery attempt in 5.9 to 6.3 |
//! | `smtpd[…]: relay: Ok for …: session=…, from=<…>, to=<…>, …, stat=250 …` | a delivery attempt before 6.0 |
//! | `smtpd[…]: … smtp failed-command command="RCPT TO:<…>" result="550 …"` | refused |
//!
//! An envelope (`evpid`) is one recipient of one message.

use memchr::memmem;

use super::common::{ADDRESS, DETAIL, address, server, worse};
use super::kind::Format;
use super::line::{Line, is_inside, next_id};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// Reads a line.
pub(super) fn read(line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
    let body = line.body;
    if let Some(rest) = bytes::after(body, b"command=\"RCPT TO:") {
        return refused(line, rest, judge, found);
    }
    let is_delivery = [&b" delivery "[..], b"event=delivery", b"delivery: ", b"relay: "]
        .iter()
        .any(|words| memmem::find(body, words).is_some());
    let Some(to) = bytes::after(body, b" to=").filter(|_| is_delivery) else { return };
    let Some((to, _)) = address(to) else { return found.add_broken(line.start, line.text, judge) };
    if to.is_empty() {
        return;
    }
    found.recipients += 1;
    // `rcpt` is the address that the sender wrote, if a rule rewrote it.
    let original = bytes::after(body, b" rcpt=").and_then(address).map(|(it, _)| it);
    let original = original.filter(|it| !matches!(*it, b"-" | b""));
    if judge.is_ordinary(to) && original.is_none_or(|original| judge.is_ordinary(original)) {
        return;
    }
    let Some((recipient, rewritten, verdict)) = worse(to, original, judge) else { return };
    let Some(status) = status(body) else { return found.add_broken(line.start, line.text, judge) };
    let words = bytes::after(body, b"stat=").unwrap_or_default();
    let words = words.strip_prefix(b"\"").map_or(words, |words| bytes::until(words, b'"'));
    let envelope = bytes::after(body, b"evpid=").map(|rest| bytes::word(rest).0);
    let envelope = envelope.or_else(|| Some(bytes::until(bytes::after(body, b" for ")?, b':')));
    let envelope = envelope.unwrap_or_default();
    let from = bytes::after(body, b" from=").and_then(address);
    let relay = bytes::after(body, b"relay=\"").unwrap_or_default();
    let next = next_id(words).filter(|_| status == Status::Delivered);
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(line.key(envelope)).filter(|_| !envelope.is_empty()),
        next_key: next.map(|next| bytes::key(&[next])),
        comes_back: is_inside(relay),
        server: server(bytes::until(relay, b'"')),
        sender: from.map(|(sender, _)| bytes::text(sender, ADDRESS)),
        status,
        detail: bytes::text(words, DETAIL),
        id: bytes::text(envelope, 64),
        rewritten,
        format: Some(Format::Opensmtpd),
        ..Attempt::new(line.start, line.stamp(), recipient, verdict)
    })));
}

/// `result="Ok"`, or `relay: Ok for`.
fn status(body: &[u8]) -> Option<Status> {
    let word = bytes::after(body, b"result=\"")
        .or_else(|| bytes::after(body, b"relay: "))
        .or_else(|| bytes::after(body, b"delivery: "))?;
    match word {
        [b'O', b'k', ..] => Some(Status::Delivered),
        [b'T', b'e', b'm', b'p', ..] => Some(Status::Deferred),
        [b'P', b'e', b'r', b'm', ..] | [b'L', b'o', b'o', b'p', ..] => Some(Status::Bounced),
        _ => None,
    }
}

#[cold]
fn refused(line: &Line<'_>, rest: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    let Some((to, after)) = address(rest.trim_ascii_start()).filter(|(to, _)| !to.is_empty())
    else {
        return;
    };
    found.recipients += 1;
    let Some((recipient, verdict)) = judge.judge(to) else { return };
    let words = bytes::after(after, b"result=\"").map(|words| bytes::until(words, b'"'));
    found.events.push(Event::Attempt(Box::new(Attempt {
        status: Status::Rejected,
        detail: bytes::text(words.unwrap_or_default(), DETAIL),
        format: Some(Format::Opensmtpd),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
    })));
}
