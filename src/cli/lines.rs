//! Reads lines of any length in bounded memory.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// A line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Line {
    /// A whole line.
    Whole,
    /// The beginning of a line that is longer than the limit; the rest of it was skipped.
    Cut,
}

/// Reads lines that end in LF, CR LF or the end of the input.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    limit: usize,
    is_first: bool,
}

impl<R: Read> Lines<R> {
    /// Reads lines and keeps at most the first `limit` bytes of each.
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        let reader = BufReader::with_capacity(1 << 16, reader);
        Self { reader, line: Vec::new(), limit, is_first: true }
    }

    /// The next line without its end, or `None` at the end of the input. Calls `before_wait`
    /// whenever it may have to wait for input, because answers to earlier lines are due by then.
    pub(crate) fn next(
        &mut self,
        mut before_wait: impl FnMut() -> io::Result<()>,
    ) -> Result<Option<(Line, &[u8])>, LineError> {
        self.line.clear();
        let mut length = 0;
        loop {
            if self.reader.buffer().is_empty() {
                before_wait().map_err(LineError::Wait)?;
            }
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(LineError::Read(error)),
            };
            let newline = chunk.iter().position(|&byte| byte == b'\n');
            let part = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
            // One byte more than the limit is kept, which may be the CR of a line that just fits.
            let room = (self.limit + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            length += part.len();
            let is_end = chunk.is_empty();
            let read = part.len() + usize::from(newline.is_some());
            self.reader.consume(read);
            if newline.is_some() || is_end && length > 0 {
                break;
            }
            if is_end {
                return Ok(None);
            }
        }
        if self.line.len() == length && self.line.last() == Some(&b'\r') {
            self.line.pop();
            length -= 1;
        }
        let mut line = self.line.as_slice();
        if std::mem::take(&mut self.is_first) {
            // Windows programs begin a file with a byte order mark.
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        match line.get(..self.limit) {
            Some(start) if length > self.limit => Ok(Some((Line::Cut, start))),
            _ => Ok(Some((Line::Whole, line))),
        }
    }
}

/// Why reading a line failed.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The input cannot be read.
    Read(io::Error),
    /// `before_wait` failed.
    Wait(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], limit: usize) -> Vec<(Line, Vec<u8>)> {
        let mut lines = Lines::new(input, limit);
        let mut read = Vec::new();
        while let Some((line, bytes)) = lines.next(|| Ok(())).unwrap() {
            read.push((line, bytes.to_vec()));
        }
        read
    }

    fn whole(line: &[u8]) -> (Line, Vec<u8>) {
        (Line::Whole, line.to_vec())
    }

    #[test]
    fn every_input_line_is_read_as_one_line() {
        assert_eq!(lines(b"", 9), []);
        assert_eq!(lines(b"\n", 9), [whole(b"")]);
        assert_eq!(lines(b"\n\n", 9), [whole(b""), whole(b"")]);
        assert_eq!(lines(b"a\r\nb\n\r\nc", 9), [whole(b"a"), whole(b"b"), whole(b""), whole(b"c")]);
        assert_eq!(lines(b"a\rb\r\r\n\xFF\0\r", 9), [whole(b"a\rb\r"), whole(b"\xFF\0")]);
        assert_eq!(
            lines(b"\xEF\xBB\xBFa\n\xEF\xBB\xBFb", 9),
            [whole(b"a"), whole(b"\xEF\xBB\xBFb")]
        );
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_line_is_whole() {
        let cut = |line: &[u8]| (Line::Cut, line.to_vec());
        assert_eq!(lines(b"1234\r\n5", 4), [whole(b"1234"), whole(b"5")]);
        assert_eq!(lines(b"12345\n6", 4), [cut(b"1234"), whole(b"6")]);
        assert_eq!(lines(b"1234\r5\n6", 4), [cut(b"1234"), whole(b"6")]);
        let mut long = vec![b'x'; 1 << 20];
        long.extend_from_slice(b"\r\nend");
        assert_eq!(lines(&long, 4), [cut(b"xxxx"), whole(b"end")]);
    }
}
