//! Reads tables in the form of RFC 4180, so that one wrong quotation mark costs only one record.
//!
//! In readers of whole files, a quote that is never closed swallows the rest of the file, and keeps
//! it in memory. Here a quoted field may continue for [`JOINED`] bytes after the end of its first
//! line. Beyond that, the quote counts as a mistake and the line as a broken record, and reading
//! continues with the next line. A quote inside a field that does not begin with one is an ordinary
//! character.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2, memmem};

use crate::scan::bytes;

/// How many bytes a record may continue after the end of its first line.
const JOINED: usize = 64 << 10;

/// A record in a block.
pub(super) struct Record<'a> {
    pub(super) start: usize,
    /// The record's bytes, without its line end.
    pub(super) bytes: &'a [u8],
    /// Whether all quotes of the record close.
    pub(super) is_sound: bool,
}

/// The records of a block.
pub(super) fn records(block: &[u8], delimiter: u8) -> impl Iterator<Item = Record<'_>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let (end, is_sound) = record_end(block, start, delimiter, true)?;
        next = end;
        let line = bytes::part(block, start..end);
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(Record { start, bytes: bytes::trim_end(line), is_sound })
    })
}

/// How much of the beginning consists of complete records; everything if nothing follows.
pub(crate) fn cut(buffer: &[u8], delimiter: u8, is_all: bool) -> usize {
    let mut end = 0;
    while let Some((next, _)) = record_end(buffer, end, delimiter, is_all) {
        end = next;
    }
    end
}

/// Where the record at `start` ends, with its line end, and whether it is valid. `None` if that
/// depends on text that follows, or at the end.
fn record_end(buffer: &[u8], start: usize, delimiter: u8, is_all: bool) -> Option<(usize, bool)> {
    let mut at = start;
    if at >= buffer.len() {
        return None;
    }
    loop {
        if buffer.get(at) == Some(&b'"') {
            match closing_quote(buffer, start, at + 1, is_all) {
                Quote::Closed(after) => at = after,
                Quote::Open => return None,
                Quote::Stray(line_end) => return Some((line_end, false)),
            }
        }
        match memchr2(delimiter, b'\n', bytes::from(buffer, at)) {
            Some(found) => {
                at += found + 1;
                if buffer.get(at - 1) == Some(&b'\n') {
                    return Some((at, true));
                }
            }
            None => return is_all.then_some((buffer.len(), true)),
        }
    }
}

enum Quote {
    /// The place after the closing quote.
    Closed(usize),
    /// The end of the record is not in the bytes at hand.
    Open,
    /// The quote was a mistake; this is the end of the record's first line.
    Stray(usize),
}

fn closing_quote(buffer: &[u8], start: usize, mut at: usize, is_all: bool) -> Quote {
    let closed = loop {
        match memchr(b'"', bytes::from(buffer, at)) {
            // A doubled quote stands for one.
            Some(found) if buffer.get(at + found + 1) == Some(&b'"') => at += found + 2,
            Some(found) if at + found + 1 < buffer.len() || is_all => break Some(at + found + 1),
            _ => break None,
        }
    };
    let Some(line) = memchr(b'\n', bytes::from(buffer, start)) else {
        return match closed {
            Some(after) => Quote::Closed(after),
            None if is_all => Quote::Stray(buffer.len()),
            None => Quote::Open,
        };
    };
    let line_end = start + line + 1;
    match closed {
        Some(after) if after <= line_end + JOINED => Quote::Closed(after),
        Some(_) => Quote::Stray(line_end),
        None if is_all || buffer.len() > line_end + JOINED => Quote::Stray(line_end),
        None => Quote::Open,
    }
}

/// The fields of a valid record.
pub(super) fn fields(record: &[u8], delimiter: u8) -> Vec<Cow<'_, [u8]>> {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let mut end = at;
        let mut quoted: Option<Range<usize>> = None;
        if record.get(at) == Some(&b'"')
            && let Quote::Closed(after) = closing_quote(record, at, at + 1, true)
        {
            quoted = Some(at + 1..after - 1);
            end = after;
        }
        let rest = bytes::from(record, end);
        let length = memchr(delimiter, rest).unwrap_or(rest.len());
        fields.push(match quoted {
            Some(range) => unquote(bytes::part(record, range)),
            None => Cow::Borrowed(bytes::part(record, at..end + length)),
        });
        if length == rest.len() {
            return fields;
        }
        at = end + length + 1;
    }
}

fn unquote(text: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(text, b"\"\"").is_none() {
        return Cow::Borrowed(text);
    }
    let mut unquoted = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memmem::find(rest, b"\"\"") {
        unquoted.extend_from_slice(bytes::before(rest, at + 1));
        rest = bytes::from(rest, at + 2);
    }
    unquoted.extend_from_slice(rest);
    Cow::Owned(unquoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &[u8]) -> Vec<(bool, Vec<String>)> {
        let text = |field: &Cow<'_, [u8]>| String::from_utf8_lossy(field).into_owned();
        records(block, b',')
            .map(|it| (it.is_sound, fields(it.bytes, b',').iter().map(text).collect()))
            .collect()
    }

    fn sound(fields: &[&str]) -> (bool, Vec<String>) {
        (true, fields.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        assert_eq!(read(b""), []);
        assert_eq!(read(b"a,b\r\n,\nc"), [sound(&["a", "b"]), sound(&["", ""]), sound(&["c"])]);
        assert_eq!(read(b"\"a,\nb\",\"c\"\"d\"\ne"), [sound(&["a,\nb", "c\"d"]), sound(&["e"])]);
        assert_eq!(read(b"5\" pipe,x\ny"), [sound(&["5\" pipe", "x"]), sound(&["y"])]);
        assert_eq!(read(b"\"a\"b,c\n\"\",d"), [sound(&["a", "c"]), sound(&["", "d"])]);
    }

    #[test]
    fn a_quote_that_never_closes_spoils_only_its_line() {
        let read = read(b"a,\"b\nc,d\ne,f\n");
        assert!(!read[0].0);
        assert_eq!(read[1..], [sound(&["c", "d"]), sound(&["e", "f"])]);
        let far = [b"a,\"b\n".to_vec(), vec![b'x'; JOINED], b"\"\nc,d".to_vec()].concat();
        assert_eq!(cut(&far, b',', false), far.len() - 3);
        assert!(!records(&far, b',').next().unwrap().is_sound);
    }

    #[test]
    fn files_are_cut_where_a_record_ends() {
        let block = b"a,\"b\nc\",d\ne,\"f\"\"\ng\"\nh,\"i\n";
        let ends = [0, 10, 20];
        for length in 0..block.len() {
            let end = cut(&block[..length], b',', false);
            assert!(ends.contains(&end) && end <= length, "{length}: {end}");
        }
        assert_eq!(cut(block, b',', true), block.len());
    }
}
