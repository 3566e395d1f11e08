//! Finds the objects of a text without reading them.

use memchr::memchr;

use crate::scan::bytes;

/// The longest object, in bytes, that the scan reads as a whole, since its values take ten times as much memory.
/// A longer object is an export, of which the scan reads the records inside.
const LONGEST: usize = 1 << 20;

/// The next object from `at` on, without the brackets and commas of an array around it. `is_cut` says that [`cut`]
/// made the block: then an object without an end is an export that continues in the next block.
pub(super) fn next_value(text: &[u8], at: usize, is_cut: bool) -> Option<std::ops::Range<usize>> {
    let mut at = at;
    loop {
        let start = at + memchr(b'{', bytes::from(text, at))?;
        match value_end(text, start) {
            End::At(end) => return Some(start..end),
            End::TooFar => at = start + 1,
            End::Missing if is_cut => at = start + 1,
            End::Missing => return None,
        }
    }
}

enum End {
    At(usize),
    /// The object is longer than [`LONGEST`].
    TooFar,
    /// The text ends before the object does.
    Missing,
}

/// The end of the object that begins at `start`.
fn value_end(text: &[u8], start: usize) -> End {
    let mut depth = 0_usize;
    let mut is_text = false;
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if is_text => at += 1,
            b'"' => is_text = !is_text,
            b'{' if !is_text => depth += 1,
            b'}' if !is_text => {
                depth -= 1;
                if depth == 0 {
                    return End::At(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
        if at - start >= LONGEST {
            return End::TooFar;
        }
    }
    End::Missing
}

/// How many bytes at the beginning of `buffer` consist of complete objects.
pub(crate) fn cut(buffer: &[u8], is_all: bool) -> usize {
    if is_all {
        return buffer.len();
    }
    let mut end = 0;
    while let Some(range) = next_value(buffer, end, false) {
        end = range.end;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_object_that_is_too_long_the_inner_objects_are_read() {
        let record = format!("{{\"to\":\"{}\"}},", "x".repeat(1000));
        let export = format!("{{\"n\":1,\"value\":[{}]}}", record.repeat(1200)).into_bytes();
        let count = |text: &[u8]| {
            let mut at = 0;
            let mut count = 0;
            while let Some(range) = next_value(text, at, true) {
                (at, count) = (range.end, count + 1);
            }
            count
        };
        assert_eq!(count(&export), 1200);
        let part = cut(&export, false);
        assert!(part > LONGEST, "{part}");
        assert_eq!(count(bytes::before(&export, part)), 1200);
        assert_eq!(count(b"[{\"a\":\"}\\\"{\"},{\"b\":{}}"), 2);
        assert_eq!(count(b"{\"a\":{}"), 1, "the block ends inside of an export");
        assert_eq!(cut(b"{\"a\":{}", false), 0);
    }
}
