//! Stores events on disk until the server has them.
//!
//! A segment is a file of JSON lines with a number as its name. New events are appended to the newest
//! segment; the oldest is read, delivered and deleted. After a crash, events that were already delivered
//! may be delivered again: the server counts each id once.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::event::Event;
use super::state::{create_folder, private};

/// The most events in a segment. With more, a crash would cause more repeated deliveries; with fewer, there would
/// be more files.
const SEGMENT: usize = 1_000;

/// The most segments: 100,000 events or some 30 MB, which is days of a large organisation. Beyond that
/// the oldest are dropped and counted, so that an unreachable server fills no disk.
const SEGMENTS: usize = 100;

#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The segment that new events go to.
    open: Option<(File, Segment)>,
    /// Complete segments, the oldest first.
    closed: VecDeque<Segment>,
    next: u64,
    dropped: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Segment {
    number: u64,
    events: usize,
}

impl Spool {
    /// Opens the spool in a folder, with the events that an earlier process left.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        create_folder(folder)?;
        let mut closed = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if let Some(number) = number
                && path.extension().is_some_and(|extension| extension == "jsonl")
            {
                let events = BufReader::new(File::open(&path)?).split(b'\n').count();
                closed.push(Segment { number, events });
            }
        }
        closed.sort_by_key(|segment| segment.number);
        let next = closed.last().map_or(0, |segment| segment.number + 1);
        let state = State { closed: closed.into(), next, ..State::default() };
        Ok(Self { folder: folder.to_owned(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, segment: Segment) -> PathBuf {
        self.folder.join(format!("{:012}.jsonl", segment.number))
    }

    /// Appends events. Once the call returns, they survive the end of this process.
    pub(super) fn push(&self, events: &[Event]) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            serde_json::to_writer(&mut lines, event)?;
            lines.push(b'\n');
        }
        let mut state = self.state();
        if state.open.is_none() {
            let segment = Segment { number: state.next, events: 0 };
            let file = private().create_new(true).append(true).open(self.path(segment))?;
            state.next += 1;
            state.open = Some((file, segment));
        }
        let Some((file, segment)) = &mut state.open else { return Ok(()) };
        let written = file.write_all(&lines);
        segment.events += events.len();
        if written.is_err() || segment.events >= SEGMENT {
            // Nothing may follow an incomplete line.
            self.close(&mut state);
        }
        written
    }

    /// Closes the open segment and drops the oldest ones beyond the limit.
    fn close(&self, state: &mut State) {
        if let Some((file, segment)) = state.open.take() {
            if let Err(error) = file.sync_data() {
                tracing::warn!(%error, "events may not survive a power loss");
            }
            state.closed.push_back(segment);
        }
        while state.closed.len() > SEGMENTS {
            if let Some(oldest) = state.closed.pop_front() {
                state.dropped += oldest.events as u64;
                let _ = fs::remove_file(self.path(oldest));
            }
        }
    }

    /// Makes the system write the appended events to the disk, so that they survive a power loss.
    pub(super) fn sync(&self) {
        let file = self.state().open.as_ref().and_then(|(file, _)| file.try_clone().ok());
        if let Some(Err(error)) = file.map(|file| file.sync_data()) {
            tracing::warn!(%error, "events may not survive a power loss");
        }
    }

    /// How many events were dropped since the start because the spool was full.
    pub(super) fn dropped(&self) -> u64 {
        self.state().dropped
    }

    /// The oldest segment with its events, each as JSON. Skips a line that a crash left incomplete.
    pub(super) fn oldest(&self) -> io::Result<Option<(Segment, Vec<String>)>> {
        let mut state = self.state();
        if state.closed.is_empty() {
            self.close(&mut state);
        }
        let Some(&segment) = state.closed.front() else { return Ok(None) };
        let path = self.path(segment);
        drop(state);
        let text = fs::read(path)?;
        let lines = text.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
        let is_event = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
        Ok(Some((segment, lines.filter(is_event).map(str::to_owned).collect())))
    }

    /// Deletes a segment after the server has taken all its events.
    pub(super) fn remove(&self, segment: Segment) {
        self.state().closed.retain(|other| other.number != segment.number);
        if let Err(error) = fs::remove_file(self.path(segment))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a delivered segment of the spool could not be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use crate::detect::Checker;
    use uuid::Uuid;

    fn event() -> Event {
        let policy = Policy::default();
        let report = Checker::new(&policy).unwrap().check_address("bob@army.ml");
        Event::new(&policy, Uuid::new_v4(), "bob@army.ml", &report, "blocked").unwrap()
    }

    #[test]
    fn events_outlive_the_process_and_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let events = [event(), event(), event()];
        Spool::open(folder.path()).unwrap().push(&events).unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        spool.push(&events).unwrap();
        let (first, lines) = spool.oldest().unwrap().unwrap();
        let want = events.each_ref().map(|event| serde_json::to_string(event).unwrap());
        assert_eq!(lines, want);
        spool.remove(first);
        let (second, lines) = spool.oldest().unwrap().unwrap();
        assert_eq!((lines.len(), second.number), (3, 1));
        spool.remove(second);
        assert!(spool.oldest().unwrap().is_none());
    }

    #[test]
    fn an_incomplete_line_does_not_spoil_other_lines() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("7.jsonl"), "{\"id\":1}\n{\"id\":").unwrap();
        fs::rename(folder.path().join("7.jsonl"), folder.path().join("000000000007.jsonl"))
            .unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        spool.push(&[event()]).unwrap();
        assert_eq!(spool.oldest().unwrap().unwrap().1, ["{\"id\":1}"]);
    }

    #[test]
    fn a_spool_that_nobody_empties_stays_bounded_and_counts_what_it_drops() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let batch = vec![event(); SEGMENT];
        for _ in 0..SEGMENTS + 3 {
            spool.push(&batch).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), SEGMENTS);
        assert_eq!(spool.dropped(), 3 * SEGMENT as u64);
    }
}
