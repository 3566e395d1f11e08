//! Cuts a file into blocks of whole records, in bounded memory.
//!
//! A block has about [`Reader::block`] bytes, and more only if one record is longer. A line longer than
//! [`MAX_LINE`] is dropped and counted, wherever blocks begin and end: the findings do not depend on how
//! a file is cut, which a test verifies.

use std::io::{self, Read};
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::buffer::Buffer;
use super::bytes;
use super::format::{
    Framing, HEADER_LIMIT, Parser, cut_csv, cut_folded, cut_json, header_end, is_start,
    next_candidate,
};

/// The bytes to read at a time.
pub(crate) const BLOCK: usize = 1 << 20;

/// The longest line in bytes: 5,000 recipients in a row of a table fit.
pub(crate) const MAX_LINE: usize = 512 << 10;

/// The longest JSON object in bytes: an export in one object.
const MAX_OBJECT: usize = 8 << 20;

/// How many bytes before the end of a block are kept, to recognise the place later.
pub(crate) const TAIL: usize = 64;

/// A block; its bytes are in the thread's buffer.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) parser: Arc<dyn Parser>,
    /// The place of the block's end in the unpacked file.
    pub(crate) end: u64,
    /// The number of lines right before the block that were too long.
    pub(crate) too_long: u64,
    /// Whether an earlier run read the block, and this run reads it only for its senders.
    pub(crate) is_warm: bool,
    /// The last bytes before the block's end.
    pub(crate) tail: Vec<u8>,
}

/// The beginning of a file, which shows how to read the rest.
pub(crate) struct Head {
    input: Box<dyn Read + Send>,
    buffer: Buffer,
    is_end: bool,
    error: Option<io::Error>,
}

impl Head {
    /// Reads `size` bytes, or all there are. An error is reported after the bytes before it.
    pub(crate) fn read(mut input: Box<dyn Read + Send>, size: usize) -> Self {
        let mut buffer = Buffer::default();
        let (is_end, error) = match buffer.fill(&mut input, size) {
            Ok(is_end) => (is_end, None),
            Err(error) => (true, Some(error)),
        };
        Self { input, buffer, is_end, error }
    }

    /// What was read.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.filled()
    }

    /// Whether the file ends with what was read.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_end && self.error.is_none()
    }

    /// The error, if nothing at all could be read.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        if self.buffer.len == 0 { self.error.take() } else { None }
    }
}

/// Reads one file.
pub(crate) struct Reader {
    input: Box<dyn Read + Send>,
    parser: Arc<dyn Parser>,
    buffer: Buffer,
    /// The place of the buffer in the unpacked file.
    offset: u64,
    tail: Vec<u8>,
    is_end: bool,
    mailbox: Mailbox,
    too_long: u64,
    /// The place in the file from which records count.
    warm_until: u64,
    block: usize,
    /// Whether a last line without an end is still being written.
    may_grow: bool,
    /// The error that ended the file too early.
    error: Option<io::Error>,
}

impl Reader {
    /// Reads the file that begins with `head`.
    pub(crate) fn new(head: Head, parser: Arc<dyn Parser>) -> Self {
        Self {
            input: head.input,
            parser,
            buffer: head.buffer,
            offset: 0,
            tail: Vec::new(),
            is_end: head.is_end,
            mailbox: Mailbox { in_body: false, too_long: 0 },
            too_long: 0,
            warm_until: 0,
            block: BLOCK,
            may_grow: false,
            error: head.error,
        }
    }

    /// Continues where another run ended: the bytes begin at `start`, and records before `offset` were
    /// counted.
    pub(crate) fn resume(mut self, start: u64, offset: u64) -> Self {
        (self.offset, self.warm_until) = (start, offset);
        self.mailbox.in_body = start > 0;
        self
    }

    /// Leaves a last line without an end for the next run.
    pub(crate) fn leave_unfinished(mut self) -> Self {
        self.may_grow = self.parser.format().is_log();
        self
    }

