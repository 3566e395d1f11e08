//! Counts of the files and records that were read, and of those that could not be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::format::Format;
use super::lines::Lines;

/// The most examples and failures to keep.
const SHOWN: usize = 20;

/// An example of something that could not be read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// The line, or the number of the message, from 1; `None` for the file as a whole.
    pub record: Option<u64>,
    /// The beginning of the record, or the error of the file.
    pub text: String,
}

/// Sums over all files.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Totals {
    /// Files that were read, by format.
    pub files: BTreeMap<Format, u64>,
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Lines, and messages.
    pub records: u64,
    /// Recipients that were judged, as often as the logs name them.
    pub recipients: u64,
    /// Records that could not be read.
    pub broken: u64,
    /// The first broken records.
    pub examples: Vec<Trouble>,
    /// Lines and headers that were too long.
    pub too_long: u64,
    /// Files that could not be read, or not to their end.
    pub failed: u64,
    /// The first failed files.
    pub failures: Vec<Trouble>,
    /// Files in folders that the scan passed over, because they are not mail.
    pub passed_over: u64,
    /// The first files that were passed over.
    pub others: Vec<Trouble>,
    /// Symbolic links in folders, not followed.
    pub links: u64,
    /// Deliveries outside the period that was asked for.
    pub outside: u64,
    /// Deliveries that may lie in the period and were left out: they have no time.
    pub undated: u64,
    /// Deliveries that may lie in the period and were left out: their year, or their day, was assumed.
    pub unsure: u64,
    /// The lines of the logs by kind.
    pub lines: Lines,
    /// Files in which mail to a look-alike might not have been seen.
    pub doubtful: u64,
    /// The first doubtful files, with the reasons.
    pub doubts: Vec<Trouble>,
    /// The assumptions about times, by file.
    pub assumptions: Vec<Trouble>,
}

impl Totals {
    pub(super) fn add_broken(&mut self, file: &str, record: u64, text: String) {
        push(&mut self.examples, file, Some(record), text);
    }

    pub(super) fn add_failure(&mut self, file: &str, text: String) {
        self.failed += 1;
        push(&mut self.failures, file, None, text);
    }

    pub(super) fn add_doubt(&mut self, file: &str, text: String) {
        self.doubtful += 1;
        push(&mut self.doubts, file, None, text);
    }

    pub(super) fn add_assumption(&mut self, file: &str, text: String) {
        push(&mut self.assumptions, file, None, text);
    }

    /// Adds a doubt if the scan has read no recipient at all, since that proves nothing either.
    pub(super) fn doubt_silence(&mut self) {
        let is_empty = self.records == 0 && !self.files.is_empty() && self.passed_over == 0;
        if self.recipients == 0 && self.failed == 0 && self.doubtful == 0 && !is_empty {
            self.doubtful += 1;
            self.doubts.push(Trouble {
                file: "(all files)".to_owned(),
                record: None,
                text: "nothing that names a recipient was read".to_owned(),
            });
        }
    }

    /// Whether a scan without findings proves that the logs hold none: it read every named file,
    /// and would have recognised findings in it.
    pub fn is_clear(&self) -> bool {
        self.failed == 0 && self.doubtful == 0 && self.undated == 0 && self.unsure == 0
    }

    /// Adds the counts of another part.
    pub(super) fn add(&mut self, more: Self) {
        for (format, count) in more.files {
            *self.files.entry(format).or_default() += count;
        }
        self.lines.add(&more.lines);
        for (count, more) in [
            (&mut self.bytes, more.bytes),
            (&mut self.records, more.records),
            (&mut self.recipients, more.recipients),
            (&mut self.broken, more.broken),
            (&mut self.too_long, more.too_long),
            (&mut self.failed, more.failed),
            (&mut self.passed_over, more.passed_over),
            (&mut self.links, more.links),
            (&mut self.outside, more.outside),
            (&mut self.undated, more.undated),
            (&mut self.unsure, more.unsure),
            (&mut self.doubtful, more.doubtful),
        ] {
            *count += more;
        }
        for (list, more) in [
            (&mut self.examples, more.examples),
            (&mut self.failures, more.failures),
            (&mut self.others, more.others),
            (&mut self.doubts, more.doubts),
            (&mut self.assumptions, more.assumptions),
        ] {
            let room = SHOWN.saturating_sub(list.len());
            list.extend(more.into_iter().take(room));
        }
    }

    pub(super) fn add_passed_over(&mut self, file: &str, text: String) {
        self.passed_over += 1;
        push(&mut self.others, file, None, text);
    }
}

fn push(troubles: &mut Vec<Trouble>, file: &str, record: Option<u64>, text: String) {
    if troubles.len() < SHOWN {
        troubles.push(Trouble { file: file.to_owned(), record, text });
    }
}
