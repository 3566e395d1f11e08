//! An address a line, as `milguard check` takes them, perhaps with a name. Empty lines and lines that begin
//! with `#` are skipped; a line with more than an address, or without one, counts as broken.

use super::kind::{Format, Framing};
use super::parser::Parser;
use super::row::clean;
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event};
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Debug)]
pub(super) struct List;

impl Parser for List {
    fn format(&self) -> Format {
        Format::List
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        for (start, line) in bytes::lines(block) {
            let address = line.trim_ascii();
            if address.is_empty() || address.starts_with(b"#") {
                continue;
            }
            if !is_address(address) {
                found.add_broken(start, line, judge);
                continue;
            }
            found.recipients += 1;
            if let Some((recipient, verdict)) = judge.judge(address) {
                let recipient = bare(&recipient, judge);
                found
                    .events
                    .push(Event::Attempt(Box::new(Attempt::new(start, None, recipient, verdict))));
            }
        }
    }
}

/// The flagged address of a line, without a name or an alias beside it.
fn bare(text: &str, judge: &mut Judge<'_>) -> String {
    if !text.contains(char::is_whitespace) {
        return text.to_owned();
    }
    let address = clean(text);
    if address.starts_with('"') {
        return address;
    }
    let words = address.split_whitespace().rev();
    let words = words.map(|word| word.trim_start_matches('<').trim_end_matches('>'));
    let is_flagged = |word: &&str| word.contains('@') && judge.judge(word.as_bytes()).is_some();
    match words.into_iter().find(is_flagged) {
        Some(word) => word.to_owned(),
        None => address,
    }
}

/// Whether a cell consists of addresses, with or without names. `<1@mx>` alone is a Message-ID.
pub(super) fn are_addresses(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    if memchr::memchr(b'@', cell).is_none() {
        return false;
    }
    let is_one = |part: &[u8]| {
        let part = part.trim_ascii();
        let address = match part {
            // `RCPT TO:<bob@example.com>` belongs to a line of a log, not to a list.
            [.., b'>'] if matches!(bytes::until(part, b'<'), [.., b':' | b'=']) => return false,
            [.., b'>'] => bytes::after(part, b"<").unwrap_or_default(),
            part if part.iter().any(|byte| b"\"[]<".contains(byte)) => return false,
            part => part,
        };
        let at = memchr::memchr(b'@', address).unwrap_or_default();
        at > 0
            && address.get(at + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte > 127)
            && !address.iter().any(|byte| matches!(byte, b' ' | b'=' | b'\t' | b'{'))
    };
    let parts = || cell.split(|byte| matches!(byte, b',' | b';' | b'|'));
    cell.len() < 400
        && !cell.starts_with(b"<")
        && parts().any(is_one)
        // A name may contain the comma: `Smith, Bob <bob@example.com>`.
        && (cell.ends_with(b">") || parts().all(|part| part.is_empty() || is_one(part)))
}

/// Whether a line is an address, with or without a name, and nothing else.
pub(super) fn is_address(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if !line.contains(&b'@') || line.len() > 400 || line.contains(&b'=') && line.contains(&b' ') {
        return false;
    }
    match line {
        [.., b'>'] => !matches!(bytes::until(line, b'<'), [.., b':' | b'=']),
        [b'"', ..] => true,
        // A column follows, or a sentence continues.
        _ => {
            !line.iter().any(|byte| matches!(byte, b'\t' | b'{' | b'}' | b'[')) && {
                let last = bytes::last_word(line);
                line.len() == last.len() || last.contains(&b'@') && !line.contains(&b':')
            }
        }
    }
}
