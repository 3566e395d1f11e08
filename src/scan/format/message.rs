//! One message (RFC 5322): `.eml`, or a file in a Maildir. Only its header is read.
//!
//! The recipients of `To`, `Cc`, `Bcc` and their `Resent-` forms are judged together as in the add-ins,
//! with display names and the subject. A message does not contain its outcome, so the status is unknown.
//! The same message in two folders has one Message-ID and counts once.

use memchr::memchr;

use super::kind::{Format, Framing};
use super::parser::Parser;
use crate::mail::Mail;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::{Order, Stamp};

#[derive(Debug)]
pub(super) struct Message;

impl Parser for Message {
    fn format(&self) -> Format {
        Format::Message
    }

    fn framing(&self) -> Framing {
        Framing::Message
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += 1;
        if !read(0, block, judge, found) {
            found.add_broken(0, block, judge);
        }
    }

    fn records_in(&self, part: &[u8]) -> u64 {
        u64::from(!part.is_empty())
    }
}

/// Judges the recipients in a header; returns whether it is one. A message to nobody, such as a draft,
/// is valid.
pub(super) fn read(start: usize, header: &[u8], judge: &mut Judge<'_>, found: &mut Found) -> bool {
    let Some(mail) = Mail::parse(header) else {
        return is_field(bytes::until(header, b'\n'));
    };
    found.recipients += mail.recipients.len() as u64;
    let id = mail.id.as_deref().filter(|id| !id.is_empty());
    let stamp =
        mail.date.as_deref().and_then(|date| Stamp::any(date.as_bytes(), Order::MonthFirst));
    let verdicts = judge.judge_mail(&mail);
    let is_flagged = verdicts.iter().any(Option::is_some);
    let marking = if is_flagged { judge.marking_of(&mail) } else { None };
    for (recipient, verdict) in mail.recipients.iter().zip(verdicts) {
        let Some(verdict) = verdict else { continue };
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: id.map(|id| bytes::key(&[id.as_bytes()])),
            repeats: true,
            sender: mail.from.clone(),
            marking: marking.map(str::to_owned),
            id: id.map(|id| bytes::text(id.as_bytes(), 200)).unwrap_or_default(),
            ..Attempt::new(start, stamp, recipient.address.clone(), verdict)
        })));
    }
    true
}

/// Whether a line begins with the name of a header field (RFC 5322 §2.2).
pub(super) fn is_field(line: &[u8]) -> bool {
    memchr(b':', line).is_some_and(|colon| {
        let name = bytes::before(line, colon);
        (1..=70).contains(&name.len()) && name.iter().all(|byte| matches!(byte, b'!'..=b'~'))
    })
}
