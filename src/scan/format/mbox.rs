//! Mailbox files (RFC 4155, and mboxo, mboxrd, mboxcl as programs write them).
//!
//! The reader keeps only the headers and drops bodies while it reads, so that attachments of any size need no
//! memory. A message begins at a line `From …` with a time, or, as Thunderbird now writes it, at `From `
//! alone, if an empty line precedes it and a header field follows. A line with an address and a complete date
//! needs no empty line before it. `Content-Length` is ignored.

use memchr::{memchr, memmem};

use super::kind::{Format, Framing};
use super::message::{is_field, read};
use super::parser::Parser;
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// The longest header that is read completely: 20,000 recipients with names.
pub(crate) const HEADER_LIMIT: usize = 2 << 20;

#[derive(Debug)]
pub(super) struct Mbox;

impl Parser for Mbox {
    fn format(&self) -> Format {
        Format::Mbox
    }

    fn framing(&self) -> Framing {
        Framing::Mbox
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        for (start, header) in headers(block) {
            found.records += 1;
            let from_line = memchr(b'\n', header).map_or(header.len(), |newline| newline + 1);
            if !read(start, bytes::from(header, from_line), judge, found) {
                found.add_broken(start, header, judge);
            }
        }
    }

    fn records_in(&self, part: &[u8]) -> u64 {
        headers(part).count() as u64
    }
}

/// The headers in a block, as the reader has copied them.
fn headers(block: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let rest = bytes::from(block, start);
        if rest.is_empty() {
            return None;
        }
        next += header_end(rest).unwrap_or(rest.len());
        Some((start, bytes::part(block, start..next)))
    })
}

/// Where the header at the start ends, with its empty line.
pub(crate) fn header_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr(b'\n', bytes::from(text, at))? + 1;
        let rest = bytes::from(text, at);
        if rest.starts_with(b"\n") {
            return Some(at + 1);
        }
        if rest.starts_with(b"\r\n") {
            return Some(at + 2);
        }
    }
}

/// Whether a message begins here: a `From ` line, and a header field on the next. `None` if more is
/// needed to tell.
pub(crate) fn is_start(text: &[u8]) -> Option<bool> {
    if !text.starts_with(b"From ") {
        return if b"From ".starts_with(text) { None } else { Some(false) };
    }
    let Some(newline) = memchr(b'\n', text) else { return (text.len() > 1000).then_some(false) };
    let line = bytes::before(text, newline);
    let is_alone = bytes::from(line, 5).trim_ascii().is_empty();
    if !is_alone && !has_clock(line) {
        return Some(false);
    }
    let next = bytes::from(text, newline + 1);
    match memchr(b'\n', next) {
        Some(end) => Some(is_field(bytes::before(next, end))),
        None => (next.len() > 1000).then(|| is_field(next)),
    }
}

/// Whether a line contains a time of day, as every `From ` line does (RFC 4155, Appendix A).
fn has_clock(line: &[u8]) -> bool {
    line.windows(5).any(
        |it| matches!(it, [a, b, b':', c, d] if [a, b, c, d].iter().all(|it| it.is_ascii_digit())),
    )
}

/// The next line after `at` that may begin a message: one after an empty line, or one with all parts of
/// such a line.
pub(crate) fn next_candidate(text: &[u8], at: usize) -> Option<usize> {
    memmem::find_iter(bytes::from(text, at), b"\nFrom ").map(|found| at + found + 1).find(
        |&start| {
            let before = bytes::before(text, start);
            before.ends_with(b"\n\n")
                || before.ends_with(b"\n\r\n")
                || is_whole(bytes::until(bytes::from(text, start), b'\n'))
        },
    )
}

/// Whether a line is `From ADDRESS WEEKDAY MONTH DAY TIME YEAR`, as asctime(3) writes it.
fn is_whole(line: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let mut words =
        line.trim_ascii_end().split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let _from = words.next();
    let _address = words.next();
    words.next().is_some_and(|word| DAYS.contains(&word))
        && words.next().is_some_and(|word| word.len() == 3)
        && words.next().is_some_and(|word| word.iter().all(u8::is_ascii_digit))
        && words.next().is_some_and(has_clock)
}
