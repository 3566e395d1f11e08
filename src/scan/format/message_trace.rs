//! Microsoft 365's message trace as CSV.
//!
//! | report | columns |
//! |---|---|
//! | `Get-MessageTrace`, `Get-MessageTraceV2`, exported | `Received`, `SenderAddress`, `RecipientAddress`, `Status`, `MessageId`, … |
//! | enhanced summary of the admin center | `origin_timestamp_utc`, `sender_address`, `recipient_status` (`bob@army.ml##Receive, Send;…`), `message_id`, … |
//!
//! The extended report has the columns of a message tracking log and is read as one. Rows with the same
//! Message-ID and recipient are one delivery: reports overlap.

use super::columns::plain;
use super::postfix::{DETAIL, bytes_lines};
use super::table::{cell, names};
use super::{Format, Framing, Parser, csv};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::Stamp;

#[derive(Debug)]
pub(super) struct MessageTrace {
    delimiter: u8,
    head: Vec<u8>,
    /// One address, or a list of addresses with what happened to each.
    recipient: usize,
    status: Option<usize>,
    time: Option<usize>,
    sender: Option<usize>,
    id: Option<usize>,
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
        let (recipient, status) = match find(&["recipientaddress"]) {
            Some(recipient) => (recipient, Some(find(&["status"])?)),
            None => (find(&["recipientstatus"])?, None),
        };
        Some(Self { delimiter, head: head.to_vec(), recipient, status, time, sender, id })
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
        found.records += bytes_lines(block);
        for record in csv::records(block, self.delimiter) {
            // PowerShell 5 writes `#TYPE …` first.
            if record.bytes.is_empty()
                || record.bytes == self.head
                || record.bytes.starts_with(b"#")
            {
                continue;
            }
            let fields = csv::fields(record.bytes, self.delimiter);
            if !record.is_sound || fields.len() <= self.recipient {
                found.add_broken(record.start, record.bytes);
                continue;
            }
            for entry in cell(&fields, Some(self.recipient)).split(|&byte| byte == b';') {
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
                let stamp = Stamp::any(cell(&fields, self.time));
                found.events.push(Event::Attempt(Box::new(Attempt {
                    key: Some(bytes::key(&[id])).filter(|_| !id.is_empty()),
                    repeats: true,
                    sender: Some(bytes::text(cell(&fields, self.sender), 320)),
                    status: last_status(&detail),
                    detail,
                    id: bytes::text(id, 200),
                    ..Attempt::new(record.start, stamp, recipient.into_owned(), verdict)
                })));
            }
        }
    }
}

/// What the last of the events says that says anything: `Receive, Defer, Send`.
fn last_status(events: &str) -> Status {
    let statuses = events.rsplit(',').map(Status::from_word);
    statuses.into_iter().find(|status| *status != Status::Unknown).unwrap_or(Status::Unknown)
}
