//! Postfix (its own documentation: `DEBUG_README`, postlogger(1); the lines are those of 2.3 to 3.10).
//!
//! | line | means |
//! |---|---|
//! | `smtp[…]: QID: to=<…>, orig_to=<…>, relay=…, dsn=…, status=sent (…)` | a delivery attempt; also `bounced`, `deferred`, `SOFTBOUNCE` |
//! | `discard[…]: QID: to=<…>, …, status=sent (…)` | thrown away by a rule |
//! | `qmgr[…]: QID: from=<…>, size=…, nrcpt=…` | the sender, each time the message becomes active |
//! | `qmgr[…]: QID: from=<…>, status=expired, returned to sender` | all recipients that still wait bounce; also `force-expired` |
//! | `smtpd[…]: NOQUEUE: reject: RCPT from …; from=<…> to=<…> proto=…` | refused; also `milter-reject:`, `discard:` |
//! | `cleanup[…]: QID: reject: header Subject: …; from=<…> to=<…>` | refused by `header_checks`; also `discard:` |
//!
//! Address probes (`status=deliverable`) are not mail, and a header check that only warns, holds or redirects
//! does not show the outcome. A message that passes through a content filter or a relay in the same network
//! is logged twice; the queue id that the other side returned connects both.

use memchr::{memchr, memmem};

use super::common::{ADDRESS, DETAIL, address, server, worse};
use super::kind::Format;
use super::line::{Line, is_inside, next_id};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// The longest queue id, in bytes: 20 and a margin.
const ID: usize = 40;

/// Reads a line.
pub(super) fn read(line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
    let body = line.body;
    let Some(colon) = memchr(b':', bytes::before(body, ID)) else {
        if body.starts_with(b"to=") {
            recipient(line, b"", body, judge, found);
        }
        return;
    };
    let id = bytes::before(body, colon);
    let rest = bytes::from(body, colon + 2);
    if rest.starts_with(b"to=") {
        recipient(line, id, rest, judge, found);
    } else if rest.starts_with(b"from=") {
        sender(line, id, rest, found);
    } else if let [b'r' | b'm' | b'd', ..] = rest {
        let verbs = [&b"reject: "[..], b"milter-reject: ", b"discard: ", b"milter-discard: "];
        if verbs.iter().any(|verb| rest.starts_with(verb)) {
            refused(line, id, rest, judge, found);
        }
    }
}

/// Whether a text begins with a queue id and a recipient or sender. `journalctl --output=cat` shows lines so.
pub(super) fn is_entry(text: &[u8]) -> bool {
    let id = super::common::id_len(bytes::before(text, ID));
    let rest = bytes::from(text, id);
    (5..=20).contains(&id)
        && (rest.starts_with(b": to=<") && memmem::find(rest, b", status=").is_some()
            || rest.starts_with(b": from=<") && memmem::find(rest, b", nrcpt=").is_some())
}

/// Whether a line without a known program describes a delivery in the form of Postfix.
pub(super) fn is_delivery(text: &[u8]) -> bool {
    memmem::find(text, b"status=").is_some() && memmem::find(text, b"to=<").is_some()
        || memmem::find(text, b": reject: RCPT from ").is_some()
}

/// Reads a line whose program is not known.
pub(super) fn read_loosely(line: &Line<'_>, judge: &mut Judge<'_>, found: &mut Found) {
    if let Some(at) = memmem::find(line.body, b": reject: RCPT from ") {
        return refused(line, b"NOQUEUE", bytes::from(line.body, at + 2), judge, found);
    }
    let Some(at) = memmem::find(line.body, b"to=<") else { return };
    let head = bytes::before(line.body, at);
    let id = head.strip_suffix(b": ").map(bytes::last_word).unwrap_or_default();
    recipient(line, id, bytes::from(line.body, at), judge, found);
}

