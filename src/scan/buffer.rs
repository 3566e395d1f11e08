//! A buffer for reading and cutting bytes.

use std::io::{self, ErrorKind, Read};

use super::bytes;

/// Bytes, the first `len` of which are in use; the others stay initialised.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    pub(super) len: usize,
}

impl Buffer {
    pub(crate) fn filled(&self) -> &[u8] {
        bytes::before(&self.bytes, self.len)
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    pub(super) fn extend(&mut self, more: &[u8]) {
        self.reserve(more.len());
        if let Some(room) = self.bytes.get_mut(self.len..self.len + more.len()) {
            room.copy_from_slice(more);
            self.len += more.len();
        }
    }

    fn reserve(&mut self, more: usize) {
        if self.bytes.len() < self.len + more {
            self.bytes.resize(self.len + more, 0);
        }
    }

    /// Drops the first `count` bytes.
    pub(super) fn drop_first(&mut self, count: usize) {
        let count = count.min(self.len);
        self.bytes.copy_within(count..self.len, 0);
        self.len -= count;
    }

    /// Reads until there are `size` bytes in all; returns whether the input has ended.
    pub(super) fn fill(&mut self, input: &mut dyn Read, size: usize) -> io::Result<bool> {
        self.reserve(size.saturating_sub(self.len));
        while self.len < size {
            let Some(room) = self.bytes.get_mut(self.len..size) else { break };
            match input.read(room) {
                Ok(0) => return Ok(true),
                Ok(count) => self.len += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}
