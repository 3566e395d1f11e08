//! Combines the facts about files from their parts: pipes with one name are parts of one file, and only the whole
//! file shows whether a finding would have been seen.

use std::collections::HashMap;

use super::super::doubt::{Reading, doubt};
use super::super::format::Format;
use super::super::shard::FileEnd;
use super::super::totals::Totals;

/// The files of all shards.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The files, in the order in which they first appear.
    list: Vec<FileEnd>,
    parts: HashMap<(String, Format), usize>,
}

impl Files {
    /// Adds a file or a part of one.
    pub(super) fn add(&mut self, file: FileEnd, totals: &mut Totals) {
        if !file.is_part {
            self.list.push(file);
            return;
        }
        let place = self.parts.entry((file.name.clone(), file.format)).or_insert(self.list.len());
        let Some(whole) = self.list.get_mut(*place) else {
            self.list.push(file);
            return;
        };
        // Each shard has counted its part as a file.
        if let Some(count) = totals.files.get_mut(&file.format) {
            *count = count.saturating_sub(1);
        }
        whole.records += file.records;
        whole.recipients += file.recipients;
        whole.broken += file.broken;
        whole.lines.add(&file.lines);
        for assumption in file.assumptions {
            if !whole.assumptions.contains(&assumption) {
                whole.assumptions.push(assumption);
            }
        }
    }

    /// Adds the report's facts about each file.
    pub(super) fn judge(&self, totals: &mut Totals) {
        for file in &self.list {
            let why = doubt(Reading {
                format: file.format,
                lines: &file.lines,
                records: file.records,
                broken: file.broken,
                recipients: file.recipients,
                is_found: file.is_found,
            });
            if let Some(why) = why {
                totals.add_doubt(&file.name, why);
            }
            for assumption in &file.assumptions {
                totals.add_assumption(&file.name, assumption.clone());
            }
        }
    }
}
