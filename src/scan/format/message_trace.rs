//! Microsoft 365's message trace as CSV.
//!
//! | report | columns |
//! |---|---|
//! | `Get-MessageTrace`, `Get-MessageTraceV2`, exported | `Received`, `SenderAddress`, `RecipientAddress`, `Status`, `MessageId`, … |
//! | enhanced summary of the admin center | `origin_timestamp_utc`, `sender_address`, `recipient_status` (`bob@army.ml##Receive, Send;…`), `message_id`, … |
//!
//! The extended report has the columns of a message tracking log and is read as one. Reports overlap,
//! so rows with the same Message-ID and recipient are one delivery.

use std::sync::Arc;

use super::columns::plain;
use super::common::{DETAIL, server};
use super::csv;
use super::kind::{Format, Framing};
use super::parser::Parser;
use super::row::{Dates, cell, sender, unbraced};
use super::rows::{names, rows, watch};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Clone, Debug)]
pub(super) struct MessageTrace {
    delimiter: u8,
    head: Vec<u8>,
    /// One address, or a list of addresses with what happened to each.
    recipient: usize,
    status: Option<usize>,
    time: Option<usize>,
    sender: Option<usize>,
    id: Option<usize>,
    server: Option<usize>,
    pub(super) dates: Dates,
}

impl MessageTrace {
    /// `None` if the head is not that of a message trace.
    pub(super) fn new(head: &[u8], delimiter: u8) -> Option<Self> {
        let names = names(head, delimiter);
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        let sender = Some(find(&["senderaddress"])?);
        let time = find(&["received", "origintimestamputc", "origintimestamp", "dateutc", "date"]);
        let id = find(&["messageid", "networkmessageid"]);
        let server = find(&["toip"]);
        let (recipient, status) = match find(&["recipientaddress"]) {
            Some(recipient) => (recipient, Some(find(&["status"])?)),
            None => (find(&["recipientstatus"])?, None),
        };
        Some(Self {
            delimiter,
            head: head.to_vec(),
            recipient,
            status,
            time,
            sender,
            id,
            server,
            dates: Dates::default(),
        })
    }
}

impl Parser for MessageTrace {
    fn format(&self) -> Format {
        Format::MessageTrace
    }

    fn framing(&self) -> Framing {
        Framing::Csv(self.delimiter)
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        for record in rows(block, self.delimiter, &self.head) {
            let fields = csv::fields(record.bytes, self.delimiter);
            if !record.is_sound || fields.len() <= self.recipient {
                found.add_broken(record.start, record.bytes, judge);
                continue;
            }
            let list = unbraced(cell(&fields, Some(self.recipient)).trim_ascii(), found);
            for entry in list.split(|&byte| byte == b';') {
                let entry = entry.trim_ascii();
                if entry.is_empty() {
                    continue;
                }
                found.recipients += 1;
                let end = memchr::memmem::find(entry, b"##").unwrap_or(entry.len());
                let Some((recipient, verdict)) = judge.judge(bytes::before(entry, end)) else {
                    continue;
                };
                let words = match self.status {
                    Some(_) => cell(&fields, self.status),
                    None => bytes::from(entry, end + 2),
                };
                let detail = bytes::text(words, DETAIL);
                let id = cell(&fields, self.id);
                let stamp = self.dates.read(cell(&fields, self.time));
                found.events.push(Event::Attempt(Box::new(Attempt {
                    key: Some(bytes::key(&[id])).filter(|_| !id.is_empty()),
                    repeats: true,
                    sender: Some(sender(cell(&fields, self.sender))),
                    status: last_status(&detail),
                    detail,
                    id: bytes::text(id, 200),
                    server: server(cell(&fields, self.server)),
                    ..Attempt::new(record.start, stamp, recipient.into_owned(), verdict)
                })));
            }
        }
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

/// The status from the last event that has one: `Receive, Defer, Send`.
fn last_status(events: &str) -> Status {
    let statuses = events.rsplit(',').map(Status::from_word);
    statuses.into_iter().find(|status| *status != Status::Unknown).unwrap_or(Status::Unknown)
}
