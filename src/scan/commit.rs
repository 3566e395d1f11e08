//! Combines the findings of the threads in the order of the files.
//!
//! Threads read blocks in any order; the committer takes them one after the other. So the result
//! does not depend on the number of threads or on their speed.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::correlate::Correlator;
use super::doubt::{Reading, doubt};
use super::event::{Attempt, Delivery, Event};
use super::format::Format;
use super::found::{Found, Senders};
use super::item::{Item, Place};
use super::reader::Block;
use super::recent::Recent;
use super::shard::Recorder;
use super::source::{Info, Refusal};
use super::state::{FileState, Print, State};
use super::tally::Tally;
use super::time::{Certainty, Stamp, Time};
use super::totals::Totals;
use super::window::Window;
use super::{Options, Sink};

/// How often the state is written. With a longer time, an interrupted scan would read more again; a
/// shorter one would slow the scan.
const INTERVAL: Duration = Duration::from_secs(30);

/// The file that is being combined.
struct Current {
    info: Info,
    /// The place of the file in the state.
    index: Option<usize>,
    /// Whether a delivery in the file has a time with an assumed year.
    has_assumed_year: bool,
    recent: Recent,
}

/// All findings so far.
pub(crate) struct Committer<'a> {
    options: &'a Options,
    sink: &'a mut (dyn Sink + Send),
    pending: BTreeMap<Place, Item>,
    next: Place,
    size: usize,
    current: Option<Current>,
    window: Window,
    correlator: Correlator,
    /// Takes the records for a shard; a whole scan gives them to the correlator instead.
    shard: Option<Recorder<'a>>,
    pub(super) state: State,
    saved: Instant,
    /// The error that ended the scan.
    pub(super) error: Option<io::Error>,
}

impl<'a> Committer<'a> {
    pub(crate) fn new(
        options: &'a Options,
        sink: &'a mut (dyn Sink + Send),
        mut state: State,
    ) -> Self {
        let correlator = Correlator::resume(std::mem::take(&mut state.open));
        // Failures belong to this run, because a later run may not have them.
        state.totals.failed = 0;
        state.totals.failures.clear();
        (state.totals.passed_over, state.totals.links) = (0, 0);
        state.totals.others.clear();
        (state.totals.doubtful, state.totals.undated, state.totals.unsure) = (0, 0, 0);
        state.totals.doubts.clear();
        state.totals.assumptions.clear();
        Self {
            options,
            sink,
            pending: BTreeMap::new(),
            next: (0, 0),
            size: 0,
            current: None,
            window: Window::default(),
            correlator,
            shard: None,
            state,
            saved: Instant::now(),
            error: None,
        }
    }

    /// Writes a shard instead of combining records to deliveries.
    pub(super) fn recording(mut self, recorder: Recorder<'a>) -> Self {
        self.shard = Some(recorder);
        self
    }

    /// The next item to combine, and the memory of items that wait for their turn.
    pub(crate) fn progress(&self) -> (Place, usize) {
        (self.next, self.size)
    }

