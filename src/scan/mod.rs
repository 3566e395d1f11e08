//! Finds mail that already went to the wrong domain, in years of logs and mailboxes.
//!
//! [`scan`] walks over files and folders, recognises each file by its content (`format`), cuts it into blocks of whole
//! records (`reader`), searches the blocks on all processors (`run`) and combines the findings in order (`commit`,
//! `correlate`). Memory does not depend on the amount of input. If there are more logs than one machine can read,
//! [`scan_shard`] reads a part of them and [`Merge`] combines the parts.
//!
//! A scan counts deliveries: one message to one flagged recipient, with the last status that the logs
//! tell of it. `docs/scan.md` lists, by format, what tells deliveries apart and what the status is
//! read from.
//!
//! # What it does not do
//!
//! It does not read the bodies of messages, look anything up, or follow a message from one server's log into
//! another's, except for Exchange, whose logs share the Message-ID.

mod buffer;
mod bytes;
mod calendar;
mod commit;
mod correlate;
mod decode;
mod doubt;
mod event;
mod format;
mod found;
mod item;
mod judge;
mod lines;
mod memory;
mod merge;
mod order;
mod period;
mod pipe;
mod reader;
mod recent;
mod run;
mod runs;
mod shard;
mod source;
mod state;
mod tally;
mod time;
mod totals;
mod walk;
mod window;
mod years;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

pub use jiff::civil::Date;

pub use event::{Delivery, Status, Verdict, domain_of};
pub use format::{Columns, Format};
pub use judge::{PolicyName, Rules};
pub use lines::Lines;
pub use memory::{Blocks, scan_bytes};
pub use merge::Merge;
use period::Period;
pub use run::{scan, scan_shard};
pub use tally::{Counts, NO_SENDER, NULL_SENDER, OTHERS, Tally, Target, by_count, sender_domain};
pub use time::{Certainty, Time};
pub use totals::{Totals, Trouble};

/// Takes deliveries when they become final.
pub trait Sink {
    /// Takes a delivery.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the scan ends.
    fn delivery(&mut self, delivery: &Delivery) -> io::Result<()>;

    /// Writes out the deliveries that it has taken.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the scan ends.
    fn flush(&mut self) -> io::Result<()>;
}

/// Ignores deliveries, for a summary alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSink;

impl Sink for NoSink {
    fn delivery(&mut self, _: &Delivery) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The progress of a scan, to be read while it runs.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Bytes read from files, before unpacking.
    pub read: Arc<AtomicU64>,
    /// Deliveries found.
    pub found: Arc<AtomicU64>,
}

/// The options of a scan.
#[derive(Debug)]
pub struct Options {
    /// The rules that judge recipients.
    pub rules: Rules,
    /// The name of the rules in the state, which must change when the rules do.
    pub rules_name: String,
    /// Only deliveries on this day or later.
    pub since: Option<Date>,
    /// Only deliveries on this day or earlier.
    pub until: Option<Date>,
    /// The format of the files, instead of the one that the scan recognises.
    pub format: Option<Format>,
    /// The columns of tables.
    pub columns: Columns,
    /// How many times as large as a packed file its unpacked content may be.
    pub expansion: u64,
    /// The year of the first line of each file, for logs that do not contain it.
    pub year: Option<i16>,
    /// How many threads look through blocks.
    pub threads: usize,
    /// The file that standard input is a part of: reports show its name, and the day in the name gives the
    /// year.
    pub name: Option<String>,
    /// The file that remembers what the scan has read.
    pub state: Option<PathBuf>,
    /// The day of the scan.
    pub today: Date,
    /// The bytes to read at a time.
    pub block: usize,
    /// The caller sets it to end the scan early.
    pub stop: Arc<AtomicBool>,
    /// The progress, for the caller to read.
    pub progress: Progress,
}

impl Options {
    /// A scan with `rules` and default options, on one thread.
    pub fn new(rules: Rules, today: Date) -> Self {
        Self {
            rules,
            rules_name: String::new(),
            since: None,
            until: None,
            format: None,
            columns: Columns::default(),
            expansion: 250,
            year: None,
            threads: 1,
            name: None,
            state: None,
            today,
            block: reader::BLOCK,
            stop: Arc::default(),
            progress: Progress::default(),
        }
    }

    /// The wanted period.
    fn period(&self) -> Period {
        Period { since: self.since, until: self.until }
    }

    /// The values that must be equal in all runs with one state.
    fn fingerprint(&self) -> String {
        let Self { rules_name, since, until, format, columns, year, .. } = self;
        format!("{rules_name} {since:?} {until:?} {format:?} {columns:?} {year:?}")
    }
}

/// The outcome of a scan.
#[derive(Debug)]
pub struct Outcome {
    /// The summary of the findings.
    pub tally: Tally,
    /// The facts about the input.
    pub totals: Totals,
    /// Whether the scan was stopped before the end.
    pub is_stopped: bool,
}
