//! Reads tables with named columns, and tables without names whose cells show their meaning.
//!
//! The first row names the columns. Each row is a delivery, unless its id shows that another row is about
//! the same message. Cells with several recipients are split like recipient fields.

use std::sync::Arc;

use memchr::memmem;

use super::columns::{Column, Columns};
use super::csv;
use super::jsonl::Jsonl;
use super::kind::{Format, Framing};
use super::list;
use super::parser::Parser;
use super::row::{Dates, Row, cell};
use super::rows::{names, rows, watch};
use crate::scan::bytes;
use crate::scan::event::Status;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// A table, described by its head or its cells.
#[derive(Clone, Debug)]
pub(super) struct Table {
    delimiter: u8,
    head: Vec<u8>,
    recipients: Vec<usize>,
    sender: Option<usize>,
    time: Option<usize>,
    status: Option<usize>,
    id: Option<usize>,
    /// Whether the cells of recipients are JSON objects, as Purview exports them.
    is_json: bool,
    /// Columns of senders besides `sender`, which do not hold recipients.
    senders: Vec<usize>,
    /// Whether the user named the columns.
    is_given: bool,
    pub(super) dates: Dates,
}

impl Table {
    /// `None` if no column contains recipients.
    pub(super) fn new(head: &[u8], delimiter: u8, columns: &Columns) -> Option<Self> {
        let names = names(head, delimiter);
        let find = |column| columns.find(column, &names);
        let json = names.iter().position(|name| super::columns::plain(name) == "auditdata");
        let recipients = match json.filter(|_| !columns.is_given()) {
            Some(json) => vec![json],
            None => columns.find_all(Column::Recipient, &names),
        };
        if recipients.is_empty() {
            return None;
        }
        let is_sender = |name: &String| {
            let name = super::columns::plain(name);
            Column::Sender.usual().contains(&name.as_str()) || name == "replyto"
        };
        let senders = names.iter().enumerate().filter(|(_, name)| is_sender(name));
        Some(Self {
            delimiter,
            head: head.to_vec(),
            recipients,
            senders: senders.map(|(at, _)| at).collect(),
            sender: find(Column::Sender),
            time: find(Column::Time),
            status: find(Column::Status),
            id: find(Column::Id),
            is_json: json.is_some() && !columns.is_given(),
            is_given: columns.is_given(),
            dates: Dates::default(),
        })
    }

    /// A parser for rows without column names: every column with addresses may contain recipients.
    pub(super) fn of_rows(rows: &[&[u8]], delimiter: u8) -> Option<Self> {
        let rows: Vec<Vec<_>> = rows.iter().map(|row| csv::fields(row, delimiter)).collect();
        let width = rows.first()?.len();
        if width < 2 || rows.iter().any(|row| row.len() != width) {
            return None;
        }
        // A table without column names has no command or log line in its cells.
        let is_command = |cell: &[u8]| {
            let bracket = memmem::find(cell, b":<").or_else(|| memmem::find(cell, b"=<"));
            bracket.is_some_and(|at| bytes::from(cell, at).contains(&b'@'))
        };
        if rows.iter().flatten().any(|cell| is_command(cell)) {
            return None;
        }
        let most = |is: &dyn Fn(&[u8]) -> bool, column: usize| {
            let count = rows.iter().filter(|row| is(cell(row, Some(column)))).count();
            2 * count > rows.len()
        };
        let is_status = |cell: &[u8]| {
            cell.len() < 30
                && !cell.contains(&b'@')
                && Status::from_word(&String::from_utf8_lossy(cell)) != Status::Unknown
                && cell.iter().any(u8::is_ascii_alphabetic)
        };
        let is_time = |cell: &[u8]| Dates::default().read(cell).is_some();
        let all = || 0..width;
        let recipients: Vec<usize> = all().filter(|&it| most(&list::are_addresses, it)).collect();
        let first = *recipients.first()?;
        Some(Self {
            delimiter,
            head: Vec::new(),
            sender: Some(first).filter(|_| recipients.len() > 1),
            recipients,
            time: all().find(|&it| most(&is_time, it)),
            status: all().find(|&it| most(&is_status, it)),
            id: None,
            is_json: false,
            senders: Vec::new(),
            is_given: false,
            dates: Dates::default(),
        })
    }

    fn read(&self, record: &csv::Record<'_>, judge: &mut Judge<'_>, found: &mut Found) {
        let fields = csv::fields(record.bytes, self.delimiter);
        let is_whole = self.recipients.iter().any(|&place| place < fields.len());
        if !record.is_sound || !is_whole {
            return found.add_broken(record.start, record.bytes, judge);
        }
        let at =
            |place: Option<usize>| place.and_then(|place| fields.get(place)).map(AsRef::as_ref);
        if self.is_json {
            let json = cell(&fields, self.recipients.first().copied());
            return Jsonl::default().read(record.start, json, judge, found);
        }
        let row = Row {
            start: record.start,
            sender: at(self.sender),
            time: at(self.time),
            status: at(self.status),
            id: at(self.id),
            dates: self.dates,
        };
        let known = |at| {
            self.recipients.contains(&at)
                || self.senders.contains(&at)
                || [self.sender, self.id].contains(&Some(at))
        };
        let others =
            fields.iter().enumerate().filter(|(at, cell)| !known(*at) && list::are_addresses(cell));
        let is_unclear = others.into_iter().any(|(_, cell)| judge.names_flagged(cell));
        found.lines.flagged += u64::from(is_unclear && !self.is_given);
        let mut given = Vec::new();
        for &place in &self.recipients {
            let is_sender = Some(place) == self.sender;
            let row = Row { sender: row.sender.filter(|_| !is_sender), ..row };
            row.read_new(cell(&fields, Some(place)), &mut given, judge, found);
        }
    }
}

impl Parser for Table {
    fn format(&self) -> Format {
        Format::Csv
    }

    fn framing(&self) -> Framing {
        Framing::Csv(self.delimiter)
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        for record in rows(block, self.delimiter, &self.head) {
            self.read(&record, judge, found);
        }
    }

    fn assumption(&self) -> Option<String> {
        let columns: Vec<String> = self.recipients.iter().map(|it| (it + 1).to_string()).collect();
        let head = self.head.is_empty().then(|| {
            format!(
                "its columns have no names; scan took recipients from column {}",
                columns.join(", ")
            )
        });
        match (head, self.dates.assumption()) {
            (Some(head), Some(dates)) => Some(format!("{head}; {dates}")),
            (head, dates) => head.or(dates),
        }
    }

    fn dates_in(&self, block: &[u8], dates: &mut Dates) {
        watch(block, self.delimiter, self.time, &self.head, dates);
    }

    fn with_dates(&self, dates: Dates) -> Option<Arc<dyn Parser>> {
        Some(Arc::new(Self { dates, ..self.clone() }))
    }
}
