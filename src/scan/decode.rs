//! Turns the bytes of a file into text: gzip (RFC 1952), bzip2, zstd (RFC 8878) and xz, recognised by their
//! first bytes, of one part or several; UTF-16, as PowerShell writes it, read by `encoding_rs_io`.
//!
//! Memory is bounded whatever a file claims to need: a zstd window of 128 MiB, an xz dictionary of 128 MiB
//! (both are what the tools themselves accept by default). The size that a file can expand to is bounded by
//! [`Limits::expansion`].

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs_io::DecodeReaderBytesBuilder;
use liblzma::stream::{CONCATENATED, Stream};

/// A file that unpacks to fewer bytes than this is never treated as a bomb.
const HARMLESS: u64 = 64 << 20;

/// The most memory that an xz file may need.
const XZ_MEMORY: u64 = 128 << 20;

/// The compression of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

/// Counts the bytes that are read from a file.
pub(crate) struct Metered<R> {
    pub(super) inner: R,
    /// Bytes read from this file.
    pub(super) read: Arc<AtomicU64>,
    /// Bytes read from all files.
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

/// The content of a reader, unpacked if it is packed.
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
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Packing::Bzip2,
        _ => Packing::None,
    };
    let whole = Cursor::new(magic).chain(reader);
    let unpacked: Box<dyn Read + Send> = match packing {
        Packing::None => return Ok((packing, Box::new(whole))),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(whole))),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered(whole))?),
        Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(whole))),
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

/// Stops at a file that unpacks to far more than any log.
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

/// Text in UTF-8, without a byte order mark; converts UTF-16 if a mark or the text itself shows it. Returns
/// whether the text differs from the bytes of the file.
///
/// # Errors
///
/// When the first bytes cannot be read.
pub(crate) fn to_utf8(
    mut reader: Box<dyn Read + Send>,
) -> io::Result<(bool, Box<dyn Read + Send>)> {
    let mut start = Vec::with_capacity(4);
    reader.by_ref().take(4).read_to_end(&mut start)?;
    let encoding = match start.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => Some(encoding_rs::UTF_8),
        // A part of a file has no mark; in UTF-16, every other byte of Latin text is zero.
        [0xFF, 0xFE, ..] | [1..=255, 0, 1..=255, 0] => Some(encoding_rs::UTF_16LE),
        [0xFE, 0xFF, ..] | [0, 1..=255, 0, 1..=255] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let whole = Cursor::new(start).chain(reader);
    Ok(match encoding {
        Some(encoding) => {
            let reader = DecodeReaderBytesBuilder::new()
                .encoding(Some(encoding))
                .bom_override(true)
                .utf8_passthru(encoding == encoding_rs::UTF_8)
                .strip_bom(true)
                .build(whole);
            (true, Box::new(reader))
        }
        None => (false, Box::new(whole)),
    })
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
        assert_eq!(read(b"a\0b\0c\0"), (true, "abc".into()), "without a mark");
        let long: Vec<u8> = "😀".repeat(40_001).encode_utf16().flat_map(u16::to_le_bytes).collect();
        let long = [&b"\xFF\xFEx\0"[..], &long].concat();
        assert_eq!(read(&long).1.chars().count(), 40_002, "pairs across buffers");
    }
}
