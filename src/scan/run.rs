//! The threads of a scan.
//!
//! Each thread takes turns at reading a block (one at a time for a file, since a packed file can only be read
//! from its start) and searches it alone. A thread that finds all open files busy opens the next one, so that
//! many small files keep all threads at work, just as one large file does.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::buffer::Buffer;
use super::commit::Committer;
use super::event::Event;
use super::format::Parser;
use super::found::Found;
use super::item::{Item, Place};
use super::judge::Judge;
use super::shard::Recorder;
use super::source::{Opener, Refusal, Source};
use super::state::{FileState, Known, State, lock};
use super::walk::{Input, Walk};
use super::{NoSink, Options, Outcome, Sink};

/// The most bytes of findings that wait for their turn. With fewer, threads would wait for a slow
/// block; more would take more memory.
const AHEAD: usize = 8 << 20;

/// Reads all of `paths`, `-` for standard input, and passes the findings to `sink` in a fixed order.
///
/// # Errors
///
/// When the sink fails, or the state cannot be read or written. An error in a file does not end the scan:
/// the outcome names it.
pub fn scan(
    paths: &[PathBuf],
    options: &Options,
    sink: &mut (dyn Sink + Send),
) -> io::Result<Outcome> {
    let locked = options.state.as_deref().map(lock).transpose();
    let with_path = |error: io::Error| match &options.state {
        Some(path) => io::Error::other(format!("the state {}: {error}", path.display())),
        None => error,
    };
    let _lock = locked.map_err(with_path)?;
    let state = match &options.state {
        Some(path) => State::load(path, &options.fingerprint()).map_err(with_path)?,
        None => State::default(),
    };
    let files = state.files.clone();
    run(paths, options, &files, Committer::new(options, sink, state))
}

/// Reads all of `paths` as [`scan`] does, and writes the input for [`Merge`](super::Merge) to `out`.
/// The outcome names files that could not be read. Only the whole scan can tell whether a lack of findings proves
/// anything.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn scan_shard(
    paths: &[PathBuf],
    options: &Options,
    out: &mut (dyn Write + Send),
) -> io::Result<Outcome> {
    let mut none = NoSink;
    let recorder = Recorder::new(out, options);
    let committer = Committer::new(options, &mut none, State::default()).recording(recorder);
    run(paths, options, &[], committer)
}

/// Reads all of `paths` for a committer; `files` were read by earlier runs.
fn run(
    paths: &[PathBuf],
    options: &Options,
    files: &[FileState],
    committer: Committer<'_>,
) -> io::Result<Outcome> {
    let known = Known::new(files);
    let opener = Opener { options, files, known: &known };
    let team = Team {
        options,
        opener,
        feed: Mutex::new(Feed {
            walk: Walk::new(paths),
            active: VecDeque::new(),
            opened: 0,
            next: (0, 0),
            ahead: 0,
        }),
        committer: Mutex::new(committer),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 1..options.threads.max(1) {
            scope.spawn(|| team.work());
        }
        team.work();
    });
    let committer = team.committer.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (tally, totals, error) = committer.finish();
    match error {
        Some(error) => Err(error),
        None => Ok(Outcome { tally, totals, is_stopped: options.stop.load(Ordering::Relaxed) }),
    }
}

/// The files to read.
struct Feed {
    walk: Walk,
    active: VecDeque<Active>,
    /// The number of opened files.
    opened: u64,
    /// The committer's next item, and the memory of items that wait for it.
    next: Place,
    ahead: usize,
}

/// An open file; without its source while a thread reads from it.
struct Active {
    file: u64,
    block: u64,
    source: Option<Box<Source>>,
}

enum Job {
    Open(u64, Input),
    Read(Place, Box<Source>),
}

struct Team<'a, 'b> {
    options: &'b Options,
    opener: Opener<'b>,
    feed: Mutex<Feed>,
    committer: Mutex<Committer<'a>>,
    changed: Condvar,
}

