//! Exchange's message tracking log (Microsoft Learn, "Message tracking"), and the extended report of
//! Exchange Online, which has the same columns.
//!
//! | event-id | counts as |
//! |---|---|
//! | `SEND`, `SENDEXTERNAL`, `DELIVER` | delivered |
//! | `FAIL`, `BADMAIL` | bounced |
//! | `DEFER` | deferred |
//! | all others (`RECEIVE`, `SUBMIT`, `EXPAND`, `HAREDIRECT`, …) | steps on the way, not counted |
//!
//! A message is logged by every server it passes through. Records with the same Message-ID and recipient
//! are one delivery, whose last event counts. Columns are found by the names in `#Fields:`, which may
//! change within the file.

use std::sync::Arc;

use memchr::memmem;

use super::columns::plain;
use super::postfix::{DETAIL, bytes_lines};
use super::table::{cell, names};
use super::{Format, Framing, Parser, csv};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::Stamp;

const FIELDS: &[u8] = b"#Fields:";

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Exchange {
    /// The row that names the columns, where it is no comment.
    head: Vec<u8>,
    recipient: usize,
    event: usize,
    time: Option<usize>,
    status: Option<usize>,
    sender: Option<usize>,
    id: Option<usize>,
}

impl Exchange {
    /// For a row of column names, or the comment `#Fields: …`; `None` if it is neither.
    pub(super) fn new(head: &[u8]) -> Option<Self> {
        let names = names(head.strip_prefix(FIELDS).unwrap_or(head), b',');
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        Some(Self {
            head: head.to_vec(),
            recipient: find(&["recipientaddress"])?,
            event: find(&["eventid"])?,
            time: find(&["datetime", "datetimeutc"]),
            status: find(&["recipientstatus"]),
            sender: find(&["senderaddress"]),
            id: find(&["messageid"]),
        })
    }

    fn row(&self, record: &csv::Record<'_>, judge: &mut Judge<'_>, found: &mut Found) {
        let fields = csv::fields(record.bytes, b',');
        if !record.is_sound || fields.len() <= self.recipient.max(self.event) {
            return found.add_broken(record.start, record.bytes);
        }
        let status = match cell(&fields, Some(self.event)) {
            b"SEND" | b"SENDEXTERNAL" | b"DELIVER" => Status::Delivered,
            b"FAIL" | b"BADMAIL" => Status::Bounced,
            b"DEFER" => Status::Deferred,
            _ => return,
        };
        let words: Vec<&[u8]> = cell(&fields, self.status).split(|&byte| byte == b';').collect();
        for (index, recipient) in
            cell(&fields, Some(self.recipient)).split(|&byte| byte == b';').enumerate()
        {
            found.recipients += 1;
            let Some((recipient, verdict)) = judge.judge(recipient) else { continue };
            let id = cell(&fields, self.id);
            let stamp = Stamp::any(cell(&fields, self.time));
            let sender = self.sender.map(|_| cell(&fields, self.sender));
            found.events.push(Event::Attempt(Box::new(Attempt {
                key: Some(bytes::key(&[id])).filter(|_| !id.is_empty()),
                repeats: true,
                // Bounces come from nobody.
                sender: sender.map(|it| bytes::text(it.strip_prefix(b"<>").unwrap_or(it), 320)),
                status,
                detail: bytes::text(words.get(index).copied().unwrap_or_default(), DETAIL),
                id: bytes::text(id, 200),
                ..Attempt::new(record.start, stamp, recipient.into_owned(), verdict)
            })));
        }
    }
}

impl Parser for Exchange {
    fn format(&self) -> Format {
        Format::Exchange
    }

    fn framing(&self) -> Framing {
        Framing::Csv(b',')
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes_lines(block);
        let mut changed: Option<Self> = None;
        for record in csv::records(block, b',') {
            if record.bytes.starts_with(FIELDS) {
                changed = Self::new(record.bytes).or(changed);
            } else if !record.bytes.is_empty()
                && !record.bytes.starts_with(b"#")
                && record.bytes != self.head
            {
                changed.as_ref().unwrap_or(self).row(&record, judge, found);
            }
        }
    }

    fn after(&self, block: &[u8]) -> Option<Arc<dyn Parser>> {
        let heads = memmem::rfind_iter(block, FIELDS);
        let is_line = |at: &usize| *at == 0 || block.get(at - 1) == Some(&b'\n');
        let head = heads.into_iter().find(is_line)?;
        let changed = Self::new(bytes::line_around(block, head).1)?;
        if changed == *self { None } else { Some(Arc::new(changed)) }
    }
}
