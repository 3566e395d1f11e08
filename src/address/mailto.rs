//! The form of a `mailto:` URI (RFC 6068 §2): where its recipients are, and how they are encoded.

use std::ops::Range;

use super::error::{AddressError, AddressErrorKind as Kind};

/// The place of the recipients in a URI. `uri` is the part of `text` after the scheme. The header
/// fields after `?` are dropped, but further recipients in them are an error: nobody would see
/// them.
pub(super) fn recipients(text: &str, uri: Range<usize>) -> Result<Range<usize>, AddressError> {
    let content = text.get(uri.clone()).unwrap_or_default();
    match content.split_once('?') {
        Some((to, fields)) => {
            refuse_recipients(fields, uri.start + to.len() + 1)?;
            Ok(uri.start..uri.start + to.len())
        }
        None => Ok(uri),
    }
}

/// Percent-decoded text.
pub(super) struct Decoded {
    pub(super) text: String,
    /// For each byte of the text the offset at which it was written.
    sources: Vec<usize>,
    /// The offset at which the encoded text ends.
    end: usize,
}

impl Decoded {
    /// Decodes `encoded`, which begins at the offset `start`.
    pub(super) fn new(encoded: &str, start: usize) -> Result<Self, AddressError> {
        let (bytes, sources) = decode(encoded, start);
        let end = start + encoded.len();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { text, sources, end }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Err(Kind::ReplacementCharacter.at(sources.get(at).copied().unwrap_or(end)))
            }
        }
    }

    /// The offset at which the byte at `at` was written.
    pub(super) fn source(&self, at: usize) -> usize {
        self.sources.get(at).copied().unwrap_or(self.end)
    }
}

/// Percent-decoded bytes, and for each the offset at which it was written.
fn decode(encoded: &str, start: usize) -> (Vec<u8>, Vec<usize>) {
    let input = encoded.as_bytes();
    let (mut bytes, mut sources) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        let value = (byte == b'%').then(|| hex_pair(input.get(at + 1..at + 3)?)).flatten();
        bytes.push(value.unwrap_or(byte));
        sources.push(start + at);
        at += if value.is_some() { 3 } else { 1 };
    }
    (bytes, sources)
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let mut value = 0;
    for &digit in pair {
        value = value << 4 | char::from(digit).to_digit(16)?;
    }
    u8::try_from(value).ok()
}

fn refuse_recipients(fields: &str, start: usize) -> Result<(), AddressError> {
    let mut at = start;
    for field in fields.split('&') {
        let name = field.split('=').next().unwrap_or_default();
        let (name, _) = decode(name, 0);
        if ["to", "cc", "bcc"].iter().any(|hidden| name.eq_ignore_ascii_case(hidden.as_bytes())) {
            return Err(Kind::HiddenRecipients.at(at));
        }
        at += field.len() + 1;
    }
    Ok(())
}
