//! From the bytes of a file to text: gzip (RFC 1952), zstd (RFC 8878) and xz, recognised by their first
//! bytes, of one part or several; UTF-16 with a byte order mark, as PowerShell writes it.
//!
//! Memory is bounded whatever a file claims to need: a zstd window of 128 MiB, an xz dictionary of 128 MiB
//! (both are what the tools themselves accept by default). What a file can expand to is bounded by
//! [`Limits::expansion`].

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use liblzma::stream::{CONCATENATED, Stream};

/// Below this many bytes nothing is called a bomb.
const HARMLESS: u64 = 64 << 20;

/// Memory that an xz file may ask for.
const XZ_MEMORY: u64 = 128 << 20;

/// How a file is packed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
    Xz,
}

/// Counts the bytes that are read from a file.
pub(crate) struct Metered<R> {
    pub(super) inner: R,
    /// Of this file.
    pub(super) read: Arc<AtomicU64>,
    /// Of all files.
    pub(super) total: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        self.total.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// What a reader gives as it is, or unpacked if it is packed.
///
/// # Errors
///
/// When the first bytes cannot be read.
pub(crate) fn unpack<R: Read + Send + 'static>(
    mut reader: Metered<R>,
    expansion: u64,
) -> io::Result<(Packing, Box<dyn Read + Send>)> {
    let read = Arc::clone(&reader.read);
    let mut magic = Vec::with_capacity(6);
    reader.by_ref().take(6).read_to_end(&mut magic)?;
    let packing = match magic.as_slice() {
        [0x1F, 0x8B, ..] => Packing::Gzip,
        // A skippable frame may come first (RFC 8878 §3.1.2).
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Packing::Zstd,
        [0xFD, b'7', b'z', b'X', b'Z', 0] => Packing::Xz,
        _ => Packing::None,
    };
    let whole = Cursor::new(magic).chain(reader);
    let unpacked: Box<dyn Read + Send> = match packing {
        Packing::None => return Ok((packing, Box::new(whole))),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(whole))),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered(whole))?),
        Packing::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(buffered(whole), stream))
        }
    };
    Ok((packing, Box::new(Bounded { inner: unpacked, given: 0, read, expansion })))
}

fn buffered<R: Read>(reader: R) -> BufReader<R> {
    BufReader::with_capacity(64 << 10, reader)
}

/// Stops at a file that becomes far larger than any log does.
struct Bounded<R> {
    inner: R,
    given: u64,
    read: Arc<AtomicU64>,
    expansion: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.given += count as u64;
        let read = self.read.load(Ordering::Relaxed).max(1);
        if self.given > HARMLESS && self.given / read > self.expansion {
            let message = format!(
                "it expands to more than {} times its size, as no log does; --max-expansion allows more",
                self.expansion
            );
            return Err(io::Error::other(message));
        }
        Ok(count)
    }
}

/// Text in UTF-8: without a byte order mark, and from UTF-16 where one says so.
///
/// # Errors
///
/// When the first bytes cannot be read.
pub(crate) fn to_utf8(
    mut reader: Box<dyn Read + Send>,
) -> io::Result<(bool, Box<dyn Read + Send>)> {
    let mut mark = Vec::with_capacity(3);
    reader.by_ref().take(3).read_to_end(&mut mark)?;
    Ok(match mark.as_slice() {
        [0xEF, 0xBB, 0xBF] => (true, reader),
        [first @ (0xFF | 0xFE), second @ (0xFF | 0xFE), rest @ ..] if first != second => {
            let is_little = *first == 0xFF;
            let rest = Cursor::new(rest.to_vec()).chain(reader);
            (
                true,
                Box::new(Utf16 {
                    inner: buffered(rest),
                    is_little,
                    pending: None,
                    ready: Vec::new(),
                    given: 0,
                }),
            )
        }
        _ => (false, Box::new(Cursor::new(mark).chain(reader))),
    })
}

/// UTF-16 (RFC 2781) as UTF-8. A lone surrogate becomes U+FFFD.
struct Utf16<R> {
    inner: BufReader<R>,
    is_little: bool,
    /// The first half of a pair.
    pending: Option<u16>,
    ready: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        let mut bytes = Vec::with_capacity(32 << 10);
        self.inner.by_ref().take(32 << 10).read_to_end(&mut bytes)?;
        let (pairs, _odd) = bytes.as_chunks::<2>();
        let is_little = self.is_little;
        let unit = |pair: &[u8; 2]| {
            if is_little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }
        };
        let mut units: Vec<u16> =
            self.pending.take().into_iter().chain(pairs.iter().map(unit)).collect();
        if units.len() > 1 {
            self.pending = units.pop_if(|last| (0xD800..0xDC00).contains(last));
        }
        for character in char::decode_utf16(units) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.ready.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.fill()?;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (bool, String) {
        let (marked, mut reader) = to_utf8(Box::new(Cursor::new(bytes.to_vec()))).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (marked, text)
    }

    #[test]
    fn byte_order_marks_tell_the_encoding() {
        assert_eq!(read(b""), (false, String::new()));
        assert_eq!(read(b"ab"), (false, "ab".into()));
        assert_eq!(read(b"\xEF\xBB\xBFab"), (true, "ab".into()));
        assert_eq!(read(b"\xFF\xFEa\0\xE9\0"), (true, "aé".into()));
        assert_eq!(read(b"\xFE\xFF\0a\xD8\x3D\xDE\x00"), (true, "a😀".into()));
        assert_eq!(read(b"\xFE\xFF\xD8\x3D"), (true, "\u{FFFD}".into()), "half a pair");
        let long: Vec<u8> = "😀".repeat(40_001).encode_utf16().flat_map(u16::to_le_bytes).collect();
        let long = [&b"\xFF\xFEx\0"[..], &long].concat();
        assert_eq!(read(&long).1.chars().count(), 40_002, "pairs across buffers");
    }
}
