//! The findings of a thread in a block.

use super::bytes;
use super::event::Event;
use super::judge::Judge;
use super::lines::Lines;
use super::time::Stamp;

/// How many broken records of a block are kept as examples.
const EXAMPLES: usize = 3;

/// How many characters of a broken record are kept.
const EXAMPLE: usize = 160;

/// A broken record: its place in the block, and its beginning.
pub(crate) type Example = (usize, String);

/// The findings of a block.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The number of recipients that were judged.
    pub(super) recipients: u64,
    /// Lines, or messages.
    pub(super) records: u64,
    /// The lines by kind.
    pub(super) lines: Lines,
    pub(super) events: Vec<Event>,
    pub(super) senders: Senders,
    /// Records that cannot be read.
    pub(super) broken: u64,
    pub(super) examples: Vec<Example>,
    /// Places and times of some lines, by which the calendar advances through lines without findings: the first, and
    /// where lines have no year, the first of each day.
    pub(super) times: Vec<(usize, Stamp)>,
}

impl Found {
    /// Counts a record that cannot be read.
    pub(super) fn add_broken(&mut self, at: usize, record: &[u8], judge: &mut Judge<'_>) {
        self.broken += 1;
        self.note_flagged(record, judge);
        if self.examples.len() < EXAMPLES {
            self.examples.push((at, bytes::text(record, EXAMPLE)));
        }
    }

    /// Notes the time of a line.
    pub(super) fn see(&mut self, at: usize, stamp: Stamp) {
        let is_new = self.times.last().is_none_or(|(_, last)| {
            // Every day is one of 2000.
            stamp.year.is_none() && stamp.day_in(2000) != last.day_in(2000)
        });
        if is_new {
            self.times.push((at, stamp));
        }
    }

    /// Counts a record without a readable recipient if its text names a look-alike.
    pub(super) fn note_flagged(&mut self, record: &[u8], judge: &mut Judge<'_>) {
        self.lines.flagged += u64::from(judge.names_flagged(record));
    }
}

/// The senders of the messages in a block of log, by message key.
///
/// A log names the sender once and the recipients later, perhaps in another block. These tables are small
/// (some 5 % of the log), are filled in parallel, and are read only for flagged recipients.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    /// Keys, each with the place of the sender in `text`.
    entries: Vec<(u64, u32, u16)>,
    text: Vec<u8>,
    is_sorted: bool,
}

impl Senders {
    pub(super) fn add(&mut self, key: u64, sender: &[u8]) {
        // A longer text is not an address.
        let sender = bytes::before(sender, 320);
        if let (Ok(start), Ok(len)) = (u32::try_from(self.text.len()), u16::try_from(sender.len()))
        {
            self.entries.push((key, start, len));
            self.text.extend_from_slice(sender);
            self.is_sorted = false;
        }
    }

    /// Adds the senders of another table.
    pub(super) fn add_all(&mut self, more: &Self) {
        for (key, start, len) in &more.entries {
            let start = *start as usize;
            self.add(*key, bytes::part(&more.text, start..start + usize::from(*len)));
        }
    }

    /// Sorts the senders. Call this once all are added.
    pub(super) fn sort(&mut self) {
        self.entries.sort_unstable();
        self.is_sorted = true;
        self.entries.shrink_to_fit();
        self.text.shrink_to_fit();
    }

    /// The sender of the message; if a queue id was used again, the last one.
    pub(super) fn get(&self, key: u64) -> Option<&[u8]> {
        debug_assert!(self.is_sorted || self.entries.is_empty());
        let end = self.entries.partition_point(|entry| entry.0 <= key);
        let &(found, start, len) = self.entries.get(end.checked_sub(1)?)?;
        let start = start as usize;
        (found == key).then(|| bytes::part(&self.text, start..start + usize::from(len)))
    }

    /// Keys and senders, sorted by key; of those with the same key the latest comes last.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.entries.iter().map(|&(key, start, len)| {
            let start = start as usize;
            (key, bytes::part(&self.text, start..start + usize::from(len)))
        })
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        self.entries.capacity() * size_of::<(u64, u32, u16)>() + self.text.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_finds_the_sender_that_was_added_last() {
        let mut senders = Senders::default();
        for (key, sender) in [(7, "a@x"), (3, ""), (7, "b@y"), (9, "c@z")] {
            senders.add(key, sender.as_bytes());
        }
        senders.sort();
        assert_eq!(senders.get(7), Some(&b"b@y"[..]));
        assert_eq!(senders.get(3), Some(&b""[..]));
        assert_eq!(senders.get(4), None);
        assert_eq!(senders.get(10), None);
        assert_eq!(Senders::default().get(0), None);
    }
}
