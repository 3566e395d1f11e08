//! Combines shards to the result that one scan of everything would have.
//!
//! The records go through the same correlation as in a scan, in the order of the logs' times; within a second,
//! and within a shard, in the order of the shard. If a shard has no sender for a message, the merge looks for
//! the sender in the shards that end before, the latest first. Memory is bounded (`sorted`), however large the shards
//! are.
//!
//! # What it does not do
//!
//! It cannot tell the order of two lines of the same second in two shards. If a table was cut before its dates
//! showed which number is the day, the merge does not know it either.

mod files;
mod sorted;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::tz::TimeZone;

use self::files::Files;
use self::sorted::{Key, Sorter};
use super::correlate::Correlator;
use super::decode::{Metered, unpack};
use super::event::Delivery;
use super::judge::PolicyName;
use super::period::Period;
use super::shard::{End, Head, Line, Logged, Moment, Rules, VERSION};
use super::tally::Tally;
use super::time::Time;
use super::totals::Totals;
use super::{Outcome, Sink};
use crate::detect::Severity;

/// The longest line of a shard in bytes: 500 senders and a margin.
const LONGEST: u64 = 4 << 20;

/// How many times its size a packed shard may grow to: it is more repetitive than a log.
const EXPANSION: u64 = 10_000;

/// The beginning of lines with senders.
const SENDERS: &[u8] = b"{\"senders\"";

/// Shards that were read, before they are combined.
pub struct Merge {
    rules: Rules,
    totals: Totals,
    files: Files,
    sorter: Sorter,
    senders: Senders,
    stop: Arc<AtomicBool>,
}

/// The senders of messages whose own lines are in other shards.
#[derive(Default)]
struct Senders {
    /// For each message without a sender, the senders that shards name, in the order of the shards.
    wanted: HashMap<u64, Vec<(u32, String)>>,
    /// The latest second in each shard.
    last: Vec<Option<i64>>,
}

impl Senders {
    /// The sender that a scan would have known at that time.
    fn get(&self, key: u64, shard: u32, second: Option<i64>) -> Option<String> {
        let known = self.wanted.get(&key)?;
        let last = |shard: u32| self.last.get(shard as usize).copied().flatten();
        let is_before = |other: &&(u32, String)| {
            other.0 != shard && second.zip(last(other.0)).is_none_or(|(now, last)| last <= now)
        };
        let before = known.iter().filter(is_before);
        before.max_by_key(|(shard, _)| last(*shard)).map(|(_, sender)| sender.clone())
    }
}

impl Merge {
    /// Reads the shards in `paths`: files, and folders with all files below them, except those whose names begin with a
    /// dot or an underscore, as in Hadoop. `stop` ends it early.
    ///
    /// # Errors
    ///
    /// When no shard is found, one is given twice, or they were made with different policies, severities or periods. A
    /// file that cannot be read completely does not end the merge: the outcome names it.
    pub fn read(paths: &[PathBuf], stop: &Arc<AtomicBool>) -> io::Result<Self> {
        let mut reading = Reading { stop: Some(Arc::clone(stop)), ..Reading::default() };
        let mut shards = Vec::new();
        for path in paths {
            if let Err(error) = list(path, &mut shards) {
                reading.totals.add_failure(&path.display().to_string(), error.to_string());
            }
        }
        for path in &shards {
            reading.file(path)?;
        }
        if !reading.senders.wanted.is_empty() {
            let mut first = 0;
            for path in &shards {
                first = reading.senders_in(path, first);
            }
        }
        let Some(rules) = reading.rules else {
            let failures = reading.totals.failures.iter();
            let failures = failures.map(|it| format!("\n{}: {}", it.file, it.text));
            return Err(io::Error::other(format!(
                "no shard could be read{}",
                failures.collect::<String>()
            )));
        };
        let Reading { totals, files, sorter, senders, .. } = reading;
        Ok(Self { rules, totals, files, sorter, senders, stop: Arc::clone(stop) })
    }

    /// The policy that judged the recipients.
    pub const fn policy(&self) -> &PolicyName {
        &self.rules.policy
    }

    /// The mildest reported verdict.
    pub const fn least(&self) -> Severity {
        self.rules.least
    }

