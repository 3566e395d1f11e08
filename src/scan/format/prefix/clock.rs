//! Finds the end of a time without reading it.

use memchr::memchr_iter;

use crate::scan::bytes;
use crate::scan::time::tai64n;

/// How many bytes at the beginning of a line are searched for a time. A smaller number would miss
/// long forms of a time; a larger one would cost time on each line that has none.
const CLOCK: usize = 44;

/// The length of the time at the beginning of `text`, with its fraction and offset.
pub(in crate::scan::format) fn time_len(text: &[u8]) -> Option<usize> {
    if tai64n(text).is_some() {
        return Some(25);
    }
    let (inner, bracket) = match text {
        [b'[', inner @ ..] => (inner, 1),
        _ => (text, 0),
    };
    if !matches!(inner.first(), Some(b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')) {
        return None;
    }
    let end = clock_end(inner).or_else(|| number_end(inner, bracket > 0))?;
    match (bracket, inner.get(end)) {
        (0, _) => Some(end),
        (_, Some(b']')) => Some(end + 2),
        _ => None,
    }
}

/// `1709643731.123456 ` (journald's short-unix), and `[   12.345678]` (short-monotonic).
fn number_end(text: &[u8], is_monotonic: bool) -> Option<usize> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    let fraction = match text.get(whole..) {
        Some([b'.', rest @ ..]) => digits(rest),
        _ => 0,
    };
    ((whole == 10 || is_monotonic) && fraction >= 3).then_some(whole + 1 + fraction)
}

fn clock_end(text: &[u8]) -> Option<usize> {
    let colon = clock(bytes::before(text, CLOCK))?;
    let two = colon >= 2 && text.get(colon - 2).is_some_and(u8::is_ascii_digit);
    if !is_date(bytes::before(text, colon - 1 - usize::from(two))) {
        return None;
    }
    // `:02:11`, or `:02` alone.
    let mut end = colon + 3;
    if text.get(end) == Some(&b':') && is_two(bytes::from(text, end + 1)) {
        end += 3;
    }
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if let Some(b'.' | b',') = text.get(end)
        && let fraction @ 1.. = digits(bytes::from(text, end + 1))
    {
        end += 1 + fraction;
    }
    let rest = bytes::from(text, end);
    end += match rest {
        [b'Z', ..] => 1,
        [b'+' | b'-', zone @ ..] if is_two(zone) => 1 + offset_len(zone),
        [b' ', b'+' | b'-', zone @ ..] if is_two(zone) && offset_len(zone) >= 4 => {
            2 + offset_len(zone)
        }
        _ => 0,
    };
    Some(end)
}

/// The place of the first colon of a time of day.
fn clock(text: &[u8]) -> Option<usize> {
    memchr_iter(b':', text).find(|&colon| {
        colon > 0
            && text.get(colon - 1).is_some_and(u8::is_ascii_digit)
            // Not the colon after a year, as in `05/Mar/2024:14:02:11`.
            && !colon.checked_sub(3).is_some_and(|at| text.get(at).is_some_and(u8::is_ascii_digit))
            && is_two(bytes::from(text, colon + 1))
            && text.get(colon + 3).is_none_or(|byte| !byte.is_ascii_digit())
    })
}

fn is_two(text: &[u8]) -> bool {
    matches!(text, [a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

fn offset_len(zone: &[u8]) -> usize {
    match zone {
        [_, _, b':', rest @ ..] if is_two(rest) => 5,
        [_, _, rest @ ..] if is_two(rest) => 4,
        _ => 2,
    }
}

/// Whether the text before a clock is a day: `Mar  5 `, `2024-03-05T`, `05/Mar/2024:`.
fn is_date(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b" -/,:.T".contains(byte);
    // The only colon before a clock stands between date and clock. In `7:Mar 5 14:02:11`, the first
    // colon follows the line number that grep put before the line.
    if text.iter().rev().skip(1).any(|byte| *byte == b':') {
        return false;
    }
    let has_digit = text.iter().any(u8::is_ascii_digit);
    let (first, last) = (text.first(), text.last());
    if !has_digit || !text.iter().all(is_part) || !matches!(last, Some(b' ' | b'T' | b't' | b':')) {
        return false;
    }
    if first.is_some_and(u8::is_ascii_alphabetic) {
        return is_name(bytes::before(text, 3));
    }
    let marks = text.iter().filter(|byte| matches!(byte, b'-' | b'/' | b'.')).count();
    marks >= 2 || text.split(|byte| !byte.is_ascii_alphabetic()).any(is_name)
}

/// Names of months and days.
fn is_name(word: &[u8]) -> bool {
    const NAMES: [&[u8; 3]; 19] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun",
    ];
    NAMES.iter().any(|name| word.eq_ignore_ascii_case(*name))
}

/// Names of time zones that programs write after a time.
pub(super) fn is_zone(word: &[u8]) -> bool {
    const ZONES: [&[u8]; 22] = [
        b"UTC", b"GMT", b"CET", b"CEST", b"EET", b"EEST", b"WET", b"WEST", b"BST", b"IST", b"MSK",
        b"EST", b"EDT", b"CST", b"CDT", b"MST", b"MDT", b"PST", b"PDT", b"JST", b"AEST", b"AEDT",
    ];
    ZONES.contains(&word)
}

pub(super) fn is_year(word: &[u8]) -> bool {
    matches!(word, [b'1' | b'2', b'9' | b'0', a, b] if a.is_ascii_digit() && b.is_ascii_digit())
}
