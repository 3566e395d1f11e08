//! What was read, and what could not be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::format::Format;

/// How many examples and failures are kept.
const SHOWN: usize = 20;

/// Something that could not be read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// The line, or the number of the message, from 1; `None` for the file as a whole.
    pub record: Option<u64>,
    /// The beginning of the record, or why the file could not be read.
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
    /// The first of them.
    pub examples: Vec<Trouble>,
    /// Lines and headers that were too long.
    pub too_long: u64,
    /// Files that could not be read, or not to their end.
    pub failed: u64,
    /// The first of them.
    pub failures: Vec<Trouble>,
    /// Files in folders that are no mail, passed over.
    pub passed_over: u64,
    /// The first of them.
    pub others: Vec<Trouble>,
    /// Symbolic links in folders, not followed.
    pub links: u64,
    /// Deliveries outside the period that was asked for, or without a time while one was asked for.
    pub outside: u64,
}

impl Totals {
    pub(super) fn add_broken(&mut self, file: &str, record: u64, text: String) {
        push(&mut self.examples, file, Some(record), text);
    }

    pub(super) fn add_failure(&mut self, file: &str, text: String) {
        self.failed += 1;
        push(&mut self.failures, file, None, text);
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