    /// Passes the deliveries to `sink` in the order in which they become final.
    ///
    /// # Errors
    ///
    /// When the sink fails, or the lines in temporary files cannot be read.
    pub fn run(self, sink: &mut (dyn Sink + Send)) -> io::Result<Outcome> {
        let Self { rules, mut totals, files, sorter, senders, stop } = self;
        let period = Period { since: rules.since, until: rules.until };
        let mut tally = Tally::default();
        let mut give = |deliveries: Vec<Delivery>, totals: &mut Totals| {
            deliveries
                .into_iter()
                .filter(|it| period.admits(it, totals))
                .collect::<Vec<_>>()
                .iter()
                .try_for_each(|delivery| {
                    tally.add(delivery);
                    sink.delivery(delivery)
                })
        };
        let mut correlator = Correlator::default();
        let mut sorted = sorter.sorted()?;
        while !stop.load(Ordering::Relaxed)
            && let Some((shard, line)) = sorted.next()?
        {
            let mut out = Vec::new();
            correlate(&mut correlator, &senders, shard, &line, &mut out);
            give(out, &mut totals)?;
        }
        let mut out = Vec::new();
        correlator.finish(&mut out);
        give(out, &mut totals)?;
        files.judge(&mut totals);
        totals.doubt_silence();
        Ok(Outcome { tally, totals, is_stopped: stop.load(Ordering::Relaxed) })
    }
}

/// Passes a line to the correlator, as a scan does.
fn correlate(
    correlator: &mut Correlator,
    senders: &Senders,
    shard: u32,
    line: &[u8],
    out: &mut Vec<Delivery>,
) {
    match serde_json::from_slice(line) {
        Ok(Line::Attempt(logged)) => {
            let Logged { time, sender, format, file, record, says } = *logged;
            let time = time.map(Time::from);
            let elsewhere = || senders.get(says.key?, shard, time.and_then(second));
            let sender = sender.or_else(elsewhere);
            correlator.attempt(says, time, sender, (format, &file, record), out);
        }
        Ok(Line::Expired { key, time }) => correlator.expire(key, time.map(Time::from), out),
        Ok(Line::Outcome { time, says }) => correlator.outcome(&says, time.map(Time::from), out),
        Ok(Line::Renamed { old, new }) => correlator.rename(old, new),
        // No other kind of line was kept, and each was parsed once before.
        _ => {}
    }
}

/// Seconds on the log's own clock.
fn second(time: Time) -> Option<i64> {
    time.civil.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp().as_second())
}

/// The state while shards are read.
#[derive(Default)]
struct Reading {
    rules: Option<Rules>,
    ids: HashSet<String>,
    totals: Totals,
    files: Files,
    sorter: Sorter,
    senders: Senders,
    stop: Option<Arc<AtomicBool>>,
    /// The current shard: its latest second, and how many lines were kept.
    current: Option<(i64, u64)>,
}

