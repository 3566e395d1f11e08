//! Exchange's message tracking log (Microsoft Learn, "Message tracking"), what `Get-MessageTrackingLog` gives of
//! it as a table, and the extended report of Exchange Online, which has the same columns.
//!
//! | event-id | counts as |
//! |---|---|
//! | `SEND`, `SENDEXTERNAL`, `DELIVER` | delivered |
//! | `FAIL`, `BADMAIL` | bounced |
//! | `DEFER` | deferred |
//! | all others (`RECEIVE`, `SUBMIT`, `EXPAND`, `HAREDIRECT`, …) | steps on the way, not counted |
//!
//! Every server that a message passes through logs it. Records with the same Message-ID and recipient
//! are one delivery, whose last event counts. Columns are found by the names in `#Fields:`, which may
//! change within the file.

use std::sync::Arc;

use memchr::memmem;

use super::columns::plain;
use super::common::{DETAIL, server};
use super::csv;
use super::kind::{Format, Framing};
use super::parser::Parser;
use super::row::{Dates, cell, parts, sender};
use super::table::{is_no_row, names, watch};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

const FIELDS: &[u8] = b"#Fields:";

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Exchange {
    delimiter: u8,
    /// The row with the column names, unless a comment contains them.
    head: Vec<u8>,
    recipient: usize,
    event: usize,
    time: Option<usize>,
    status: Option<usize>,
    sender: Option<usize>,
    id: Option<usize>,
    server: Option<usize>,
    pub(super) dates: Dates,
}

impl Exchange {
    /// A parser for a row of column names, or for the comment `#Fields: …`; `None` if `head` is neither.
    pub(super) fn new(head: &[u8], delimiter: u8) -> Option<Self> {
        let names = names(head.strip_prefix(FIELDS).unwrap_or(head), delimiter);
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        Some(Self {
            delimiter,
            head: head.to_vec(),
            recipient: find(&["recipientaddress", "recipients"])?,
            event: find(&["eventid"])?,
            time: find(&["datetime", "datetimeutc", "timestamp"]),
            status: find(&["recipientstatus"]),
            sender: find(&["senderaddress", "sender"]),
            id: find(&["messageid"]),
            server: find(&["serverhostname"]),
            dates: Dates::default(),
        })
    }

    fn row(&self, record: &csv::Record<'_>, judge: &mut Judge<'_>, found: &mut Found) {
        let fields = csv::fields(record.bytes, self.delimiter);
        if !record.is_sound || fields.len() <= self.recipient.max(self.event) {
            return found.add_broken(record.start, record.bytes);
        }
        let status = match cell(&fields, Some(self.event)) {
            b"SEND" | b"SENDEXTERNAL" | b"DELIVER" => Status::Delivered,
            b"FAIL" | b"BADMAIL" => Status::Bounced,
            b"DEFER" => Status::Deferred,
            _ => return,
        };
        let words = parts(cell(&fields, self.status), &mut Found::default());
        let words: Vec<Vec<u8>> = words.into_iter().map(<[u8]>::to_vec).collect();
        for (index, recipient) in
            parts(cell(&fields, Some(self.recipient)), found).into_iter().enumerate()
        {
            if recipient.is_empty() {
                continue;
            }
            found.recipients += 1;
            let Some((recipient, verdict)) = judge.judge(recipient) else { continue };
            let id = cell(&fields, self.id);
            let stamp = self.dates.read(cell(&fields, self.time));
            found.events.push(Event::Attempt(Box::new(Attempt {
                key: Some(bytes::key(&[id])).filter(|_| !id.is_empty()),
                repeats: true,
                sender: self.sender.map(|_| sender(cell(&fields, self.sender))),
                status,
                detail: bytes::text(
                    words.get(index).map(Vec::as_slice).unwrap_or_default(),
                    DETAIL,
                ),
                id: bytes::text(id, 200),
                server: server(cell(&fields, self.server)),
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
        Framing::Csv(self.delimiter)
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        let mut changed: Option<Self> = None;
        for record in csv::records(block, self.delimiter) {
            if record.bytes.starts_with(FIELDS) {
                changed = Self::new(record.bytes, self.delimiter).or(changed);
            } else if !is_no_row(record.bytes, &self.head) {
                changed.as_ref().unwrap_or(self).row(&record, judge, found);
            }
        }
    }

    fn after(&self, block: &[u8]) -> Option<Arc<dyn Parser>> {
        let heads = memmem::rfind_iter(block, FIELDS);
        let is_line = |at: &usize| *at == 0 || block.get(at - 1) == Some(&b'\n');
        let head = heads.into_iter().find(is_line)?;
        let changed = Self::new(bytes::line_around(block, head).1, self.delimiter)?;
        let changed = Self { dates: self.dates, ..changed };
        if changed == *self { None } else { Some(Arc::new(changed)) }
    }

    fn assumption(&self) -> Option<String> {
        self.dates.assumption()
    }

    fn dates_in(&self, block: &[u8], dates: &mut Dates) {
        watch(block, self.delimiter, self.time, &self.head, dates);
    }

    fn with_dates(&self, dates: Dates) -> Option<Arc<dyn Parser>> {
        Some(Arc::new(Self { dates, ..self.clone() }))
    }
}