    /// Adds an item, and combines all items whose turn has come.
    pub(crate) fn add(&mut self, place: Place, item: Item) {
        self.size += item.size();
        self.pending.insert(place, item);
        while let Some(item) = self.pending.remove(&self.next) {
            self.size -= item.size();
            let (file, block) = self.next;
            self.next = match &item {
                Item::Start(_) | Item::Block(..) => (file, block + 1),
                Item::End { .. } | Item::Refused(_) => (file + 1, 0),
            };
            self.take(item);
        }
        if self.options.state.is_some() && self.saved.elapsed() >= INTERVAL {
            self.save();
        }
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Start(info) => self.start(*info),
            Item::Block(block, found) => self.block(&block, *found),
            Item::End { error, too_long, end } => self.end(error, too_long, end),
            Item::Refused(refusal) => match refusal {
                Refusal::Failed(file, why) => self.state.totals.add_failure(&file, why),
                Refusal::PassedOver(file, why) => self.state.totals.add_passed_over(&file, why),
                Refusal::Closed(file, why) => self.state.totals.add_doubt(&file, why),
                Refusal::Link => self.state.totals.links += 1,
                Refusal::Done => {}
            },
        }
    }

    fn start(&mut self, info: Info) {
        let index = if self.options.state.is_some() && !info.is_pipe {
            let file = FileState {
                path: info.path.clone(),
                head: info.head.clone(),
                tail: Print::default(),
                offset: info.offset,
                size: info.size,
                modified: info.modified,
                is_done: false,
                format: info.format,
                records: info.records,
                calendar: Some(info.calendar),
                recipients: info.recipients,
                broken: info.broken,
                lines: info.lines.clone(),
                doubt: None,
            };
            let files = &mut self.state.files;
            let known = info.known.and_then(|index| Some((index, files.get_mut(index)?)));
            Some(if let Some((index, known)) = known {
                let tail = std::mem::take(&mut known.tail);
                *known = FileState { tail, ..file };
                index
            } else {
                files.push(file);
                files.len() - 1
            })
        } else {
            None
        };
        if info.known.is_none() {
            *self.state.totals.files.entry(info.format).or_default() += 1;
        }
        let recent = Recent::default();
        self.current = Some(Current { info, index, has_assumed_year: false, recent });
    }

    fn block(&mut self, block: &Block, mut found: Found) {
        let Some(mut current) = self.current.take() else { return };
        if !block.is_warm {
            self.count(&mut current, block, &found);
            self.events(&mut current, &mut found);
            current.info.records += found.records;
            current.info.offset = block.end;
            if let Some(file) = current.index.and_then(|index| self.state.files.get_mut(index)) {
                file.offset = block.end;
                file.tail = Print::of(&block.tail);
                file.records = current.info.records;
                file.calendar = Some(current.info.calendar);
                file.recipients = current.info.recipients;
                file.broken = current.info.broken;
                file.lines = current.info.lines.clone();
            }
        }
        self.window.push(found.senders);
        self.current = Some(current);
    }

    fn count(&mut self, current: &mut Current, block: &Block, found: &Found) {
        let info = &mut current.info;
        info.records += block.too_long;
        let totals = &mut self.state.totals;
        totals.bytes += block.end.saturating_sub(info.offset);
        totals.records += found.records + block.too_long;
        totals.recipients += found.recipients;
        totals.too_long += block.too_long;
        totals.broken += found.broken;
        totals.lines.add(&found.lines);
        info.recipients += found.recipients;
        info.broken += found.broken;
        info.lines.add(&found.lines);
        info.lines.too_long += block.too_long;
        for (at, example) in &found.examples {
            totals.add_broken(&info.path, info.records + *at as u64 + 1, example.clone());
        }
    }

    fn events(&mut self, current: &mut Current, found: &mut Found) {
        let mut out = Vec::new();
        let mut times = std::mem::take(&mut found.times).into_iter().peekable();
        for event in std::mem::take(&mut found.events) {
            match event {
                Event::Attempt(attempt) => {
                    while let Some((_, stamp)) = times.next_if(|(at, _)| *at <= attempt.at) {
                        self.see(current, Some(&stamp));
                    }
                    self.attempt(current, *attempt, &found.senders, &mut out);
                }
                Event::Expired { key, stamp } => {
                    let time = self.see(current, stamp.as_ref());
                    match &mut self.shard {
                        Some(shard) => shard.expire(key, time),
                        None => self.correlator.expire(key, time, &mut out),
                    }
                }
                Event::Outcome(outcome) => {
                    let time = self.see(current, outcome.stamp.as_ref());
                    match &mut self.shard {
                        Some(shard) => shard.outcome(*outcome, time),
                        None => self.correlator.outcome(&outcome, time, &mut out),
                    }
                }
                Event::Renamed { old, new } => match &mut self.shard {
                    Some(shard) => shard.rename(old, new),
                    None => self.correlator.rename(old, new),
                },
                Event::Again { at, times } => {
                    let record = current.info.records + at as u64;
                    for again in current.recent.again(record, times) {
                        let again = Attempt { at, ..again };
                        self.attempt(current, again, &found.senders, &mut out);
                    }
                }
            }
        }
        for (_, stamp) in times {
            self.see(current, Some(&stamp));
        }
        self.give(out);
    }

    /// The time of a line.
    fn see(&mut self, current: &mut Current, stamp: Option<&Stamp>) -> Option<Time> {
        let time = stamp.and_then(|stamp| current.info.calendar.resolve(stamp));
        if let Some(shard) = &mut self.shard {
            shard.see(time);
        }
        time
    }

    fn attempt(
        &mut self,
        current: &mut Current,
        attempt: Attempt,
        senders: &Senders,
        out: &mut Vec<Delivery>,
    ) {
        let time = self.see(current, attempt.stamp.as_ref());
        let info = &mut current.info;
        current.has_assumed_year |= time.is_some_and(|time| time.certainty == Certainty::Latest);
        info.lines.found += u64::from(self.options.period().holds(time));
        // qmail uses the number of a message again, so the sender that the same block names before is the right one.
        let is_sure = attempt.format == Some(Format::Qmail) && attempt.sender.is_some();
        let sender = match attempt.key {
            _ if is_sure => attempt.sender.clone(),
            Some(key) => self.window.sender(key, senders),
            None => None,
        };
        let record = info.records + attempt.at as u64 + 1;
        current.recent.add(record, &attempt);
        let place = (attempt.format.unwrap_or(info.format), info.path.as_str(), record);
        match &mut self.shard {
            Some(shard) => shard.attempt(attempt, time, sender, place),
            None => self.correlator.attempt(attempt, time, sender, place, out),
        }
    }

    fn end(&mut self, error: Option<io::Error>, too_long: u64, end: u64) {
        let Some(mut current) = self.current.take() else { return };
        current.info.lines.too_long += too_long;
        self.state.totals.bytes += end.saturating_sub(current.info.offset);
        self.state.totals.too_long += too_long;
        self.state.totals.records += too_long;
        self.judge(&current);
        if let Some(file) = current.index.and_then(|index| self.state.files.get_mut(index)) {
            file.is_done = error.is_none();
        }
        if let Some(error) = error {
            self.state.totals.add_failure(&current.info.path, error.to_string());
        }
    }

    /// Judges whether a file without findings proves that there are none, and notes the assumptions
    /// about the file.
    fn judge(&mut self, current: &Current) {
        let info = &current.info;
        let mut assumptions = Vec::new();
        if current.has_assumed_year {
            let from = info.year_from;
            assumptions.push(format!("its lines have no year; it was taken from {from}"));
        }
        assumptions.extend(info.assumption.clone().filter(|_| info.recipients > 0));
        if let Some(shard) = &mut self.shard {
            // A part of a file may lack lines that the whole file has, so only the merge can judge.
            return shard.file(info, assumptions);
        }
        let why = doubt(Reading {
            format: info.format,
            lines: &info.lines,
            records: info.records,
            broken: info.broken,
            recipients: info.recipients,
            is_found: info.is_found,
        });
        match current.index.and_then(|index| self.state.files.get_mut(index)) {
            Some(file) => file.doubt = why,
            None => {
                if let Some(why) = why {
                    self.state.totals.add_doubt(&info.path, why);
                }
            }
        }
        for assumption in assumptions {
            self.state.totals.add_assumption(&info.path, assumption);
        }
    }

    /// Counts deliveries and passes them on.
    fn give(&mut self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            if !self.options.period().admits(&delivery, &mut self.state.totals) {
                continue;
            }
            self.state.tally.add(&delivery);
            self.options.progress.found.fetch_add(1, Ordering::Relaxed);
            if self.error.is_none()
                && let Err(error) = self.sink.delivery(&delivery)
            {
                self.error = Some(error);
                self.options.stop.store(true, Ordering::Relaxed);
            }
        }
    }

    fn save(&mut self) {
        let Some(path) = &self.options.state else { return };
        self.state.open = self.correlator.open().collect();
        let saved = self.sink.flush().and_then(|()| self.state.save(path));
        if let Err(error) = saved {
            let text = format!("cannot write the state {}: {error}", path.display());
            self.error.get_or_insert(io::Error::other(text));
            self.options.stop.store(true, Ordering::Relaxed);
        }
        self.saved = Instant::now();
    }

    /// Ends the scan: passes open deliveries on as they are, or keeps them for the next run.
    pub(crate) fn finish(mut self) -> (Tally, Totals, Option<io::Error>) {
        if let Some(shard) = self.shard.take() {
            let error = shard.end(self.window.iter(), &self.state.totals).err();
            return (self.state.tally, self.state.totals, error);
        }
        if self.options.state.is_some() {
            self.save();
            for file in &self.state.files {
                if let Some(why) = &file.doubt {
                    self.state.totals.add_doubt(&file.path, why.clone());
                }
            }
            let mut tally = self.state.tally.clone();
            for open in std::mem::take(&mut self.state.open) {
                if self.options.period().holds(open.delivery.time) {
                    tally.add(&open.delivery);
                }
            }
            self.state.totals.doubt_silence();
            return (tally, self.state.totals, self.error);
        }
        let mut out = Vec::new();
        self.correlator.finish(&mut out);
        self.give(out);
        self.state.totals.doubt_silence();
        (self.state.tally, self.state.totals, self.error)
    }
}
