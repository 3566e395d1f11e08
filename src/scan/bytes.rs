//! Small functions for lines of bytes.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

/// A part of `bytes`; empty if it reaches beyond them.
pub(super) fn part(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}

/// The bytes before `at`.
pub(super) fn before(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(..at).unwrap_or(bytes)
}

/// The bytes from `at` on.
pub(super) fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// The bytes after the first `start`.
pub(super) fn after<'a>(bytes: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    memmem::find(bytes, start).map(|at| from(bytes, at + start.len()))
}

/// The bytes before the first `end`, or all.
pub(super) fn until(bytes: &[u8], end: u8) -> &[u8] {
    before(bytes, memchr(end, bytes).unwrap_or(bytes.len()))
}

/// The first word and what follows the space after it.
pub(super) fn word(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b' ', bytes) {
        Some(at) => (before(bytes, at), from(bytes, at + 1)),
        None => (bytes, &[]),
    }
}

/// The last word.
pub(super) fn last_word(bytes: &[u8]) -> &[u8] {
    from(bytes, memrchr(b' ', bytes).map_or(0, |at| at + 1))
}

/// The line around `at`, without its end, and its beginning.
pub(super) fn line_around(bytes: &[u8], at: usize) -> (usize, &[u8]) {
    let start = memrchr(b'\n', before(bytes, at)).map_or(0, |newline| newline + 1);
    (start, trim_end(until(from(bytes, start), b'\n')))
}

/// The line without a CR at its end.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Each line without its end, and its beginning.
pub(super) fn lines(block: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = 0;
    std::iter::from_fn(move || {
        if next >= block.len() {
            return None;
        }
        let start = next;
        let line = until(from(block, start), b'\n');
        next = start + line.len() + 1;
        Some((start, trim_end(line)))
    })
}

/// The number of lines, with an unfinished last one.
pub(super) fn count_lines(block: &[u8]) -> u64 {
    let ends = memchr_iter(b'\n', block).count() as u64;
    ends + u64::from(block.last().is_some_and(|&byte| byte != b'\n'))
}

/// Text of a log, cut after `limit` characters. Bytes that are not UTF-8 appear as U+FFFD.
pub(super) fn text(bytes: &[u8], limit: usize) -> String {
    // No character is longer than four bytes.
    String::from_utf8_lossy(before(bytes, 4 * limit)).chars().take(limit).collect()
}

/// A key for short texts of any content. If two texts get the same key, a wrong sender can result, but
/// never a missed recipient.
pub(super) fn key(parts: &[&[u8]]) -> u64 {
    parts.iter().fold(0x51_7c_c1_b7_27_22_0a_95, |key, part| (key ^ hash(part)).rotate_left(23))
}

/// Hashes eight bytes at a time, for tables that compare the entries that they find.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(PRIME);
        mixed ^ (mixed >> 29)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let hash =
        words.iter().fold(bytes.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(0, |last, &byte| (last << 8) | u64::from(byte));
    mix(mix(hash, last), PRIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_end_with_or_without_a_carriage_return() {
        let all = |block: &'static [u8]| lines(block).collect::<Vec<_>>();
        assert_eq!(all(b""), []);
        assert_eq!(all(b"a\r\n\nb"), [(0, &b"a"[..]), (3, b""), (4, b"b")]);
        assert_eq!(line_around(b"ab\ncd\r\nef", 4), (3, &b"cd"[..]));
        assert_eq!(line_around(b"ab", 9), (0, &b"ab"[..]));
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(text("aéb".as_bytes(), 2), "aé");
        assert_eq!(text(b"a\xFFb", 9), "a\u{FFFD}b");
    }

    #[test]
    fn different_parts_give_different_keys() {
        assert_ne!(key(&[b"a", b"bc"]), key(&[b"ab", b"c"]));
        assert_ne!(key(&[b"a", b"b"]), key(&[b"b", b"a"]));
        assert_ne!(hash(b""), hash(b"\0"));
    }
}
