//! Functions that the readers of several mail servers' logs share.

use memchr::{memchr, memchr_iter};

use crate::scan::bytes;
use crate::scan::event::Verdict;
use crate::scan::judge::Judge;

/// How many characters of a server's answer are kept. More would take memory for each delivery;
/// fewer would cut off the reason that it gives.
pub(super) const DETAIL: usize = 240;

/// How much of an address is kept, in characters (RFC 5321 §4.5.3.1 allows 254).
pub(super) const ADDRESS: usize = 320;

/// How many bytes to search for the end of an address: longer than any, even quoted.
const LONGEST: usize = 1024;

/// The text before the `>` on the same line, and the text after it. A quoted local part may contain a
/// `>`.
pub(super) fn angle(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let whole = text;
    let text = bytes::before(text, LONGEST);
    let mut end = memchr(b'>', text)?;
    let first = end;
    while is_quoted(bytes::before(text, end)) {
        match memchr(b'>', bytes::from(text, end + 1)) {
            Some(more) if !bytes::part(text, end..end + more).contains(&b'\n') => end += more + 1,
            // The quote was an ordinary character.
            _ => {
                end = first;
                break;
            }
        }
    }
    let address = bytes::before(text, end);
    (!address.contains(&b'\n')).then(|| (address, bytes::from(whole, end + 1)))
}

/// The address after `to=` or `from=`, with or without angle brackets, and the text after it. `None` if
/// the bracket is not closed.
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

/// Judges the address that the mail went to and then the original one. Returns the first that is flagged, the
/// real destination if that is the other address, and the verdict.
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

/// How many characters of a server's name are kept: a name has 253, and an address follows it.
const SERVER: usize = 320;

/// The other server in the form that the log has, such as `mx.army.ml[192.0.2.1]:25`; `None` if the
/// log names none.
pub(super) fn server(name: &[u8]) -> Option<String> {
    let name = name.trim_ascii();
    (!matches!(name, b"" | b"none" | b"local" | b"-")).then(|| bytes::text(name, SERVER))
}

/// The length of the queue id at the start.
pub(super) fn id_len(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count()
}

/// A number in digits.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    str::from_utf8(digits).ok()?.parse().ok()
}
