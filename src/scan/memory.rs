//! Scans of bytes in memory: for tests, and for programs that have no file.

use std::io::{self, Cursor};

use super::buffer::Buffer;
use super::commit::Committer;
use super::format::{SNIFFED, for_format, sniff};
use super::item::Item;
use super::judge::Judge;
use super::reader::{Head, Reader};
use super::run::look;
use super::source::Info;
use super::state::State;
use super::{Delivery, Options, Outcome, Sink};

/// How to cut bytes into blocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blocks {
    /// Blocks as a scan of a file cuts them.
    Usual,
    /// Blocks of this many bytes, or up to the next end of a record.
    Of(usize),
}

/// Scans unpacked text; returns its deliveries in order.
///
/// # Errors
///
/// If no format is recognised; the error is a text for people.
pub fn scan_bytes(
    text: &[u8],
    options: &Options,
    blocks: Blocks,
) -> io::Result<(Vec<Delivery>, Outcome)> {
    let head = Head::read(Box::new(Cursor::new(text.to_vec())), SNIFFED);
    let parser = match options.format {
        Some(format) => for_format(format, head.bytes(), &options.columns),
        None => sniff(head.bytes(), &options.columns),
    };
    let parser = parser.map_err(|why| io::Error::other(why.to_string()))?;
    let info = Info::of_pipe("-", &*parser, options);
    let mut reader = Reader::new(head, parser);
    if let Blocks::Of(size) = blocks {
        reader = reader.with_block(size);
    }
    let mut list = List::default();
    let mut committer = Committer::new(options, &mut list, State::default());
    committer.add((0, 0), Item::Start(Box::new(info)));
    let mut judge = Judge::new(&options.rules);
    let mut buffer = Buffer::default();
    let mut number = 1;
    while let Some(block) = reader.next(&mut buffer) {
        let found = look(&*block.parser, buffer.filled(), &mut judge);
        committer.add((0, number), Item::Block(Box::new(block), Box::new(found)));
        number += 1;
    }
    let (error, too_long) = (reader.take_error(), reader.take_too_long());
    let end = reader.offset();
    committer.add((0, number), Item::End { error, too_long, end });
    let (tally, totals, error) = committer.finish();
    match error {
        Some(error) => Err(error),
        None => Ok((list.0, Outcome { tally, totals, is_stopped: false })),
    }
}

#[derive(Default)]
struct List(Vec<Delivery>);

impl Sink for List {
    fn delivery(&mut self, delivery: &Delivery) -> io::Result<()> {
        self.0.push(delivery.clone());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