impl Reading {
    /// Reads the shards in a file.
    fn file(&mut self, path: &Path) -> io::Result<()> {
        let name = path.display().to_string();
        let shards = self.senders.last.len();
        let mut lines = match Lines::open(path) {
            Ok(lines) => lines,
            Err(error) => {
                self.totals.add_failure(&name, error.to_string());
                return Ok(());
            }
        };
        while !self.is_stopped() {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => {
                    self.totals.add_failure(&name, error.to_string());
                    self.current = None;
                    return Ok(());
                }
            };
            let Ok(read) = serde_json::from_slice::<Line>(line) else {
                let why = format!(
                    "line {} does not belong to a shard; the lines before it count",
                    lines.number
                );
                self.totals.add_failure(&name, why);
                self.current = None;
                return Ok(());
            };
            if self.current.is_none() != matches!(read, Line::Shard(_)) {
                let why = "a shard in it has no end or no beginning: the scan did not finish it";
                self.totals.add_failure(&name, why.to_owned());
                if self.current.take().is_none() {
                    return Ok(());
                }
            }
            self.line(&name, read, line)?;
        }
        if self.current.take().is_some() && !self.is_stopped() {
            let why = "the last shard in it has no end: the scan did not finish it";
            self.totals.add_failure(&name, why.to_owned());
        } else if self.senders.last.len() == shards && !self.is_stopped() {
            let why = "it holds no shard, as `milguard scan --format shard` writes it";
            self.totals.add_failure(&name, why.to_owned());
        }
        Ok(())
    }

    fn line(&mut self, name: &str, read: Line, line: &[u8]) -> io::Result<()> {
        match read {
            Line::Shard(head) => {
                self.begin(name, *head)?;
            }
            Line::Attempt(logged) => {
                if let (Some(key), None) = (logged.says.key, &logged.sender) {
                    self.senders.wanted.entry(key).or_default();
                }
                self.keep(logged.time, line)?;
            }
            Line::Expired { time, .. } | Line::Outcome { time, .. } => self.keep(time, line)?,
            Line::Renamed { .. } => self.keep(None, line)?,
            Line::File(file) => self.files.add(*file, &mut self.totals),
            // Lines with senders are read later, once the messages are known.
            Line::Senders(_) => {}
            Line::End(end) => {
                let End { totals, last, is_stopped } = *end;
                self.totals.add(totals);
                if let Some(shard) = self.senders.last.last_mut() {
                    *shard = last.map(Time::from).and_then(second);
                }
                if is_stopped {
                    let why = "the scan of a shard in it was stopped before its end";
                    self.totals.add_failure(name, why.to_owned());
                }
                self.current = None;
            }
        }
        Ok(())
    }

    fn begin(&mut self, name: &str, head: Head) -> io::Result<()> {
        let refuse = |why: &str| Err(io::Error::other(format!("{name}: {why}")));
        if head.version != VERSION {
            return refuse("the shard was written by another version of milguard");
        }
        if self.rules.get_or_insert_with(|| head.rules.clone()) != &head.rules {
            return refuse(
                "the shard was made with another policy, severity or period than those before it",
            );
        }
        if !self.ids.insert(head.id) {
            return refuse("a shard in it was read before: it would count twice");
        }
        self.senders.last.push(None);
        self.current = Some((i64::MIN, 0));
        Ok(())
    }

    fn keep(&mut self, time: Option<Moment>, line: &[u8]) -> io::Result<()> {
        let Some((latest, number)) = &mut self.current else { return Ok(()) };
        *latest = time.map(Time::from).and_then(second).unwrap_or(i64::MIN).max(*latest);
        *number += 1;
        let shard = u32::try_from(self.senders.last.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.sorter.push(Key { second: *latest, shard, number: *number }, line)
    }

    /// Reads the wanted senders in a file; a file that cannot be read was already reported. `first`
    /// is the number of its first shard. Returns the number of the next file's first shard.
    fn senders_in(&mut self, path: &Path, first: u32) -> u32 {
        let Ok(mut lines) = Lines::open(path) else { return first };
        let mut next = first;
        while !self.is_stopped()
            && let Ok(Some(line)) = lines.next()
        {
            if !line.starts_with(SENDERS) {
                next += u32::from(line.starts_with(b"{\"shard\""));
                continue;
            }
            let Ok(Line::Senders(senders)) = serde_json::from_slice(line) else { return next };
            let shard = next.saturating_sub(1);
            for (key, sender) in senders {
                let Some(known) = self.senders.wanted.get_mut(&key) else { continue };
                match known.last_mut().filter(|(last, _)| *last == shard) {
                    // The queue id was used again: the last sender counts.
                    Some(last) => last.1 = sender,
                    None => known.push((shard, sender)),
                }
            }
        }
        next
    }

    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

/// The lines of a file, packed or not.
struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let inner = File::open(path)?;
        let metered = Metered { inner, read: Arc::default(), total: Arc::default() };
        let (_, reader) = unpack(metered, EXPANSION)?;
        Ok(Self { reader: BufReader::new(reader), line: Vec::new(), number: 0 })
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        self.number += 1;
        let length = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut self.line)?;
        Ok((length > 0).then(|| self.line.trim_ascii_end()))
    }
}

/// The files of shards below a path, in order.
fn list(path: &Path, shards: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        shards.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_hidden = matches!(name.as_encoded_bytes().first(), Some(b'.' | b'_'));
        // A link may lead into a loop.
        if !is_hidden && !entry.file_type()?.is_symlink() {
            entries.push(entry.path());
        }
    }
    entries.sort();
    entries.iter().try_for_each(|entry| list(entry, shards))
}
