//! Postfix (its own documentation: `DEBUG_README`, postlogger(1); the lines are those of 2.3 to 3.10).
//!
//! | line | means |
//! |---|---|
//! | `smtp[…]: QID: to=<…>, orig_to=<…>, relay=…, dsn=…, status=sent (…)` | a delivery attempt; also `bounced`, `deferred`, `SOFTBOUNCE` |
//! | `qmgr[…]: QID: from=<…>, size=…, nrcpt=…` | the sender, each time the message becomes active |
//! | `qmgr[…]: QID: from=<…>, status=expired, returned to sender` | all that is still waiting bounces |
//! | `smtpd[…]: NOQUEUE: reject: RCPT from …; from=<…> to=<…> proto=…` | refused; also `milter-reject:` |
//!
//! Address probes (`status=deliverable`) are no mail. A message that goes through a content filter on the
//! same machine is logged twice; the second part is found by the queue id that the filter gave back.
//!
//! Only what follows a `<` is looked at: most bytes of a log are never touched but by `memchr`.

use memchr::{memchr, memchr_iter, memmem};

use super::syslog;
use super::{Format, Framing, Parser};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status, Verdict};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// How much of the server's words is kept, in characters.
pub(super) const DETAIL: usize = 240;

/// Longer than any address (RFC 5321 §4.5.3.1), even quoted.
const LONGEST: usize = 1024;

#[derive(Debug)]
pub(super) struct Postfix;

impl Parser for Postfix {
    fn format(&self) -> Format {
        Format::Postfix
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes_lines(block);
        found.first = syslog::stamp(bytes::until(block, b'\n'));
        // A line has one recipient and one sender: once either was looked at closely, it is done with.
        let mut done = 0;
        for at in memchr_iter(b'<', block) {
            let before = bytes::before(block, at);
            if at < done {
                continue;
            }
            if before.ends_with(b" to=") {
                done = recipient(block, at, judge, found);
            } else if before.ends_with(b": from=") {
                done = sender(block, at, found);
            }
        }
        found.senders.sort();
    }
}

/// How many lines there are, also an unfinished last one.
pub(super) fn bytes_lines(block: &[u8]) -> u64 {
    let ends = memchr_iter(b'\n', block).count() as u64;
    ends + u64::from(block.last().is_some_and(|&byte| byte != b'\n'))
}

/// `to=<`, whose `<` is at `at`; up to where the block is done with.
fn recipient(block: &[u8], at: usize, judge: &mut Judge<'_>, found: &mut Found) -> usize {
    let Some((address, rest)) = angle(bytes::from(block, at + 1)) else {
        let (start, line) = bytes::line_around(block, at);
        found.add_broken(start, line);
        return start + line.len();
    };
    found.recipients += 1;
    let original = rest.strip_prefix(b", orig_to=<").and_then(angle).map(|(original, _)| original);
    if judge.is_ordinary(address) && original.is_none_or(|original| judge.is_ordinary(original)) {
        return at;
    }
    let (start, line) = bytes::line_around(block, at);
    flagged(start, line, at - start, (address, original), judge, found);
    start + line.len()
}

/// What stands before the `>` on the same line, and what follows it. A quoted local part may hold one.
fn angle(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let whole = text;
    let text = bytes::before(text, LONGEST);
    let mut end = memchr(b'>', text)?;
    let first = end;
    while is_quoted(bytes::before(text, end)) {
        match memchr(b'>', bytes::from(text, end + 1)) {
            Some(more) if !bytes::part(text, end..end + more).contains(&b'\n') => end += more + 1,
            // The quote was only a character.
            _ => {
                end = first;
                break;
            }
        }
    }
    let address = bytes::before(text, end);
    (!address.contains(&b'\n')).then(|| (address, bytes::from(whole, end + 1)))
}

/// Whether the text ends inside a quoted string.
fn is_quoted(text: &[u8]) -> bool {
    text.first() == Some(&b'"') && memchr_iter(b'"', text).count() % 2 == 1
}