    /// Cuts blocks of another size, for tests.
    pub(crate) fn with_block(mut self, block: usize) -> Self {
        self.block = block.max(1);
        self
    }

    /// The position in the unpacked file.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The error that ended the file early. Call this when no block is left.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Lines at the end that were too long.
    pub(crate) fn take_too_long(&mut self) -> u64 {
        std::mem::take(&mut self.too_long)
    }

    /// The next block, whose bytes go to `out`; `None` at the end or after an error. All data before an
    /// error has been returned by then.
    pub(crate) fn next(&mut self, out: &mut Buffer) -> Option<Block> {
        out.clear();
        match self.parser.framing() {
            framing @ (Framing::Lines | Framing::Csv(_) | Framing::Json | Framing::Folded) => {
                self.next_records(out, framing)
            }
            Framing::Mbox => self.next_headers(out),
            Framing::Message => self.next_message(out),
        }
    }

    fn next_records(&mut self, out: &mut Buffer, framing: Framing) -> Option<Block> {
        let is_warm = self.offset < self.warm_until;
        let mut size = self.block;
        loop {
            // A block that is read again ends where the last run ended.
            let wanted = if is_warm {
                size.min(usize::try_from(self.warm_until - self.offset).unwrap_or(size))
            } else {
                size
            };
            self.fill(wanted);
            let is_all = self.is_end || is_warm && wanted < size;
            if self.buffer.len == 0 {
                return None;
            }
            let filled = self.buffer.filled();
            let filled = bytes::before(filled, if is_warm { wanted } else { filled.len() });
            let long = match framing {
                Framing::Json => None,
                _ => first_too_long(filled),
            };
            let whole = bytes::before(filled, long.unwrap_or(filled.len()));
            // A line that an error cuts off is not a record.
            let is_last = is_all && !self.may_grow && self.error.is_none() || long.is_some();
            let end = match framing {
                Framing::Csv(delimiter) => cut_csv(whole, delimiter, is_last),
                Framing::Folded => cut_folded(whole, is_last),
                // An object without an end is dropped together with the bytes read of it.
                Framing::Json => cut_json(whole, is_last || whole.len() > MAX_OBJECT),
                _ if is_last => whole.len(),
                _ => memrchr(b'\n', whole).map_or(0, |newline| newline + 1),
            };
            if end > 0 {
                return Some(self.emit(out, end, is_warm));
            }
            if long == Some(0) {
                self.skip_line();
                self.too_long += u64::from(!is_warm);
                return self.next_records(out, framing);
            }
            if is_all {
                // The last line is unfinished.
                return None;
            }
            size = self.buffer.len + self.block;
        }
    }

    /// Returns the first `end` bytes of the buffer.
    fn emit(&mut self, out: &mut Buffer, end: usize, is_warm: bool) -> Block {
        std::mem::swap(&mut self.buffer, out);
        self.buffer.clear();
        self.buffer.extend(bytes::from(out.filled(), end));
        out.len = end;
        self.offset += end as u64;
        self.remember(out.filled());
        let parser = Arc::clone(&self.parser);
        if let Some(next) = parser.after(out.filled()) {
            self.parser = next;
        }
        self.block(parser, is_warm)
    }

    fn block(&mut self, parser: Arc<dyn Parser>, is_warm: bool) -> Block {
        let too_long = self.take_too_long();
        Block { parser, end: self.offset, too_long, is_warm, tail: self.tail.clone() }
    }

    /// Keeps the last bytes of the block before the reader moves on.
    fn remember(&mut self, left: &[u8]) {
        self.tail.extend_from_slice(bytes::from(left, left.len().saturating_sub(TAIL)));
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
    }

    /// Removes the first bytes of the buffer.
    fn leave(&mut self, count: usize) {
        let left = bytes::before(self.buffer.filled(), count).len();
        let last = bytes::part(self.buffer.filled(), left.saturating_sub(TAIL)..left).to_vec();
        self.remember(&last);
        self.buffer.drop_first(left);
        self.offset += left as u64;
    }

