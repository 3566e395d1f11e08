//! Finds the built-in markings directly in the embedded text.
//!
//! A mail client that starts for one message would wait longer for a compiled table of them than
//! for everything else that the checker does for a look-alike.

use super::text::head;
use super::{ListedMarking, Rule};

/// Rows that begin with the same two characters are a group, and an empty line ends each group.
/// Columns: text, rule, kind, values.
const ROWS: &str = include_str!(concat!(env!("OUT_DIR"), "/markings.txt"));

/// For each pair of first characters, one plus the place where its group begins; zero if it has
/// none.
static STARTS: [u16; 1 << 10] = starts(ROWS.as_bytes());

/// The rows that a search has needed so far. A hostile text repeats the beginning of a marking a hundred thousand times,
/// and reading the rows anew each time would take three times as long.
#[derive(Default)]
pub(super) struct Groups {
    /// The entries that begin with the same two characters, and where their rows begin.
    read: Vec<(u16, Vec<ListedMarking<'static>>)>,
}

impl Groups {
    /// The entries that may begin like `text`.
    pub(super) fn at(&mut self, text: &str) -> &[ListedMarking<'static>] {
        let (first, second) = head(text);
        let start = STARTS[slot(u32::from(first), u32::from(second))];
        let Some(at) = usize::from(start).checked_sub(1) else { return &[] };
        let known = self.read.iter().position(|(known, _)| *known == start);
        let place = known.unwrap_or_else(|| {
            let rows = ROWS.get(at..).unwrap_or_default().lines();
            let entries = rows.take_while(|row| !row.is_empty()).filter_map(entry).collect();
            self.read.push((start, entries));
            self.read.len() - 1
        });
        self.read.get(place).map_or(&[], |(_, entries)| entries)
    }
}

/// The entry in a row.
fn entry(row: &'static str) -> Option<ListedMarking<'static>> {
    let (text, columns) = row.split_once('\t')?;
    let (rule, columns) = columns.split_once('\t')?;
    let (kind, values) = columns.split_once('\t')?;
    Some(ListedMarking { rule: Rule::parse(rule)?, kind, text, values })
}

const fn slot(first: u32, second: u32) -> usize {
    (first % 32 * 32 + second % 32) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "the assertion above it")]
const fn starts(rows: &[u8]) -> [u16; 1 << 10] {
    let mut starts = [0; 1 << 10];
    let mut at = 0;
    while at + 1 < rows.len() {
        if at == 0 || at > 1 && rows[at - 2] == b'\n' && rows[at - 1] == b'\n' {
            // Upper and lower case differ in a bit that the slot leaves out.
            let second = if rows[at + 1].is_ascii_alphanumeric() { rows[at + 1] } else { 0 };
            let slot = slot(rows[at] as u32, second as u32);
            assert!(starts[slot] == 0, "two pairs of characters have one slot");
            assert!(at < u16::MAX as usize, "a row begins beyond what a start can tell");
            starts[slot] = at as u16 + 1;
        }
        at += 1;
    }
    starts
}