/// `to=<…>, orig_to=<…>, relay=…, status=…`.
fn recipient(line: &Line<'_>, id: &[u8], rest: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    let Some((to, after)) = address(bytes::from(rest, 3)) else {
        return found.add_broken(line.start, line.text, judge);
    };
    if to.is_empty() {
        return;
    }
    found.recipients += 1;
    let original = after.strip_prefix(b", orig_to=").and_then(address).map(|(it, _)| it);
    if judge.is_ordinary(to) && original.is_none_or(|original| judge.is_ordinary(original)) {
        return;
    }
    delivery(line, id, rest, (to, original), judge, found);
}

#[cold]
fn delivery(
    line: &Line<'_>,
    id: &[u8],
    rest: &[u8],
    (to, original): (&[u8], Option<&[u8]>),
    judge: &mut Judge<'_>,
    found: &mut Found,
) {
    let Some((recipient, rewritten, verdict)) = worse(to, original, judge) else { return };
    // A delivery agent always writes the status, unless the line was cut.
    let Some(words) = bytes::after(rest, b"status=") else {
        return found.add_broken(line.start, line.text, judge);
    };
    let (word, detail) = bytes::word(words);
    let detail = detail.strip_prefix(b"(").unwrap_or(detail);
    let detail = detail.strip_suffix(b")").unwrap_or(detail);
    let status = match word {
        b"sent" if memmem::find(line.head(), b"/discard").is_some() => Status::Rejected,
        b"sent" => Status::Delivered,
        b"bounced" | b"expired" => Status::Bounced,
        b"deferred" | b"SOFTBOUNCE" => Status::Deferred,
        b"deliverable" | b"undeliverable" => return,
        _ => return found.add_broken(line.start, line.text, judge),
    };
    let relay = bytes::after(rest, b", relay=").unwrap_or_default();
    let next = next_id(detail).filter(|_| status == Status::Delivered);
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(line.key(id)).filter(|_| !id.is_empty()),
        next_key: next.map(|next| bytes::key(&[next])),
        id_key: Some(bytes::key(&[id])).filter(|_| !id.is_empty()),
        comes_back: is_inside(relay),
        server: server(bytes::until(relay, b',')),
        status,
        detail: bytes::text(detail, DETAIL),
        id: bytes::text(id, 64),
        rewritten,
        format: Some(Format::Postfix),
        ..Attempt::new(line.start, line.stamp(), recipient, verdict)
    })));
}

/// `reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 …; from=<…> to=<…>`.
#[cold]
fn refused(line: &Line<'_>, id: &[u8], words: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    // Strangers may have chosen text before the last `; from=<`, but not after it.
    let end = memmem::rfind(words, b"; from=<").unwrap_or_default();
    let from = bytes::after(bytes::from(words, end), b"from=").and_then(address);
    let rest = from.map_or(bytes::from(words, end), |(_, rest)| rest);
    let Some((to, _)) = bytes::after(rest, b" to=").and_then(address) else { return };
    if to.is_empty() {
        return;
    }
    found.recipients += 1;
    let Some((recipient, verdict)) = judge.judge(to) else { return };
    let has_id = !id.is_empty() && id != b"NOQUEUE";
    let words = if end > 0 { bytes::before(words, end) } else { words };
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: has_id.then(|| line.key(id)),
        status: Status::Rejected,
        sender: from.map(|(sender, _)| bytes::text(sender, ADDRESS)),
        detail: bytes::text(words, DETAIL),
        id: if has_id { bytes::text(id, 64) } else { String::new() },
        format: Some(Format::Postfix),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
    })));
}

/// Reads the sender from `from=<…>, size=…`.
fn sender(line: &Line<'_>, id: &[u8], rest: &[u8], found: &mut Found) {
    let Some((sender, rest)) = address(bytes::from(rest, 5)) else { return };
    let key = line.key(id);
    if rest.starts_with(b", status=expired") || rest.starts_with(b", status=force-expired") {
        found.events.push(Event::Expired { key, stamp: line.stamp() });
    }
    found.senders.add(key, sender);
}
