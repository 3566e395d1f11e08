//! Cisco Secure Email Gateway (`IronPort` ESA): its text mail logs, as files or through syslog ("Cisco `AsyncOS` for
//! Email User Guide", chapter "Logging", sections "Using Text Mail Logs" and "Examples of Text Mail Log Entries").
//!
//! | line | means |
//! |---|---|
//! | `MID 6 ICID 5 From: <…>` | the sender |
//! | `MID 6 ICID 5 RID 0 To: <…>` | a recipient; with `Rejected by …` after it, refused |
//! | `Message done DCID 8 MID 6 to RID [0, 1]`, `MID 6 RID [0] Response '…'` | delivered |
//! | `Delayed: DCID 8 MID 6 to RID 0 - 4.1.0 - …` | deferred |
//! | `Bounced: DCID 8 MID 6 to RID 0 - 5.1.0 - …`, also with `From: <…> To: <…>` before the RID | bounced |
//! | `Message aborted MID 6 …` | thrown away |
//! | `MID 6 rewritten to MID 7 by …`, `MID 6 was split creating MID 7 …` | the message continues as MID 7 |
//! | `LDAP: Drop query … MID 6 RID 0 …`, `LDAP: Bounce query …` | thrown away, bounced |
//!
//! A message in quarantine has no outcome before it is released.

use memchr::memmem;

use super::common::{DETAIL, address, number};
use super::kind::Format;
use super::line::Line;
use super::pending::Pending;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Outcome, Status, run_key};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// Whether a line without a known program has the form of a text mail log's entries.
pub(super) fn is_entry(text: &[u8]) -> bool {
    const STARTS: [&[u8]; 16] = [
        b"MID ",
        b"ICID ",
        b"DCID ",
        b"Start MID ",
        b"New SMTP ",
        b"Message done ",
        b"Message finished ",
        b"Message aborted ",
        b"Delivery start ",
        b"Bounced: ",
        b"Delayed: ",
        b"Double bounce: ",
        b"LDAP: ",
        b"RPC ",
        b"ISQ: ",
        b"Connection Error: DCID",
    ];
    entry(text).is_some_and(|entry| STARTS.iter().any(|start| entry.starts_with(start)))
}

/// The text after the level.
fn entry(text: &[u8]) -> Option<&[u8]> {
    [&b"Info: "[..], b"Warning: "].iter().find_map(|level| bytes::after(text, level))
}

/// Reads a line.
pub(super) fn read(
    line: &Line<'_>,
    pending: &mut Pending,
    judge: &mut Judge<'_>,
    found: &mut Found,
) {
    let Some(body) = entry(line.text) else { return };
    let Some(id) = number_after(body, b"MID ") else { return };
    let message = key(line, id);
    if let Some(rest) = body.strip_prefix(b"MID ") {
        if let Some(to) = bytes::after(rest, b" To: ") {
            recipient(line, id, rest, to, pending, judge, found);
        } else if let Some((from, _)) = bytes::after(rest, b" From: ").and_then(address) {
            found.senders.add(message, from);
        } else if let Some(words) = bytes::after(rest, b" Response ") {
            close(line, message, rest, Status::Delivered, words, (pending, found));
        } else {
            let next = [&b"rewritten to MID "[..], b"was split creating MID "];
            let next = next.iter().find_map(|words| number_after(rest, words));
            if let Some(next) = next {
                pending.rename(message, key(line, next), found);
            }
        }
        return;
    }
    let words = memmem::find(body, b" - ").map_or(&b""[..], |at| bytes::from(body, at + 3));
    let status = match body {
        [b'M', ..] if body.starts_with(b"Message done ") => Status::Delivered,
        [b'M', ..] if body.starts_with(b"Message aborted ") || body.ends_with(b" aborted") => {
            Status::Rejected
        }
        [b'B', ..] if body.starts_with(b"Bounced: ") => Status::Bounced,
        [b'D', ..] if body.starts_with(b"Delayed: ") => Status::Deferred,
        [b'L', ..] if body.starts_with(b"LDAP: Drop query ") => Status::Rejected,
        [b'L', ..] if body.starts_with(b"LDAP: Bounce query ") => Status::Bounced,
        _ => return,
    };
    let words = if status == Status::Rejected { body } else { words };
    close(line, message, body, status, words, (pending, found));
}

/// `MID 6 ICID 5 RID 0 To: <bob@army.ml>`.
fn recipient(
    line: &Line<'_>,
    id: &[u8],
    rest: &[u8],
    to: &[u8],
    pending: &mut Pending,
    judge: &mut Judge<'_>,
    found: &mut Found,
) {
    let Some((to, words)) = address(to) else {
        return found.add_broken(line.start, line.text, judge);
    };
    if to.is_empty() {
        return;
    }
    found.recipients += 1;
    let message = key(line, id);
    let judged = if judge.is_ordinary(to) { None } else { judge.judge(to) };
    pending.add(message, judged.is_some());
    let Some((recipient, verdict)) = judged else { return };
    let is_refused = memmem::find(words, b"ejected").is_some();
    let rid = number_after(rest, b" RID ").and_then(number);
    found.events.push(Event::Attempt(Box::new(Attempt {
        key: Some(message),
        run: rid.map(|rid| run_key(message, Some(rid))),
        // The outcome is on another line.
        repeats: true,
        status: if is_refused { Status::Rejected } else { Status::Unknown },
        detail: bytes::text(words.trim_ascii(), DETAIL),
        id: format!("MID {}", bytes::text(id, 32)),
        format: Some(Format::Cisco),
        ..Attempt::new(line.start, line.stamp(), recipient.into_owned(), verdict)
    })));
}

/// Passes on the outcome for the recipients that a line numbers, or for all of the message.
fn close(
    line: &Line<'_>,
    group: u64,
    text: &[u8],
    status: Status,
    words: &[u8],
    (pending, found): (&Pending, &mut Found),
) {
    let outcome = |number| Outcome {
        group,
        number,
        status,
        is_last: false,
        detail: bytes::text(words.trim_ascii(), DETAIL),
        server: None,
        stamp: line.stamp(),
    };
    // Versions before 3.8 wrote `to [0]`.
    let list = bytes::after(text, b" RID ").or_else(|| bytes::after(text, b" to "));
    let Some(list) = list else { return pending.close(outcome(None), found) };
    let list = match list {
        [b'[', list @ ..] => bytes::until(list, b']'),
        list => bytes::word(list).0,
    };
    for rid in list.split(|byte| *byte == b',').filter_map(|it| number(it.trim_ascii())) {
        pending.close(outcome(Some(rid)), found);
    }
}

/// The digits after the first `words`.
fn number_after<'a>(text: &'a [u8], words: &[u8]) -> Option<&'a [u8]> {
    let rest = bytes::after(text, words)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| bytes::before(rest, digits))
}

fn key(line: &Line<'_>, id: &[u8]) -> u64 {
    bytes::key(&[b"Cisco MID", line.host, id])
}
