//! The built-in markings, found where they stand in their text.
//!
//! A mail client that starts for one message would wait longer for a table of them to be compiled than for
//! everything else that the checker does for a look-alike.

use super::text::head;
use super::{Entry, Rule};

/// The rows with the same two first characters together, then an empty line. Columns: text, rule, kind, values.
const ROWS: &str = include_str!(concat!(env!("OUT_DIR"), "/markings.txt"));

/// Where the rows with each pair of first characters begin, plus one; zero where no row does.
static STARTS: [u16; 1 << 10] = starts(ROWS.as_bytes());

/// The rows, as lines, that may begin like `text`; an empty line and others follow them.
pub(super) fn at(text: &str) -> &'static str {
    let (first, second) = head(text);
    let start = STARTS[slot(u32::from(first), u32::from(second))];
    usize::from(start).checked_sub(1).and_then(|start| ROWS.get(start..)).unwrap_or_default()
}

/// The entry in a row.
pub(super) fn entry(row: &'static str) -> Option<Entry<'static>> {
    let (text, columns) = row.split_once('\t')?;
    let (rule, columns) = columns.split_once('\t')?;
    let (kind, values) = columns.split_once('\t')?;
    Some(Entry { rule: Rule::parse(rule)?, kind, text, values })
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
