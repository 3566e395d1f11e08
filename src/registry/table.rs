//! Look-ups in a sorted text: one row a line, the key first, its value after a tab.

use std::cmp::Ordering;

/// A sorted text that `build.rs` made. Look-ups take `O(log n)` comparisons and don't allocate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    text: &'static str,
}

impl Table {
    /// Wraps a text whose rows are sorted by byte value.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text }
    }

    /// Whether a row has this key.
    pub(crate) fn contains(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value of the row with this key; empty if the row has only a key.
    pub(crate) fn get(self, key: &str) -> Option<&'static str> {
        let mut rest = self.text;
        while !rest.is_empty() {
            // The row around the middle byte. `\n` is ASCII, so every cut is a character boundary.
            let bytes = rest.as_bytes();
            let (left, right) = bytes.split_at_checked(bytes.len() / 2)?;
            let start = left.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let end =
                right.iter().position(|&b| b == b'\n').map_or(bytes.len(), |at| left.len() + at);
            let row = rest.get(start..end)?;
            let (row_key, value) = cut(row, b'\t');
            match key.as_bytes().cmp(row_key.as_bytes()) {
                Ordering::Equal => return Some(value),
                Ordering::Less => rest = rest.get(..start.saturating_sub(1)).unwrap_or_default(),
                Ordering::Greater => rest = rest.get(end + 1..).unwrap_or_default(),
            }
        }
        None
    }

    /// All rows, as key and value.
    pub(crate) fn rows(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            let row;
            (row, rest) = (!rest.is_empty()).then(|| cut(rest, b'\n'))?;
            Some(cut(row, b'\t'))
        })
    }
}

/// A table of a few words that is asked for many texts of which hardly one is such a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    table: Table,
    /// The lengths of the words with each first byte, as bits: `lengths[first % 32]` has bit `n` for a
    /// word of `n` bytes.
    lengths: [u32; 32],
    /// The second bytes after each first byte: `seconds[first % 32]` has bit `second % 32`.
    seconds: [u32; 32],
}

impl Words {
    /// Wraps a table whose keys are ASCII, of two to 31 bytes.
    pub(crate) const fn new(table: Table) -> Self {
        let bytes = table.text.as_bytes();
        let (mut lengths, mut seconds) = ([0; 32], [0; 32]);
        let (mut at, mut start, mut is_key) = (0, 0, true);
        while at <= bytes.len() {
            let byte = if at < bytes.len() { bytes[at] } else { b'\n' };
            if is_key && (byte == b'\t' || byte == b'\n') {
                assert!(start + 1 < at && at - start < 32, "a word is too short or too long");
                let first = (bytes[start] % 32) as usize;
                lengths[first] |= 1 << (at - start);
                seconds[first] |= 1 << (bytes[start + 1] % 32);
                is_key = false;
            }
            at += 1;
            if byte == b'\n' {
                (start, is_key) = (at, true);
            }
        }
        Self { table, lengths, seconds }
    }

    /// The value of the row with this key, empty where the row is a key alone.
    pub(crate) fn get(self, key: &str) -> Option<&'static str> {
        let [first, second, ..] = key.as_bytes() else { return None };
        let bits = |set: &[u32; 32]| set.get(usize::from(first % 32)).copied().unwrap_or_default();
        let may_have = key.len() < 32
            && bits(&self.lengths) & (1 << key.len()) != 0
            && bits(&self.seconds) & (1 << (second % 32)) != 0;
        may_have.then(|| self.table.get(key)).flatten()
    }
}

/// The text before and after the first `separator`, which is ASCII; all of `text` before it where
/// there is none.
fn cut(text: &'static str, separator: u8) -> (&'static str, &'static str) {
    let end = text.bytes().position(|byte| byte == separator).unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Table, Words};

    #[test]
    fn words_are_found_as_in_their_table() {
        let table = Table::new("aa\nab\t1\nba\nbcd\t2\nzz");
        let words = Words::new(table);
        for (key, value) in table.rows() {
            assert_eq!(words.get(key), Some(value), "{key}");
        }
        for absent in ["", "a", "ac", "bc", "bcde", "zzz", "bcd\t2", &"b".repeat(40)] {
            assert_eq!(words.get(absent), None, "{absent:?}");
        }
    }

    #[test]
    fn every_row_is_found_and_its_neighbours_are_not() {
        let table = Table::new("a\nab\t1\nb\nbcd\t2\nz");
        for (key, value) in table.rows() {
            assert_eq!(table.get(key), Some(value), "{key}");
        }
        for absent in ["", "0", "aa", "abc", "bc", "bcde", "y", "zz", "a\nab", "ab\t1"] {
            assert_eq!(table.get(absent), None, "{absent:?}");
        }
        assert_eq!(Table::new("").get("a"), None);
    }
}
