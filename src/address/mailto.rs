//! The recipients of a `mailto:` URI (RFC 6068 §2).

use std::ops::Range;

use super::error::{AddressError, AddressErrorKind as Kind};
use super::lexer::check_characters;
use super::parse::{Parser, Scheme};
use super::{Address, Mailbox};

/// Reads the recipients of a `mailto:` URI, of which `uri` is what follows the scheme in `text`.
/// All offsets are those of `text`. The header fields after `?` are dropped, unless they hold more
/// recipients, which would then go unseen.
pub(super) fn parse(text: &str, uri: Range<usize>) -> Result<Vec<Address>, AddressError> {
    let content = text.get(uri.clone()).unwrap_or_default();
    let to = match content.split_once('?') {
        Some((to, fields)) => {
            refuse_recipients(fields, uri.start + to.len() + 1)?;
            uri.start..uri.start + to.len()
        }
        None => uri,
    };
    let encoded = text.get(to.clone()).unwrap_or_default();
    if !encoded.as_bytes().contains(&b'%') {
        let text = text.get(..to.end).unwrap_or_default();
        return Parser::new(text, to.start, Scheme::Inside).list();
    }

    let Decoded { bytes, sources } = decode(encoded, to.start);
    let source = |at: usize| sources.get(at).copied().unwrap_or(to.end);
    let decoded = String::from_utf8(bytes)
        .map_err(|error| Kind::ReplacementCharacter.at(source(error.utf8_error().valid_up_to())))?;
    let in_source = |error: AddressError| error.kind.at(source(error.at));
    check_characters(&decoded).map_err(in_source)?;
    let mut addresses = Parser::new(&decoded, 0, Scheme::Inside).list().map_err(in_source)?;
    let shift = |mailbox: &mut Mailbox| {
        for span in [&mut mailbox.span, &mut mailbox.domain_span] {
            *span = source(span.start)..source(span.end);
        }
    };
    for address in &mut addresses {
        match address {
            Address::Mailbox(mailbox) => shift(mailbox),
            Address::Group { members, .. } => members.iter_mut().for_each(shift),
        }
    }
    Ok(addresses)
}

/// Percent-decoded bytes, each with the offset at which it was written.
struct Decoded {
    bytes: Vec<u8>,
    sources: Vec<usize>,
}

fn decode(encoded: &str, start: usize) -> Decoded {
    let input = encoded.as_bytes();
    let mut decoded = Decoded { bytes: Vec::new(), sources: Vec::new() };
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        let value = (byte == b'%').then(|| hex_pair(input.get(at + 1..at + 3)?)).flatten();
        decoded.bytes.push(value.unwrap_or(byte));
        decoded.sources.push(start + at);
        at += if value.is_some() { 3 } else { 1 };
    }
    decoded
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
        let name = decode(name, 0).bytes;
        if ["to", "cc", "bcc"].iter().any(|hidden| name.eq_ignore_ascii_case(hidden.as_bytes())) {
            return Err(Kind::HiddenRecipients.at(at));
        }
        at += field.len() + 1;
    }
    Ok(())
}
