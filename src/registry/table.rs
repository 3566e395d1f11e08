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

    /// The value of the row with this key, empty where the row is a key alone.
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

/// The text before and after the first `separator`, which is ASCII; all of `text` before it where
/// there is none.
fn cut(text: &'static str, separator: u8) -> (&'static str, &'static str) {
    let end = text.bytes().position(|byte| byte == separator).unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Table;

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
