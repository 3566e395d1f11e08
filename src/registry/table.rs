//! Look-ups in a sorted text: one row a line, the key first, its value after a tab.

use super::shapes::Shapes;

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
        let (key, bytes) = (key.as_bytes(), self.text.as_bytes());
        // A row begins at `low`, and none of the remaining rows begins at `high` or beyond.
        let (mut low, mut high) = (0, bytes.len());
        while low < high {
            // The row around the middle byte.
            let middle = bytes.get(low..usize::midpoint(low, high))?;
            let start =
                middle.iter().rposition(|&byte| byte == b'\n').map_or(low, |at| low + at + 1);
            let row = bytes.get(start..)?;
            // A key holds no tab and no line end.
            let same = row.iter().zip(key).take_while(|(a, b)| a == b && **a >= b' ').count();
            let at = start + same;
            let is_key_end = matches!(bytes.get(at), None | Some(b'\n' | b'\t'));
            let goes_left = match key.get(same) {
                None if is_key_end => {
                    let value = self.text.get(at..)?;
                    let value = value.split_once('\n').map_or(value, |(value, _)| value);
                    return Some(value.strip_prefix('\t').unwrap_or_default());
                }
                None => true,
                Some(byte) => !is_key_end && bytes.get(at).is_some_and(|other| byte < other),
            };
            if goes_left {
                high = start;
            } else {
                let mut rest = bytes.get(at..)?.iter();
                low = rest.position(|&byte| byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
            }
        }
        None
    }

    /// The shapes of the keys' first labels.
    pub(crate) fn first_labels(self) -> Shapes {
        let mut shapes = Shapes::default();
        for (key, _) in self.rows() {
            shapes.add(key.split('.').next().unwrap_or_default().as_bytes());
        }
        shapes
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
    fn the_first_label_of_every_key_has_a_shape() {
        let shapes = Table::new("aa\nab.c\t1\nbb\nbcd\t2\nzz").first_labels();
        for label in ["aa", "ab", "bb", "bcd", "zz"] {
            assert!(shapes.may_have(label.as_bytes()), "{label}");
        }
        for absent in ["", "a", "ab.c", "bc", "bcde", "zzz", "bcd\t2", &"b".repeat(40)] {
            assert!(!shapes.may_have(absent.as_bytes()), "{absent:?}");
        }
    }

    #[test]
    fn every_row_is_found_and_neighbouring_texts_are_not() {
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
