//! A part of a scan, for [`merge`](super::merge): the records about flagged recipients, before they are combined.
//!
//! A message may be deferred in one part of the logs and delivered in another, and its sender may be in a third. So a
//! shard contains no deliveries, but the records for them, in order; the facts about each file; and the senders of
//! messages whose recipients may come in a later part. Each line is one JSON object ([`Line`]): the first names the
//! shard and its rules, the last confirms that the shard is complete. One file may contain several shards, one after the
//! other.
//!
//! Like a state, a shard holds addresses.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Options;
use super::event::{Attempt, Outcome};
use super::format::Format;
use super::found::Senders;
use super::judge::PolicyName;
use super::lines::Lines;
use super::source::Info;
use super::time::{Certainty, Time};
use super::totals::Totals;
use crate::detect::Severity;

/// The version of the format. A later release may write another one.
pub(super) const VERSION: u32 = 1;

/// The most senders on a line.
const SENDERS: usize = 500;

/// A line of a shard.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    Shard(Box<Head>),
    Attempt(Box<Logged>),
    Expired {
        key: u64,
        time: Option<Moment>,
    },
    Outcome {
        time: Option<Moment>,
        says: Box<Outcome>,
    },
    Renamed {
        old: u64,
        new: u64,
    },
    File(Box<FileEnd>),
    /// Message keys and senders, the latest last.
    Senders(Vec<(u64, String)>),
    End(Box<End>),
}

/// The values that must be equal in shards that belong together, and an id, which must differ.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Head {
    pub(super) version: u32,
    /// A random id. Two shards with the same id are the same shard, given twice.
    pub(super) id: String,
    pub(super) rules: Rules,
}

/// The rules.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Rules {
    pub(super) policy: PolicyName,
    pub(super) least: Severity,
    pub(super) since: Option<Date>,
    pub(super) until: Option<Date>,
}

/// A record and its place.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Logged {
    pub(super) time: Option<Moment>,
    /// The sender that the message's own line named, if the part holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sender: Option<String>,
    pub(super) format: Format,
    pub(super) file: String,
    pub(super) record: u64,
    pub(super) says: Attempt,
}

/// A time with its certainty.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Moment {
    at: Time,
    #[serde(default, skip_serializing_if = "is_certain")]
    certainty: Certainty,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_certain(certainty: &Certainty) -> bool {
    *certainty == Certainty::Certain
}

impl From<Time> for Moment {
    fn from(time: Time) -> Self {
        Self { at: time, certainty: time.certainty }
    }
}

impl From<Moment> for Time {
    fn from(Moment { at, certainty }: Moment) -> Self {
        Self { certainty, ..at }
    }
}

/// The facts about a file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct FileEnd {
    pub(super) name: String,
    pub(super) format: Format,
    /// Whether the file is a pipe: other shards with that name are parts of the same file.
    pub(super) is_part: bool,
    pub(super) is_found: bool,
    pub(super) records: u64,
    pub(super) recipients: u64,
    pub(super) broken: u64,
    pub(super) lines: Lines,
    /// The assumptions about the file's times.
    pub(super) assumptions: Vec<String>,
}

/// The sums.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct End {
    pub(super) totals: Totals,
    /// The latest time that was read.
    pub(super) last: Option<Moment>,
    pub(super) is_stopped: bool,
}

/// Writes the lines of a shard.
pub(super) struct Recorder<'a> {
    out: &'a mut (dyn Write + Send),
    stop: Arc<AtomicBool>,
    last: Option<Time>,
    error: Option<io::Error>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(out: &'a mut (dyn Write + Send), options: &Options) -> Self {
        let mut recorder = Self { out, stop: Arc::clone(&options.stop), last: None, error: None };
        let (since, until) = (options.since, options.until);
        let rules = Rules {
            policy: options.rules.name().clone(),
            least: options.rules.least(),
            since,
            until,
        };
        let id = format!("{:032x}", rand::random::<u128>());
        recorder.write(&Line::Shard(Box::new(Head { version: VERSION, id, rules })));
        recorder
    }

    /// Writes a line. After an error the scan ends.
    fn write(&mut self, line: &Line) {
        if self.error.is_some() {
            return;
        }
        let written = serde_json::to_writer(&mut *self.out, line).map_err(io::Error::from);
        if let Err(error) = written.and_then(|()| self.out.write_all(b"\n")) {
            self.error = Some(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// A time that was read, with or without a finding.
    pub(super) fn see(&mut self, time: Option<Time>) {
        if let Some(time) = time
            && self.last.is_none_or(|last| last.civil < time.civil)
        {
            self.last = Some(time);
        }
    }

    pub(super) fn attempt(
        &mut self,
        says: Attempt,
        time: Option<Time>,
        sender: Option<String>,
        (format, file, record): (Format, &str, u64),
    ) {
        let (time, file) = (time.map(Moment::from), file.to_owned());
        self.write(&Line::Attempt(Box::new(Logged { time, sender, format, file, record, says })));
    }

    pub(super) fn expire(&mut self, key: u64, time: Option<Time>) {
        self.write(&Line::Expired { key, time: time.map(Moment::from) });
    }

    pub(super) fn outcome(&mut self, says: Outcome, time: Option<Time>) {
        self.write(&Line::Outcome { time: time.map(Moment::from), says: Box::new(says) });
    }

    pub(super) fn rename(&mut self, old: u64, new: u64) {
        self.write(&Line::Renamed { old, new });
    }

    pub(super) fn file(&mut self, info: &Info, assumptions: Vec<String>) {
        self.write(&Line::File(Box::new(FileEnd {
            name: info.path.clone(),
            format: info.format,
            is_part: info.is_pipe,
            is_found: info.is_found,
            records: info.records,
            recipients: info.recipients,
            broken: info.broken,
            lines: info.lines.clone(),
            assumptions,
        })));
    }

    /// Writes the senders and the last line.
    ///
    /// # Errors
    ///
    /// When the shard cannot be written.
    pub(super) fn end<'b>(
        mut self,
        tables: impl Iterator<Item = &'b Senders>,
        totals: &Totals,
    ) -> io::Result<()> {
        for table in tables {
            let mut entries = table.iter().peekable();
            while entries.peek().is_some() {
                let some = entries.by_ref().take(SENDERS);
                let text = |sender: &[u8]| String::from_utf8_lossy(sender).into_owned();
                let some = some.map(|(key, sender)| (key, text(sender)));
                self.write(&Line::Senders(some.collect()));
            }
        }
        let is_stopped = self.error.is_none() && self.stop.load(Ordering::Relaxed);
        let (totals, last) = (totals.clone(), self.last.map(Moment::from));
        self.write(&Line::End(Box::new(End { totals, last, is_stopped })));
        match self.error {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }
}
