//! Finds the objects of a text without reading them. The time grows with the length of the text, whatever
//! braces and quotes it contains.

use std::collections::VecDeque;
use std::ops::Range;

use memchr::{memchr, memchr3};

use crate::scan::bytes;

/// The longest object that is read as one, in bytes. Its values in memory take ten times as much. A longer one
/// is an export that contains records: these are read instead.
pub(super) const LONGEST: usize = 1 << 20;

/// How deep the scan follows objects inside of objects: `serde_json` reads none that are deeper.
const DEEPEST: usize = 128;

/// The objects of a block that [`cut`] made, without those inside of another one that is read.
pub(super) fn objects(block: &[u8]) -> impl Iterator<Item = Range<usize>> {
    Objects::new(block, false)
}

/// How many bytes at the beginning of `buffer` consist of complete objects.
pub(crate) fn cut(buffer: &[u8], is_all: bool) -> usize {
    if is_all {
        return buffer.len();
    }
    Objects::new(buffer, true).last().map_or(0, |range| range.end)
}

struct Objects<'a> {
    text: &'a [u8],
    at: usize,
    is_text: bool,
    /// The beginnings of the objects around `at`, the outermost first.
    open: VecDeque<usize>,
    /// The complete objects inside of `open`.
    done: VecDeque<Range<usize>>,
    /// The end of the last brace.
    seen: usize,
    /// Whether an object may end after the text.
    goes_on: bool,
}

impl<'a> Objects<'a> {
    fn new(text: &'a [u8], goes_on: bool) -> Self {
        let (open, done) = (VecDeque::new(), VecDeque::new());
        Self { text, at: 0, is_text: false, open, done, seen: 0, goes_on }
    }

    /// Moves behind the next brace or quote; `false` at the end of the text.
    fn step(&mut self) -> bool {
        let rest = bytes::from(self.text, self.at);
        let mark = if self.is_text { memchr(b'"', rest) } else { memchr3(b'{', b'}', b'"', rest) };
        let Some(at) = mark.map(|mark| self.at + mark) else {
            self.at = self.text.len();
            return false;
        };
        self.at = at + 1;
        match self.text.get(at) {
            Some(b'{') => {
                self.seen = self.at;
                self.open.push_back(at);
                if self.open.len() > DEEPEST {
                    self.open.pop_front();
                }
            }
            Some(b'}') => {
                self.seen = self.at;
                let start = self.open.pop_back();
                if let Some(start) = start.filter(|start| self.at - start <= LONGEST) {
                    while self.done.back().is_some_and(|inner| inner.start > start) {
                        self.done.pop_back();
                    }
                    self.done.push_back(start..self.at);
                }
            }
            _ => {
                let before = bytes::before(self.text, at).iter().rev();
                let escapes = before.take_while(|byte| **byte == b'\\').count();
                self.is_text ^= escapes % 2 == 0;
            }
        }
        true
    }

    /// Whether no object around the first complete one can be read as one.
    fn is_first_known(&self) -> bool {
        let is_outside = |it: &Range<usize>| self.open.front().is_none_or(|open| *open > it.start);
        self.done.front().is_some_and(is_outside)
    }

    /// Goes back to the first brace that was taken for text: an earlier quote may be missing. Without
    /// a quote too many or too few, this happens only in long texts that contain braces.
    fn go_back(&mut self) -> bool {
        let brace = memchr(b'{', bytes::part(self.text, self.seen..self.at));
        if let Some(brace) = brace {
            (self.at, self.is_text) = (self.seen + brace, false);
        } else {
            self.seen = self.at;
        }
        brace.is_some()
    }
}

impl Iterator for Objects<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.is_first_known() {
                return self.done.pop_front();
            }
            let is_end = !self.step();
            while self.open.front().is_some_and(|start| self.at - start >= LONGEST) {
                self.open.pop_front();
            }
            if is_end && !self.goes_on {
                self.open.clear();
            }
            let is_lost = self.open.is_empty()
                && self.done.is_empty()
                && (self.at - self.seen >= LONGEST || is_end && !self.goes_on && self.is_text);
            if is_lost && self.go_back() {
                continue;
            }
            if is_end && !self.is_first_known() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(block: &[u8]) -> usize {
        objects(block).count()
    }

    #[test]
    fn of_an_object_that_is_too_long_the_inner_objects_are_read() {
        let record = format!("{{\"to\":\"{}\"}},", "x".repeat(1000));
        let export = format!("{{\"n\":1,\"q\":\"a{{}}\",\"value\":[{}]}}", record.repeat(1200));
        let export = export.into_bytes();
        assert_eq!(count(&export), 1200);
        let part = cut(&export, false);
        assert!(part > LONGEST, "{part}");
        assert_eq!(count(bytes::before(&export, part)), 1200);
        assert_eq!(count(b"[{\"a\":\"}\\\"{\"},{\"b\":{}}"), 2);
        assert_eq!(count(b"{\"a\":{}"), 1, "the block ends inside of an export");
        assert_eq!(cut(b"{\"a\":{}", false), 0);
    }

    #[test]
    fn a_missing_quote_hides_no_other_object() {
        let record = "{\"to\":\"x\"},";
        assert_eq!(count(format!("[{{\"a\":\"x}},{}", record.repeat(9)).as_bytes()), 9);
        let long = format!("[{{\"a\":\"x}},{}", record.repeat(200_000)).into_bytes();
        assert_eq!(count(&long), 200_000);
        let part = cut(&long, false);
        assert_eq!(count(bytes::before(&long, part)), 200_000);
    }

    #[test]
    fn braces_without_ends_cost_one_pass() {
        // Each takes minutes if every brace is followed to the end.
        for piece in ["{", "{\"a\":", "{\\\"", "{\"", "}{", "\"{\n"] {
            let text = piece.repeat((5 << 18) / piece.len()).into_bytes();
            cut(&text, false);
            objects(&text).for_each(drop);
        }
    }
}
