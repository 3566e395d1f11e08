//! A table whose cells contain log lines, as Splunk, Graylog, Kibana and Azure export them.

use std::borrow::Cow;

use super::columns::{Column, Columns};
use super::csv;
use super::embedded::{self, Parts, Role};
use super::jsonl::Jsonl;
use super::kind::{Format, Framing};
use super::log;
use super::parser::Parser;
use super::row::cell;
use super::rows::{names, rows};
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Debug)]
pub(super) struct Export {
    delimiter: u8,
    head: Vec<u8>,
    /// The columns that hold a log line or a part of one.
    columns: Vec<(usize, (Role, usize))>,
    /// The columns that name recipients, as far as the export has taken them from the line.
    recipients: Vec<usize>,
}

/// The contents of a row.
enum Content {
    /// The line of a mail server.
    Line(Vec<u8>),
    /// The line of a program that delivers no mail.
    Other,
    Unknown,
}

impl Export {
    /// `None` if no row contains a line of a mail server, or a row names recipients apart from its line.
    pub(super) fn new(head: &[u8], delimiter: u8, lines: &[&[u8]]) -> Option<Self> {
        let names = names(head, delimiter);
        let columns: Vec<_> = names
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((at, embedded::role(name)?)))
            .collect();
        if !columns.iter().any(|(_, role)| role.0 == Role::Text) {
            return None;
        }
        let recipients = Columns::default().find_all(Column::Recipient, &names);
        let export = Self { delimiter, head: head.to_vec(), columns, recipients };
        let rows = || lines.iter().filter(|line| **line != head);
        let is_line =
            |row: &&[u8]| matches!(export.content(&csv::fields(row, delimiter)), Content::Line(_));
        let is_apart = |row: &&[u8]| {
            let fields = csv::fields(row, delimiter);
            matches!(export.content(&fields), Content::Line(line) if export.names_others(&fields, &line))
        };
        (rows().any(is_line) && !rows().any(is_apart)).then_some(export)
    }

    /// Whether a row names a recipient that its line does not contain.
    fn names_others(&self, fields: &[Cow<'_, [u8]>], line: &[u8]) -> bool {
        let cells = self.recipients.iter().map(|&place| cell(fields, Some(place)));
        cells.into_iter().any(|cell| cell.contains(&b'@') && !embedded::contains(line, cell))
    }

    fn content(&self, fields: &[Cow<'_, [u8]>]) -> Content {
        let mut parts = Parts::default();
        for (at, role) in &self.columns {
            if let Some(field) = fields.get(*at) {
                parts.add(*role, String::from_utf8_lossy(field));
            }
        }
        match parts.line().or_else(|| parts.unread()) {
            Some(line) => Content::Line(line),
            None if parts.is_of_other() => Content::Other,
            None => Content::Unknown,
        }
    }

    fn row(&self, record: &csv::Record<'_>, judge: &mut Judge<'_>, found: &mut Found) {
        let fields = csv::fields(record.bytes, self.delimiter);
        match self.content(&fields) {
            Content::Line(line) => {
                log::read_at(record.start, &line, judge, found);
                if self.names_others(&fields, &line) {
                    found.note_flagged(record.bytes, judge);
                }
            }
            Content::Other => {}
            Content::Unknown => {
                // Splunk and others put records of services into the column of lines.
                let texts = self.columns.iter().filter(|(_, role)| role.0 == Role::Text);
                let texts = texts.map(|(at, _)| cell(&fields, Some(*at)));
                match texts.into_iter().find(|text| embedded::is_json(text)) {
                    Some(text) => Jsonl::default().read(record.start, text, judge, found),
                    None => found.note_flagged(record.bytes, judge),
                }
            }
        }
    }
}

impl Parser for Export {
    fn format(&self) -> Format {
        Format::Csv
    }

    fn framing(&self) -> Framing {
        Framing::Csv(self.delimiter)
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        for record in rows(block, self.delimiter, &self.head) {
            if record.is_sound {
                self.row(&record, judge, found);
            } else {
                found.add_broken(record.start, record.bytes, judge);
            }
        }
        found.senders.sort();
    }
}
