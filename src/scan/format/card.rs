//! Contacts as vCard (RFC 6350, and 2.1 and 3.0) and directory entries as LDIF (RFC 2849).
//!
//! Both consist of lines with a name and a value; a line that begins with a blank continues the one
//! before.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXUPPER_PERMISSIVE;
use memchr::{memchr, memmem};

use super::kind::{Format, Framing};
use super::parser::Parser;
use super::row::{Dates, Row};
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// The LDIF attributes with mail addresses, in lower case (RFC 4524, Mozilla's and Microsoft's).
const ATTRIBUTES: [&[u8]; 13] = [
    b"mail",
    b"rfc822mailbox",
    b"mailalternateaddress",
    b"mozillasecondemail",
    b"xmozillasecondemail",
    b"othermailbox",
    b"proxyaddresses",
    b"targetaddress",
    b"email",
    b"emailaddress",
    b"mailforwardingaddress",
    b"mgrprfc822mailmember",
    b"mailroutingaddress",
];

#[derive(Debug)]
pub(super) struct Card {
    pub(super) format: Format,
}

impl Parser for Card {
    fn format(&self) -> Format {
        self.format
    }

    fn framing(&self) -> Framing {
        Framing::Folded
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        let mut given = Vec::new();
        for (start, line) in unfolded(block) {
            if line.is_empty() || line.starts_with(b"BEGIN:") || line.starts_with(b"dn:") {
                given.clear();
            }
            let Some(value) = address(&line, self.format) else { continue };
            let row = Row {
                start,
                sender: None,
                time: None,
                status: None,
                id: None,
                dates: Dates::default(),
            };
            row.read_new(&value, &mut given, judge, found);
        }
    }
}

/// Whether the lines are those of vCards or of LDIF.
pub(super) fn recognise(lines: &[&[u8]]) -> Option<Format> {
    let is_filled = |line: &&&[u8]| !line.trim_ascii().is_empty() && !line.starts_with(b"#");
    let first = lines.iter().find(is_filled)?;
    if first.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCARD") {
        return Some(Format::Vcard);
    }
    let lower = bytes::before(first, 16).to_ascii_lowercase();
    let is_ldif = lower.starts_with(b"dn:")
        || lower.starts_with(b"version: 1") && lines.iter().any(|line| line.starts_with(b"dn:"));
    is_ldif.then_some(Format::Ldif)
}

/// The place of the colon before the value. A colon inside a quoted parameter does not count.
fn colon(line: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    line.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == b':' && !is_quoted
    })
}

/// The value without the encoding that vCard 2.1 may give it.
fn decoded<'a>(parameters: &[u8], value: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let has = |word: &[u8]| memmem::find(parameters, word).is_some();
    if has(b"BASE64") || has(b"ENCODING=B") {
        return STANDARD.decode(value).ok().map(Cow::Owned);
    }
    if !has(b"QUOTED-PRINTABLE") {
        return Some(Cow::Borrowed(value));
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr(b'=', rest) {
        plain.extend_from_slice(bytes::before(rest, at));
        let code = bytes::part(rest, at + 1..at + 3);
        let byte = HEXUPPER_PERMISSIVE.decode(code).ok().and_then(|byte| byte.first().copied());
        match byte {
            Some(byte) => plain.push(byte),
            None => plain.extend_from_slice(bytes::part(rest, at..at + 3)),
        }
        rest = bytes::from(rest, at + 3);
    }
    plain.extend_from_slice(rest);
    Some(Cow::Owned(plain))
}

/// The value of a line with an address.
fn address(line: &[u8], format: Format) -> Option<Vec<u8>> {
    let colon = colon(line)?;
    let (name, value) = (bytes::before(line, colon), bytes::from(line, colon + 1));
    if format == Format::Vcard {
        // `item1.EMAIL;TYPE=work:bob@army.ml`.
        let parameters = name.to_ascii_uppercase();
        let name = bytes::until(name, b';').to_ascii_lowercase();
        let name = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        let value = decoded(&parameters, value.trim_ascii())?;
        let value = value.strip_prefix(b"mailto:").unwrap_or(&value);
        let is_address = matches!(name, b"email" | b"x-email")
            || matches!(name, b"member" | b"impp") && value.contains(&b'@');
        return is_address.then(|| value.to_vec());
    }
    let name = bytes::until(name, b';').to_ascii_lowercase();
    if !ATTRIBUTES.contains(&name.as_slice()) {
        return None;
    }
    let value = match value {
        [b':', coded @ ..] => STANDARD.decode(coded.trim_ascii()).ok()?,
        value => value.trim_ascii().to_vec(),
    };
    // `SMTP:bob@army.ml`; other protocols do not name an internet mailbox.
    match memchr(b':', &value) {
        Some(colon) if bytes::before(&value, colon).eq_ignore_ascii_case(b"smtp") => {
            Some(bytes::from(&value, colon + 1).to_vec())
        }
        Some(_) => None,
        None => Some(value),
    }
}

/// The lines of a block, joined with their continuations.
fn unfolded(block: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let mut lines = bytes::lines(block).peekable();
    std::iter::from_fn(move || {
        let (start, line) = lines.next()?;
        let mut whole = line.to_vec();
        while let Some((_, [b' ' | b'\t', rest @ ..])) = lines.peek() {
            whole.extend_from_slice(rest);
            lines.next();
        }
        Some((start, whole))
    })
}

/// Where the last complete line ends, with its continuations.
pub(crate) fn cut(buffer: &[u8], is_all: bool) -> usize {
    if is_all {
        return buffer.len();
    }
    let ends = memchr::memrchr_iter(b'\n', buffer);
    let is_end = |at: &usize| buffer.get(at + 1).is_some_and(|byte| !matches!(byte, b' ' | b'\t'));
    ends.into_iter().find(is_end).map_or(0, |at| at + 1)
}