    fn skip_line(&mut self) {
        loop {
            if let Some(newline) = memchr(b'\n', self.buffer.filled()) {
                return self.leave(newline + 1);
            }
            self.leave(self.buffer.len);
            self.fill(64 << 10);
            if self.buffer.len == 0 {
                return;
            }
        }
    }

    /// Reads until there are `size` bytes, or to the end. An error counts as the end and is
    /// reported later.
    fn fill(&mut self, size: usize) {
        if !self.is_end && self.buffer.len < size {
            match self.buffer.fill(&mut self.input, size) {
                Ok(is_end) => self.is_end = is_end,
                Err(error) => {
                    self.is_end = true;
                    self.error = Some(error);
                }
            }
        }
    }

    fn next_message(&mut self, out: &mut Buffer) -> Option<Block> {
        if self.is_end && self.buffer.len == 0 || self.offset > 0 {
            return None;
        }
        self.fill(HEADER_LIMIT);
        let filled = self.buffer.filled();
        let end = match header_end(filled) {
            Some(end) => end,
            None if filled.len() < HEADER_LIMIT => filled.len(),
            None => {
                self.too_long += 1;
                filled.len()
            }
        };
        let block = self.emit(out, end, false);
        // The scan reads no bodies.
        self.buffer.clear();
        self.is_end = true;
        self.error = None;
        Some(block)
    }

    fn next_headers(&mut self, out: &mut Buffer) -> Option<Block> {
        loop {
            let consumed = self.mailbox.take(self.buffer.filled(), self.is_end, self.block, out);
            self.leave(consumed);
            if out.len >= self.block || self.is_end && out.len > 0 {
                self.too_long += std::mem::take(&mut self.mailbox.too_long);
                return Some(self.block(Arc::clone(&self.parser), false));
            }
            if self.is_end {
                return None;
            }
            self.fill(self.buffer.len + self.block.clamp(64, BLOCK));
        }
    }
}

/// Copies the headers of a mailbox file.
struct Mailbox {
    /// Whether the reader is between two headers.
    in_body: bool,
    too_long: u64,
}

impl Mailbox {
    /// Copies the headers in `text` to `out` until it holds `enough`; returns how much of `text` was
    /// used.
    fn take(&mut self, text: &[u8], is_end: bool, enough: usize, out: &mut Buffer) -> usize {
        let mut at = 0;
        while out.len < enough {
            let rest = bytes::from(text, at);
            if self.in_body {
                // The line end before a `From ` may be that of the header's empty line.
                let Some(candidate) = next_candidate(text, at.saturating_sub(1)) else {
                    // Enough bytes to recognise an empty line and a `From ` that arrive in two
                    // pieces.
                    let kept = if is_end { 2 } else { 10 };
                    return text.len().saturating_sub(kept);
                };
                match is_start(bytes::from(text, candidate)) {
                    Some(true) => (at, self.in_body) = (candidate, false),
                    None if !is_end => return candidate.saturating_sub(3),
                    Some(false) | None => at = candidate + 1,
                }
                continue;
            }
            let header = bytes::before(rest, HEADER_LIMIT);
            if let Some(end) = header_end(header) {
                out.extend(bytes::before(rest, end));
                at += end;
            } else if header.len() == HEADER_LIMIT || is_end {
                self.too_long += u64::from(header.len() == HEADER_LIMIT);
                out.extend(header.trim_ascii_end());
                out.extend(b"\n\n");
                at += header.len();
            } else {
                return at;
            }
            self.in_body = true;
        }
        // The empty line is included, because the next `From ` has to follow it.
        at.saturating_sub(3)
    }
}

/// The beginning of the first line that is longer than [`MAX_LINE`], if that is known already.
fn first_too_long(filled: &[u8]) -> Option<usize> {
    let mut at = 0;
    while filled.len() - at > MAX_LINE {
        // If a line end is near enough, the lines before it are short.
        match memrchr(b'\n', bytes::part(filled, at..at + MAX_LINE + 1)) {
            Some(newline) => at += newline + 1,
            None => return Some(at),
        }
    }
    None
}
