//! A table whose cells contain log lines, as Splunk, Graylog, Kibana and Azure export them.

use super::csv;
use super::embedded::{self, Parts, Role};
use super::kind::{Format, Framing};
use super::log;
use super::parser::Parser;
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
}

impl Export {
    /// `None` if no row contains a line of a mail server.
    pub(super) fn new(head: &[u8], delimiter: u8, lines: &[&[u8]]) -> Option<Self> {
        let columns: Vec<_> = names(head, delimiter)
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((at, embedded::role(name)?)))
            .collect();
        if !columns.iter().any(|(_, role)| role.0 == Role::Text) {
            return None;
        }
        let export = Self { delimiter, head: head.to_vec(), columns };
        let is_line = |line: &&[u8]| *line != head && export.line(line).is_some();
        lines.iter().any(is_line).then_some(export)
    }

    fn line(&self, record: &[u8]) -> Option<Vec<u8>> {
        let fields = csv::fields(record, self.delimiter);
        let mut parts = Parts::default();
        for (at, role) in &self.columns {
            if let Some(field) = fields.get(*at) {
                parts.add(*role, String::from_utf8_lossy(field));
            }
        }
        parts.line().or_else(|| parts.unread())
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
            if !record.is_sound {
                found.add_broken(record.start, record.bytes);
            } else if let Some(line) = self.line(record.bytes) {
                log::read_at(record.start, &line, judge, found);
            }
        }
        found.senders.sort();
    }
}
