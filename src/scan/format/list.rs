//! An address a line, as `milguard check` takes them, perhaps with a name. Empty lines and lines that begin
//! with `#` are skipped; a line with more than an address, or without one, counts as broken.

use super::kind::{Format, Framing};
use super::parser::Parser;
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
                found.add_broken(start, line);
                continue;
            }
            found.recipients += 1;
            if let Some((recipient, verdict)) = judge.judge(address) {
                let recipient = recipient.into_owned();
                found
                    .events
                    .push(Event::Attempt(Box::new(Attempt::new(start, None, recipient, verdict))));
            }
        }
    }
}

/// Whether a line is an address, with or without a name, and nothing else.
pub(super) fn is_address(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if !line.contains(&b'@') || line.len() > 400 || line.contains(&b'=') && line.contains(&b' ') {
        return false;
    }
    match line {
        [.., b'>'] | [b'"', ..] => true,
        // A column follows, or a sentence continues.
        _ => {
            !line.iter().any(|byte| matches!(byte, b'\t' | b'{' | b'}' | b'[')) && {
                let last = bytes::last_word(line);
                line.len() == last.len() || last.contains(&b'@') && !line.contains(&b':')
            }
        }
    }
}
