//! An address a line, as `milguard check` takes them. Empty lines and lines that begin with `#` are
//! passed over; a line without an `@` is no address and counts as broken.

use super::postfix::bytes_lines;
use super::{Format, Framing, Parser};
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
        found.records += bytes_lines(block);
        for (start, line) in bytes::lines(block) {
            let address = line.trim_ascii();
            if address.is_empty() || address.starts_with(b"#") {
                continue;
            }
            if !address.contains(&b'@') {
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
