//! Courier (courier(8), courieresmtpd(8)).
//!
//! | line | means |
//! |---|---|
//! | `courieresmtp: id=…,from=<…>,addr=<…>: 250 …` | the other server's answer |
//! | `courieresmtp: id=…,from=<…>,addr=<…>,success: …` | a delivery attempt; also `,status: deferred`, `,status: failure` |
//! | `courieresmtpd: error,relay=…,from=<…>,to=<…>: 550 …` | refused |

use super::common::{ADDRESS, DETAIL, address};
use super::kind::Format;
use super::line::Line;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// Reads a line.
pub(super) fn read(line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
    let body = line.body;
    let id = body.strip_prefix(b"id=").map(|rest| bytes::until(rest, b','));
    let is_error = body.starts_with(b"error");
    let to = match id {
        Some(_) => bytes::after(body, b",addr="),
        None if is_error => bytes::after(body, b",to="),
        None => None,
    };
    let Some(to) = to else { return };
    let Some((to, rest)) = address(to) else {
        return found.add_broken(line.start, line.text, judge);
    };
    if to.is_empty() {
        return;
    }
    found.recipients += 1;
    if judge.is_ordinary(to) {
        return;
    }
    let status = match () {
        () if is_error => Status::Rejected,
        () if bytes::after(rest, b"success").is_some() => Status::Delivered,
        () if bytes::after(rest, b"status: deferred").is_some() => Status::Deferred,
        () if bytes::after(rest, b"status: failure").is_some() => Status::Bounced,
        () => match rest.strip_prefix(b": ") {
            Some([b'2', ..]) => Status::Delivered,
            Some([b'5', ..]) => Status::Bounced,
            _ => Status::Deferred,
        },
    };
    let Some((recipient, verdict)) = judge.judge(to) else { return };
    let from = bytes::after(body, b"from=").and_then(address);
    let id = id.unwrap_or_default();
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(line.key(id)).filter(|_| !id.is_empty()),
        // The answer and the outcome are on two lines.
        repeats: !id.is_empty(),
        sender: from.map(|(sender, _)| bytes::text(sender, ADDRESS)),
        status,
        detail: bytes::text(words(rest), DETAIL),
        id: bytes::text(id, 64),
        format: Some(Format::Courier),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
    })));
}

/// The server's answer, without the comma or colon after the address.
fn words(rest: &[u8]) -> &[u8] {
    rest.trim_ascii_start()
        .strip_prefix(b",")
        .or_else(|| rest.strip_prefix(b":"))
        .unwrap_or(rest)
        .trim_ascii()
}
