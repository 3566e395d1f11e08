//! Numbers that count as markings beside certain words: social security, DoD identification and
//! passport numbers.

use std::ops::Range;

use super::text::is_word;
use super::{Marking, MarkingKind};

/// How far before or after a number its word may be, in bytes.
const NEAR_BEFORE: usize = 48;
const NEAR_AFTER: usize = 24;

/// The last number of each kind and the last word for that kind: whichever comes first waits for the other.
#[derive(Default)]
pub(super) struct Numbers {
    word_ends: [Option<usize>; 3],
    spans: [Option<Range<usize>>; 3],
}

/// The kinds of numbers, in the order of the arrays.
const NUMBER_KINDS: [MarkingKind; 3] =
    [MarkingKind::Ssn, MarkingKind::Edipi, MarkingKind::Passport];

impl Numbers {
    /// Notes the number at the start of `rest`, if it is one.
    pub(super) fn number(&mut self, before: &str, rest: &str) -> Option<Marking> {
        // A part of a longer number does not count, such as in 1-123-45-6789.
        let digit = |c: char| c.is_ascii_digit();
        if before.strip_suffix(['-', '.', '\u{2013}']).is_some_and(|before| before.ends_with(digit))
        {
            return None;
        }
        let lens = [ssn_len(rest), edipi_len(rest), passport_len(rest)];
        let all =
            NUMBER_KINDS.into_iter().zip(lens).zip(self.word_ends.iter().zip(&mut self.spans));
        for ((kind, len), (word_end, number)) in all {
            let Some(len) = len else { continue };
            let span = before.len()..before.len() + len;
            if word_end.is_some_and(|end| span.start.saturating_sub(end) <= NEAR_BEFORE) {
                return Some(Marking { kind, span });
            }
            *number = Some(span);
        }
        None
    }

    /// Notes the word at `span`.
    pub(super) fn word(&mut self, kind: MarkingKind, span: Range<usize>) -> Option<Marking> {
        let index = NUMBER_KINDS.into_iter().position(|k| k == kind)?;
        *self.word_ends.get_mut(index)? = Some(span.end);
        let number = self.spans.get(index)?.clone()?;
        (span.start.saturating_sub(number.end) <= NEAR_AFTER)
            .then_some(Marking { kind, span: number })
    }
}

/// `123-45-6789`, `123 45 6789` or `123456789`, unless it was never issued: area 000, 666 or
/// 900-999, group 00, serial 0000. Word processors may replace the separators by other hyphens and spaces.
fn ssn_len(rest: &str) -> Option<usize> {
    if !rest.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let separates = |c: &char| {
        matches!(c, '-' | ' ' | '.' | '\u{a0}' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}')
    };
    let separator = rest.chars().nth(3).filter(separates);
    let mut chars = rest.chars();
    let mut digits = [0_u8; 9];
    for (at, digit) in digits.iter_mut().enumerate() {
        if separator.is_some() && (at == 3 || at == 5) && chars.next() != separator {
            return None;
        }
        *digit = u8::try_from(chars.next()?).ok().filter(u8::is_ascii_digit)?;
    }
    let len = rest.len() - chars.as_str().len();
    let [area @ .., _, _, _, _, _, _] = &digits;
    let group = digits.get(3..5)?;
    let serial = digits.get(5..)?;
    let issued =
        area != b"000" && area != b"666" && area[0] != b'9' && group != b"00" && serial != b"0000";
    (issued && ends_number(rest, len)).then_some(len)
}

/// Ten digits.
fn edipi_len(rest: &str) -> Option<usize> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits == 10 && ends_number(rest, digits)).then_some(digits)
}

/// Eight or nine capitals and digits, mostly digits (ICAO Doc 9303-4 has nine places; `C01X00T47`,
/// `123456789`, `A12345678`), but no date such as 20300131.
fn passport_len(rest: &str) -> Option<usize> {
    let plain = |b: &u8| b.is_ascii_digit() || b.is_ascii_uppercase();
    let len = rest.bytes().take_while(plain).count();
    let digits = rest.bytes().take(len).filter(u8::is_ascii_digit).count();
    let date = digits == 8 && len == 8 && (rest.starts_with("19") || rest.starts_with("20"));
    ((8..=9).contains(&len) && digits >= 5 && !date && ends_number(rest, len)).then_some(len)
}

/// Whether nothing after `len` bytes makes the number longer.
fn ends_number(rest: &str, len: usize) -> bool {
    let mut after = rest.get(len..).unwrap_or_default().chars();
    match after.next() {
        Some('-' | '.' | '\u{2013}') => !after.next().is_some_and(|c| c.is_ascii_digit()),
        next => !next.is_some_and(is_word),
    }
}
