//! What the readers of several mail servers' logs share.

use memchr::{memchr, memchr_iter};

use crate::scan::bytes;
use crate::scan::event::Verdict;
use crate::scan::judge::Judge;

/// How much of the server's words is kept, in characters.
pub(super) const DETAIL: usize = 240;

/// How much of an address is kept, in characters (RFC 5321 §4.5.3.1 allows 254).
pub(super) const ADDRESS: usize = 320;

/// How far the end of an address is looked for: longer than any, even quoted.
const LONGEST: usize = 1024;

/// The text before the `>` on the same line, and the text after it. A quoted local part may hold one.
pub(super) fn angle(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let whole = text;
    let text = bytes::before(text, LONGEST);
    let mut end = memchr(b'>', text)?;
    let first = end;
    while is_quoted(bytes::before(text, end)) {
        match memchr(b'>', bytes::from(text, end + 1)) {
            Some(more) if !bytes::part(text, end..end + more).contains(&b'\n') => end += more + 1,
            // The quote was only a character.
            _ => {
                end = first;
                break;
            }
        }
    }
    let address = bytes::before(text, end);
    (!address.contains(&b'\n')).then(|| (address, bytes::from(whole, end + 1)))
}

/// The address after `to=` or `from=`, with or without angle brackets, and what follows it. `None` where
/// the bracket does not close.
pub(super) fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [b'<', rest @ ..] = text {
        return angle(rest);
    }
    let end = text.iter().position(|byte| matches!(byte, b',' | b' ' | b';' | b'>'));
    let end = end.unwrap_or(text.len());
    Some((bytes::before(text, end), bytes::from(text, end)))
}

/// Whether the text ends inside a quoted string.
fn is_quoted(text: &[u8]) -> bool {
    text.first() == Some(&b'"') && memchr_iter(b'"', text).count() % 2 == 1
}

/// The flagged one of the two addresses, the one it was rewritten to if it is the other, and why. The
/// address that the mail went to counts first.
pub(super) fn worse(
    address: &[u8],
    original: Option<&[u8]>,
    judge: &mut Judge<'_>,
) -> Option<(String, Option<String>, Verdict)> {
    if let Some((text, verdict)) = judge.judge(address) {
        return Some((text.into_owned(), None, verdict));
    }
    let (text, verdict) = judge.judge(original?)?;
    Some((text.into_owned(), Some(bytes::text(address, ADDRESS)), verdict))
}

/// How much of a server's name is kept, in characters: a name has 253, an address stands behind it.
const SERVER: usize = 320;

/// The other server as a log names it, such as `mx.army.ml[192.0.2.1]:25`; `None` where it names none.
pub(super) fn server(name: &[u8]) -> Option<String> {
    let name = name.trim_ascii();
    (!matches!(name, b"" | b"none" | b"local" | b"-")).then(|| bytes::text(name, SERVER))
}

/// How long the queue id at the start is.
pub(super) fn id_len(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count()
}
