//! Finds the program that wrote a line.

use memchr::memchr;

use crate::scan::bytes;
use crate::scan::format::program::{self, Program};

/// The most words between the time and the program.
const WORDS: usize = 8;

/// The tag of a program.
pub(super) struct Tag<'a> {
    pub(super) at: usize,
    pub(super) name: &'a [u8],
    pub(super) name_end: usize,
    pub(super) body: usize,
}

/// Finds the program's tag in the words from `at` on.
pub(super) fn find_tag(line: &[u8], at: usize, is_timed: bool) -> Option<Tag<'_>> {
    let mut at = at;
    let mut unknown: Option<Tag<'_>> = None;
    for number in 0..WORDS {
        at += bytes::from(line, at).iter().take_while(|byte| **byte == b' ').count();
        let (word, _) = bytes::word(bytes::from(line, at));
        if word.is_empty() {
            break;
        }
        let end = at + word.len();
        if let Some((name, has_process)) = tag(word) {
            let tag = Tag { at, name, name_end: at + name.len(), body: (end + 1).min(line.len()) };
            match program::of(name) {
                Program::Unknown if !has_process && unknown.is_none() && is_timed => {
                    // `mx: postfix/smtp[1]: …`: the next word may be the program.
                    unknown = Some(tag);
                }
                _ if unknown.is_some() && program::of(name) == Program::Unknown => break,
                // Without a time, a word and a colon may be a sentence: `Mar: 1 00:00:00 mx`.
                Program::Unknown if !has_process && !is_timed => break,
                _ => return Some(tag),
            }
        } else if unknown.is_some() {
            break;
        } else if word.starts_with(b"postfix/") {
            // Some templates omit the colon.
            let body = (end + 1).min(line.len());
            return Some(Tag { at, name: word, name_end: end, body });
        } else if word.contains(&b'=')
            // The source and the host of syslog-ng: `s_net@mx`.
            || word.contains(&b'@') && !(is_timed && number == 0)
            || !is_timed && number > 1
        {
            // The message has already begun.
            break;
        }
        at = end;
    }
    unknown
}

/// The name in `name[123]:`, `name:` or `name[123]`, and whether it has a process number.
fn tag(word: &[u8]) -> Option<(&[u8], bool)> {
    let bare = word.strip_suffix(b":");
    let word = bare.unwrap_or(word);
    let (name, has_process) = match word.strip_suffix(b"]") {
        Some(inner) => {
            let bracket = memchr(b'[', inner)?;
            let process = bytes::from(inner, bracket + 1);
            if !process.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
                return None;
            }
            (bytes::before(inner, bracket), true)
        }
        None => (word, false),
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-()@+".contains(byte);
    let is_sound = !name.is_empty()
        && name.len() <= 64
        && name.iter().all(is_name)
        && name.first().is_some_and(|first| first.is_ascii_alphabetic() || b"(_/".contains(first));
    ((bare.is_some() || has_process) && is_sound).then_some((name, has_process))
}