/// If a thread panics, the scan reports the panic after the other threads have ended, so they need
/// not panic as well.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Team<'_, '_> {
    /// The work of each thread, until none is left.
    fn work(&self) {
        let mut judge = Judge::new(&self.options.rules);
        let mut buffer = Buffer::default();
        while let Some(job) = self.take() {
            match job {
                Job::Open(file, input) => self.open(file, &input),
                Job::Read(place, source) => self.read(place, source, &mut buffer, &mut judge),
            }
        }
    }

    /// The next piece of work; `None` at the end.
    fn take(&self) -> Option<Job> {
        let mut feed = locked(&self.feed);
        loop {
            if self.options.stop.load(Ordering::Relaxed) {
                return None;
            }
            let (next, is_far_ahead) = (feed.next, feed.ahead > AHEAD);
            let may = |place: Place| !is_far_ahead || place == next;
            let free = feed
                .active
                .iter_mut()
                .filter(|active| may((active.file, active.block)))
                .find_map(|active| Some(((active.file, active.block), active.source.take()?)));
            if let Some((place, source)) = free {
                return Some(Job::Read(place, source));
            }
            if feed.active.len() < self.options.threads.max(1) && may((feed.opened, 0)) {
                match feed.walk.next() {
                    Some(input) => {
                        let file = feed.opened;
                        feed.opened += 1;
                        feed.active.push_back(Active { file, block: 0, source: None });
                        return Some(Job::Open(file, input));
                    }
                    None if feed.active.is_empty() => return None,
                    None => {}
                }
            }
            feed = self.changed.wait(feed).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn open(&self, file: u64, input: &Input) {
        match self.opener.open(input) {
            Ok(source) => {
                let info = Box::new(source.info.clone());
                self.give_back((file, 1), Some(Box::new(source)));
                self.add((file, 0), Item::Start(info));
            }
            Err(refusal) => {
                self.give_back((file, 0), None);
                self.refuse(file, refusal);
            }
        }
    }

    fn refuse(&self, file: u64, refusal: Refusal) {
        // A pipe that was stopped before it sent anything has not failed.
        let is_stopped = self.options.stop.load(Ordering::Relaxed);
        let refusal = if is_stopped { Refusal::Done } else { refusal };
        self.add((file, 0), Item::Refused(refusal));
    }

    fn read(
        &self,
        place: Place,
        mut source: Box<Source>,
        buffer: &mut Buffer,
        judge: &mut Judge<'_>,
    ) {
        let (file, block) = place;
        if let Some(read) = source.reader.next(buffer) {
            self.give_back((file, block + 1), Some(source));
            let found = look(&*read.parser, buffer.filled(), judge);
            self.add(place, Item::Block(Box::new(read), Box::new(found)));
        } else {
            let is_stopped = self.options.stop.load(Ordering::Relaxed) && source.info.is_pipe;
            let error = source.reader.take_error().filter(|_| !is_stopped);
            let too_long = source.reader.take_too_long();
            let end = source.reader.offset();
            self.give_back(place, None);
            self.add(place, Item::End { error, too_long, end });
        }
    }

    /// Frees a file for the next block, or removes it.
    fn give_back(&self, (file, block): Place, source: Option<Box<Source>>) {
        let mut feed = locked(&self.feed);
        let place = feed.active.iter().position(|active| active.file == file);
        if let Some(index) = place {
            match source {
                Some(source) => {
                    if let Some(active) = feed.active.get_mut(index) {
                        (active.block, active.source) = (block, Some(source));
                    }
                }
                None => {
                    feed.active.remove(index);
                }
            }
        }
        drop(feed);
        self.changed.notify_all();
    }

    fn add(&self, place: Place, item: Item) {
        let (next, ahead) = {
            let mut committer = locked(&self.committer);
            committer.add(place, item);
            committer.progress()
        };
        let mut feed = locked(&self.feed);
        // Another thread may have stored a later place already.
        if next >= feed.next {
            (feed.next, feed.ahead) = (next, ahead);
        }
        drop(feed);
        self.changed.notify_all();
    }
}

/// Searches a block, and numbers the findings by record.
pub(super) fn look(parser: &dyn Parser, block: &[u8], judge: &mut Judge<'_>) -> Found {
    let mut found = Found::default();
    parser.parse(block, judge, &mut found);
    let mut counter = Counter { parser, block, at: 0, records: 0 };
    for event in &mut found.events {
        match event {
            Event::Attempt(attempt) => attempt.at = counter.number(attempt.at),
            Event::Again { at, .. } => *at = counter.number(*at),
            Event::Expired { .. } | Event::Outcome(_) | Event::Renamed { .. } => {}
        }
    }
    let mut counter = Counter { parser, block, at: 0, records: 0 };
    for (at, _) in &mut found.times {
        *at = counter.number(*at);
    }
    let mut counter = Counter { parser, block, at: 0, records: 0 };
    for (at, _) in &mut found.examples {
        *at = counter.number(*at);
    }
    found
}

/// Counts the records of a block up to places in ascending order.
struct Counter<'a> {
    parser: &'a dyn Parser,
    block: &'a [u8],
    at: usize,
    records: usize,
}

impl Counter<'_> {
    fn number(&mut self, at: usize) -> usize {
        if at > self.at {
            let part = super::bytes::part(self.block, self.at..at);
            self.records += usize::try_from(self.parser.records_in(part)).unwrap_or_default();
            self.at = at;
        }
        self.records
    }
}
