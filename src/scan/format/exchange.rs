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

use std::borrow::Cow;
use std::sync::Arc;

use memchr::memmem;

use super::columns::plain;
use super::common::{DETAIL, server};
use super::csv;
use super::kind::{Format, Framing};
use super::parser::Parser;
use super::row::{Dates, cell, parts, sender};
use super::rows::{is_no_row, names, watch};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::{Order, Stamp};

const FIELDS: &[u8] = b"#Fields:";

/// The first columns that Exchange writes since 2007, for logs whose head was cut off.
const USUAL: &[u8] = b"#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,\
source-context,connector-id,source,event-id,internal-message-id,message-id,recipient-address,\
recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject,\
sender-address";

/// The first columns that Exchange writes since 2013, with `network-message-id` among them.
const CURRENT: &[u8] = b"#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,\
source-context,connector-id,source,event-id,internal-message-id,message-id,network-message-id,\
recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,\
message-subject,sender-address";

/// The values of `source`.
const SOURCES: [&[u8]; 14] = [
    b"ADMIN",
    b"AGENT",
    b"APPROVAL",
    b"BOOTLOADER",
    b"DNS",
    b"DSN",
    b"GATEWAY",
    b"MAILBOXRULE",
    b"MEETINGMESSAGEPROCESSOR",
    b"ORAR",
    b"PICKUP",
    b"ROUTING",
    b"SMTP",
    b"STOREDRIVER",
];

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

    /// A parser for rows without column names.
    pub(super) fn of_rows(rows: &[&[u8]]) -> Option<Self> {
        let is_row = |fields: &[Cow<'_, [u8]>]| {
            SOURCES.contains(&cell(fields, Some(7)))
                && cell(fields, Some(8)).iter().all(u8::is_ascii_uppercase)
                && Stamp::any(cell(fields, Some(0)), Order::MonthFirst).is_some()
        };
        let has_network_id = |fields: &[Cow<'_, [u8]>]| {
            let id = cell(fields, Some(11));
            id.len() == 36 && !id.contains(&b'@') || fields.len() >= 28
        };
        let rows: Vec<_> = rows.iter().map(|row| csv::fields(row, b',')).collect();
        if 2 * rows.iter().filter(|row| is_row(row)).count() <= rows.len() {
            return None;
        }
        let is_current = rows.iter().any(|row| has_network_id(row));
        Self::new(if is_current { CURRENT } else { USUAL }, b',')
    }

    fn row(&self, record: &csv::Record<'_>, judge: &mut Judge<'_>, found: &mut Found) {
        let fields = csv::fields(record.bytes, self.delimiter);
        if !record.is_sound || fields.len() <= self.recipient.max(self.event) {
            return found.add_broken(record.start, record.bytes, judge);
        }
        let status = status(cell(&fields, Some(self.event)));
        if status == Status::Unknown {
            return;
        }
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

/// The status of a delivery after an event; unknown for events before its end.
pub(super) fn status(event: &[u8]) -> Status {
    match event {
        b"SEND" | b"SENDEXTERNAL" | b"DELIVER" => Status::Delivered,
        b"FAIL" | b"BADMAIL" => Status::Bounced,
        b"DEFER" => Status::Deferred,
        _ => Status::Unknown,
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
