//! qmail (qmail-log(5)), and its successors with the same log: netqmail, notqmail, s/qmail, `IndiMail`.
//!
//! | line | means |
//! |---|---|
//! | `info msg M: bytes B from <…> qp Q uid U` | the sender of message M |
//! | `starting delivery N: msg M to remote bob@army.ml` | an attempt; also `to local` |
//! | `delivery N: success: …` | delivered |
//! | `delivery N: deferral: …`, `delivery N: report mangled, will defer` | deferred |
//! | `delivery N: failure: …` | bounced |
//!
//! The log comes through syslog, where `splogger` writes a time of its own before the line, or from `multilog`, with
//! TAI64N labels. M is the number of a file: another message may have it once the first has ended.
//!
//! # What it does not do
//!
//! It does not read the lines of `qmail-smtpd` and of patches, which differ from host to host.

use super::common::{ADDRESS, DETAIL, server};
use super::kind::Format;
use super::line::Line;
use super::pending::Pending;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Outcome, Status, run_key};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// The beginnings of qmail-send's lines about messages.
const STARTS: [&[u8]; 8] = [
    b"new msg ",
    b"info msg ",
    b"end msg ",
    b"starting delivery ",
    b"delivery ",
    b"status: local ",
    b"bounce msg ",
    b"triple bounce: discarding ",
];

/// Whether a line without a known program has the form of qmail-send's entries.
pub(super) fn is_entry(body: &[u8]) -> bool {
    let body = without_time(body);
    let Some(start) = STARTS.iter().find(|start| body.starts_with(start)) else { return false };
    let rest = bytes::from(body, start.len());
    rest.first().is_some_and(u8::is_ascii_digit) || start.ends_with(b"discarding ")
}

/// Reads a line. Returns `false` if it is not one of qmail-send.
pub(super) fn read(
    line: &Line<'_>,
    pending: &mut Pending,
    judge: &mut Judge<'_>,
    found: &mut Found,
) -> bool {
    let body = without_time(line.body);
    if let Some(rest) = body.strip_prefix(b"info msg ") {
        let from = bytes::after(rest, b" from <")
            .and_then(|rest| memchr::memrchr(b'>', rest).map(|at| bytes::before(rest, at)));
        if let Some(from) = from {
            pending.set_sender(message_key(line, bytes::until(rest, b':')), from);
        }
    } else if let Some(rest) = body.strip_prefix(b"starting delivery ") {
        start(line, rest, pending, judge, found);
    } else if let Some(rest) = body.strip_prefix(b"delivery ") {
        outcome(line, rest, pending, found);
    } else {
        return is_entry(body) || body.starts_with(b"running") || body.starts_with(b"exiting");
    }
    true
}

/// `N: msg M to remote bob@army.ml`.
fn start(
    line: &Line<'_>,
    rest: &[u8],
    pending: &mut Pending,
    judge: &mut Judge<'_>,
    found: &mut Found,
) {
    let number = bytes::until(rest, b':');
    let parts = bytes::after(rest, b": msg ").map(bytes::word);
    let to = parts.and_then(|(id, rest)| {
        let to = rest.strip_prefix(b"to remote ").or_else(|| rest.strip_prefix(b"to local "))?;
        Some((id, to.trim_ascii_end()))
    });
    let Some((id, to)) = to.filter(|(_, to)| !to.is_empty()) else {
        return found.add_broken(line.start, line.text, judge);
    };
    found.recipients += 1;
    let run = delivery_key(line, number);
    let judged = if judge.is_ordinary(to) { None } else { judge.judge(to) };
    // The number was perhaps that of a delivery before.
    pending.begin(run, judged.is_some());
    let Some((recipient, verdict)) = judged else { return };
    let message = message_key(line, id);
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(message),
        run: Some(run_key(run, None)),
        sender: pending.sender(message).map(|sender| bytes::text(sender, ADDRESS)),
        // The log may end before the outcome.
        status: Status::Deferred,
        id: bytes::text(id, 64),
        format: Some(Format::Qmail),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
    })));
}

/// `N: success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok/`.
fn outcome(line: &Line<'_>, rest: &[u8], pending: &Pending, found: &mut Found) {
    let number = bytes::until(rest, b':');
    let words = bytes::from(rest, number.len() + 2);
    let (word, detail) = bytes::word(words);
    let status = match word {
        b"success:" => Status::Delivered,
        b"failure:" => Status::Bounced,
        // The other words are `deferral:` and `report mangled, will defer`.
        _ => Status::Deferred,
    };
    let host = bytes::until(detail, b'_');
    let is_address = host.iter().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte));
    let outcome = Outcome {
        group: delivery_key(line, number),
        number: None,
        status,
        is_last: status != Status::Deferred,
        detail: bytes::text(detail, DETAIL),
        server: server(host).filter(|_| is_address),
        stamp: line.stamp(),
    };
    pending.close(outcome, found);
}

fn message_key(line: &Line<'_>, id: &[u8]) -> u64 {
    bytes::key(&[b"qmail msg", line.host, id])
}

fn delivery_key(line: &Line<'_>, number: &[u8]) -> u64 {
    bytes::key(&[b"qmail delivery", line.host, number])
}

/// The line without splogger's time: `1709647331.123456 `.
fn without_time(body: &[u8]) -> &[u8] {
    let (word, rest) = bytes::word(body);
    let is_time = word.len() > 10 && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if is_time { rest } else { body }
}
