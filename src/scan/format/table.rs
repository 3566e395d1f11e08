//! Tables with named columns, and what they share with JSON: a row of named values.
//!
//! The first row names the columns. A row is a delivery of its own, unless its id and status tell that it
//! was deferred before. Cells with several recipients are split as recipient fields are.

use std::borrow::Cow;

use super::columns::{Column, Columns};
use super::csv;
use super::postfix::DETAIL;
use super::{Format, Framing, Parser};
use crate::address::split_recipients;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::Stamp;

/// A table that a head describes.
#[derive(Debug)]
pub(super) struct Table {
    delimiter: u8,
    head: Vec<u8>,
    recipient: usize,
    others: [Option<usize>; 4],
}

impl Table {
    /// `None` if no column holds recipients.
    pub(super) fn new(head: &[u8], delimiter: u8, columns: &Columns) -> Option<Self> {
        let names = names(head, delimiter);
        let others = [Column::Sender, Column::Time, Column::Status, Column::Id];
        Some(Self {
            delimiter,
            head: head.to_vec(),
            recipient: columns.find(Column::Recipient, &names)?,
            others: others.map(|column| columns.find(column, &names)),
        })
    }
}

/// The names in a head.
pub(super) fn names(head: &[u8], delimiter: u8) -> Vec<String> {
    let fields = csv::fields(head, delimiter);
    fields.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
}

impl Parser for Table {
    fn format(&self) -> Format {
        Format::Csv
    }

    fn framing(&self) -> Framing {
        Framing::Csv(self.delimiter)
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += super::postfix::bytes_lines(block);
        for record in csv::records(block, self.delimiter) {
            if record.bytes.is_empty()
                || record.bytes == self.head
                || record.bytes.starts_with(b"#")
            {
                continue;
            }
            let fields = csv::fields(record.bytes, self.delimiter);
            let cell = |place: usize| fields.get(place).map(AsRef::as_ref);
            let Some(recipients) = cell(self.recipient).filter(|_| record.is_sound) else {
                found.add_broken(record.start, record.bytes);
                continue;
            };
            let [sender, time, status, id] = self.others.map(|place| place.and_then(cell));
            Row { start: record.start, sender, time, status, id }.read(recipients, judge, found);
        }
    }
}

/// What a row tells beside its recipients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) start: usize,
    pub(super) sender: Option<&'a [u8]>,
    pub(super) time: Option<&'a [u8]>,
    pub(super) status: Option<&'a [u8]>,
    pub(super) id: Option<&'a [u8]>,
}

impl Row<'_> {
    /// Judges the recipients of a cell.
    pub(super) fn read(&self, recipients: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        let recipients = recipients.trim_ascii();
        // What separates recipients, or makes one that is more than an address.
        if !recipients.iter().any(|byte| b",;<\" ".contains(byte)) {
            if !recipients.is_empty() {
                self.judge(recipients, judge, found);
            }
            return;
        }
        let text = String::from_utf8_lossy(recipients);
        for element in split_recipients(&text) {
            self.judge(text.get(element).unwrap_or_default().as_bytes(), judge, found);
        }
    }

    fn judge(&self, recipient: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.recipients += 1;
        let Some((recipient, verdict)) = judge.judge(recipient) else { return };
        let stamp = self.time.and_then(Stamp::any);
        let word = self.status.map(|status| bytes::text(status, DETAIL)).unwrap_or_default();
        let id = self.id.filter(|id| !id.is_empty());
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: id.map(|id| bytes::key(&[id])),
            sender: self.sender.map(|sender| bytes::text(sender, 320)),
            status: Status::from_word(&word),
            detail: word,
            id: id.map(|id| bytes::text(id, 200)).unwrap_or_default(),
            ..Attempt::new(self.start, stamp, recipient.into_owned(), verdict)
        })));
    }
}

/// A cell by its place.
pub(super) fn cell<'a>(fields: &'a [Cow<'_, [u8]>], place: Option<usize>) -> &'a [u8] {
    place.and_then(|place| fields.get(place)).map(AsRef::as_ref).unwrap_or_default()
}
