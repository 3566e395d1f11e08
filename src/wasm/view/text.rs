//! Makes hostile text readable: which parts are marked, invisible or too long.
//!
//! This works on text alone; [`super`] makes the nodes.

use std::ops::Range;

use super::is_invisible;

/// The longest text to show whole; longer ones lose their middle. The longest mailbox that a mail
/// system must take has 254 octets (RFC 5321 §4.5.3.1.3), so only hostile text is longer.
const MAX_CHARS: usize = 400;

/// How much of each end of a cut text remains. The end of an address says whose it is.
const KEPT: (usize, usize) = (120, 240);

/// A run of characters with the same look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    /// The text to show.
    pub(super) text: String,
    /// Whether a finding marks the piece.
    pub(super) marked: bool,
    /// The kind of text in the piece.
    pub(super) kind: PieceKind,
}

/// The kind of a [`Piece`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PieceKind {
    /// The characters themselves.
    Plain,
    /// The code point of a character that has no shape of its own.
    Replaced,
}

/// Splits `text[window]` into pieces. `spans` are in UTF-16 code units of the whole text, as in the
/// JavaScript report; if they reach beyond the text or end within a character, they mark the
/// characters that they touch.
pub(super) fn pieces(text: &str, window: &Range<usize>, spans: &[Range<u32>]) -> Vec<Piece> {
    let length = text.get(window.clone()).unwrap_or_default().chars().count();
    let hidden = if length > MAX_CHARS { KEPT.0..length - KEPT.1 } else { 0..0 };

    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |text: &str, marked: bool, kind: PieceKind| match pieces.last_mut() {
        Some(last) if (last.marked, last.kind) == (marked, kind) => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), marked, kind }),
    };
    let mut unit = 0;
    let mut index = 0;
    for (at, char) in text.char_indices() {
        let begin = unit;
        unit += if u32::from(char) < 0x1_0000 { 1 } else { 2 };
        if !window.contains(&at) {
            continue;
        }
        if hidden.contains(&index) {
            if index == hidden.start {
                push("…", false, PieceKind::Replaced);
            }
        } else {
            let marked = spans.iter().any(|span| span.start < unit && begin < span.end);
            if is_invisible(char) {
                push(&code_point(char), marked, PieceKind::Replaced);
            } else {
                push(char.encode_utf8(&mut [0; 4]), marked, PieceKind::Plain);
            }
        }
        index += 1;
    }
    pieces
}

/// All of `text` as one string, for attributes.
pub(super) fn visible(text: &str) -> String {
    pieces(text, &(0..text.len()), &[]).into_iter().map(|piece| piece.text).collect()
}

/// `U+202E`, in brackets so that it is not read as part of the text.
pub(super) fn code_point(char: char) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut digits = String::from("[U+");
    let value = u32::from(char);
    let mut shift = if value > 0xF_FFFF {
        20
    } else if value > 0xFFFF {
        16
    } else {
        12
    };
    loop {
        let digit = DIGITS.get((value >> shift & 0xF) as usize).copied().unwrap_or(b'0');
        digits.push(digit.into());
        if shift == 0 {
            digits.push(']');
            return digits;
        }
        shift -= 4;
    }
}