#[cold]
fn flagged(
    start: usize,
    line: &[u8],
    at: usize,
    (address, original): (&[u8], Option<&[u8]>),
    judge: &mut Judge<'_>,
    found: &mut Found,
) {
    let Some((recipient, rewritten, verdict)) = worse(address, original, judge) else { return };
    let (head, rest) = (bytes::before(line, at), bytes::from(line, at));
    let host = syslog::host(line);
    let queue_id = head.strip_suffix(b": to=").map(bytes::last_word).unwrap_or_default();
    let base = Attempt::new(start, syslog::stamp(line), recipient, verdict);
    let base = Attempt { rewritten, ..base };
    let Some(status) = bytes::after(rest, b", status=") else {
        if let Some(reject) = ["reject: ", "milter-reject: "]
            .iter()
            .find_map(|word| memmem::find(head, word.as_bytes()))
        {
            let from = bytes::after(head, b" from=<").and_then(angle);
            // `RCPT from unknown[192.0.2.1]: 554 5.7.1 …; from=<…> to=<…>`.
            let words = bytes::from(head, reject);
            let words =
                bytes::before(words, memmem::find(words, b"; from=<").unwrap_or(words.len()));
            found.events.push(Event::Attempt(Box::new(Attempt {
                status: Status::Rejected,
                sender: from.map(|(sender, _)| bytes::text(sender, 320)),
                detail: bytes::text(words, DETAIL),
                ..base
            })));
        } else if head.ends_with(b": to=") {
            // A delivery agent always tells the status: the line was cut.
            found.add_broken(start, line);
        }
        return;
    };
    let (word, detail) = bytes::word(status);
    let detail = detail.strip_prefix(b"(").unwrap_or(detail);
    let detail = detail.strip_suffix(b")").unwrap_or(detail);
    let status = match word {
        b"sent" => Status::Delivered,
        b"bounced" | b"expired" => Status::Bounced,
        b"deferred" | b"SOFTBOUNCE" => Status::Deferred,
        b"deliverable" | b"undeliverable" => return,
        _ => return found.add_broken(start, line),
    };
    let next = bytes::after(detail, b"queued as ")
        .filter(|_| status == Status::Delivered && is_filter(rest))
        .map(|next| bytes::before(next, id_len(next)))
        .filter(|next| !next.is_empty());
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(bytes::key(&[host, queue_id])),
        next_key: next.map(|next| bytes::key(&[host, next])),
        status,
        detail: bytes::text(detail, DETAIL),
        id: bytes::text(queue_id, 64),
        ..base
    })));
}

/// The flagged one of the two addresses, the one it was rewritten to if it is the other, and why. The
/// address that the mail went to counts first.
pub(super) fn worse(
    address: &[u8],
    original: Option<&[u8]>,
    judge: &mut Judge<'_>,
) -> Option<(String, Option<String>, Verdict)> {
    if let Some((text, verdict)) = judge.judge(address) {
        return Some((text.into_owned(), None, verdict));
    }
    let (text, verdict) = judge.judge(original?)?;
    Some((text.into_owned(), Some(bytes::text(address, 320)), verdict))
}

/// How long the queue id at the start is.
pub(super) fn id_len(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count()
}

/// Whether the relay is a program on the same machine.
fn is_filter(rest: &[u8]) -> bool {
    let relay = bytes::after(rest, b", relay=").unwrap_or_default();
    ["127.", "localhost[", "[127.", "[::1]", "::1["]
        .iter()
        .any(|it| relay.starts_with(it.as_bytes()))
}

/// `QID: from=<`, whose `<` is at `at`; up to where the block is done with.
fn sender(block: &[u8], at: usize, found: &mut Found) -> usize {
    let (start, line) = bytes::line_around(block, at);
    let head = bytes::before(line, at - start);
    let queue_id = head.strip_suffix(b": from=").map(bytes::last_word).unwrap_or_default();
    if let Some((sender, rest)) = angle(bytes::from(line, at - start + 1)) {
        let key = bytes::key(&[syslog::host(line), queue_id]);
        if rest.starts_with(b", status=expired") {
            found.events.push(Event::Expired { key, stamp: syslog::stamp(line) });
        }
        found.senders.add(key, sender);
    }
    start + line.len()
}
