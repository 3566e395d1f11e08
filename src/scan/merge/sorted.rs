//! Sorts lines of shards by time in bounded memory: beyond [`HELD`] they wait in temporary files without a name.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, Write};

/// The most bytes to keep in memory. With more, a merge would take more memory than a scan may; with less, more files
/// would have to be read at the same time.
const HELD: usize = 16 << 20;

/// The memory for a line besides its bytes.
const OVERHEAD: usize = 64;

/// The sort key of a line.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Key {
    /// The latest time in its shard so far, in seconds, which keeps the order within a shard.
    pub(super) second: i64,
    pub(super) shard: u32,
    pub(super) number: u64,
}

/// Takes lines in any order.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    held: Vec<(Key, Vec<u8>)>,
    size: usize,
    runs: Vec<File>,
}

impl Sorter {
    pub(super) fn push(&mut self, key: Key, line: &[u8]) -> io::Result<()> {
        self.push_within(key, line, HELD)
    }

    fn push_within(&mut self, key: Key, line: &[u8], held: usize) -> io::Result<()> {
        self.size += line.len() + OVERHEAD;
        self.held.push((key, line.to_vec()));
        if self.size > held {
            self.put_aside()?;
        }
        Ok(())
    }

    /// Writes the lines in memory to a file, in order.
    fn put_aside(&mut self) -> io::Result<()> {
        self.held.sort_unstable_by_key(|(key, _)| *key);
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for (key, line) in self.held.drain(..) {
            file.write_all(&key.second.to_le_bytes())?;
            file.write_all(&key.shard.to_le_bytes())?;
            file.write_all(&key.number.to_le_bytes())?;
            // A line that was read once fits into memory.
            file.write_all(&(line.len() as u64).to_le_bytes())?;
            file.write_all(&line)?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(file);
        self.size = 0;
        Ok(())
    }

    /// The lines in order.
    pub(super) fn sorted(mut self) -> io::Result<Sorted> {
        self.held.sort_unstable_by_key(|(key, _)| *key);
        let files = self.runs.into_iter().map(|file| Run::File(BufReader::new(file)));
        let held = Run::Held(self.held.into_iter());
        let mut sorted = Sorted { runs: files.chain([held]).collect(), next: BinaryHeap::new() };
        for at in 0..sorted.runs.len() {
            sorted.take_from(at)?;
        }
        Ok(sorted)
    }
}

/// Lines in order.
enum Run {
    Held(std::vec::IntoIter<(Key, Vec<u8>)>),
    File(BufReader<File>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<(Key, Vec<u8>)>> {
        let file = match self {
            Self::Held(lines) => return Ok(lines.next()),
            Self::File(file) => file,
        };
        let mut second = [0; 8];
        match file.read_exact(&mut second) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let (mut shard, mut number, mut length) = ([0; 4], [0; 8], [0; 8]);
        file.read_exact(&mut shard)?;
        file.read_exact(&mut number)?;
        file.read_exact(&mut length)?;
        let mut line = Vec::new();
        file.take(u64::from_le_bytes(length)).read_to_end(&mut line)?;
        let key = Key {
            second: i64::from_le_bytes(second),
            shard: u32::from_le_bytes(shard),
            number: u64::from_le_bytes(number),
        };
        Ok(Some((key, line)))
    }
}

/// All lines, the earliest first.
pub(super) struct Sorted {
    runs: Vec<Run>,
    /// The next line of each run.
    next: BinaryHeap<Reverse<(Key, usize, Vec<u8>)>>,
}

impl Sorted {
    fn take_from(&mut self, run: usize) -> io::Result<()> {
        if let Some((key, line)) = self.runs.get_mut(run).map_or(Ok(None), Run::next)? {
            self.next.push(Reverse((key, run, line)));
        }
        Ok(())
    }

    /// The next line, and its shard.
    pub(super) fn next(&mut self) -> io::Result<Option<(u32, Vec<u8>)>> {
        let Some(Reverse((key, run, line))) = self.next.pop() else { return Ok(None) };
        self.take_from(run)?;
        Ok(Some((key.shard, line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_in_memory_and_in_files() {
        // Memory limits in bytes that hold all lines, a few, or one.
        for held in [usize::MAX, 1_000, 1] {
            let mut sorter = Sorter::default();
            for number in 0..200_u64 {
                let second = i64::try_from(number * 7_919 % 50).unwrap();
                let key = Key { second, shard: u32::try_from(number % 3).unwrap(), number };
                sorter
                    .push_within(key, format!("{second:02} {number:03}").as_bytes(), held)
                    .unwrap();
            }
            let mut all = sorter.sorted().unwrap();
            let mut lines = Vec::new();
            while let Some((shard, line)) = all.next().unwrap() {
                let line = String::from_utf8(line).unwrap();
                let (second, number) = line.split_once(' ').unwrap();
                lines.push((second.to_owned(), shard, number.to_owned()));
            }
            assert_eq!(lines.len(), 200);
            assert!(lines.is_sorted(), "{held}");
        }
    }
}
