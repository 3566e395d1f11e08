//! Tokens of RFC 5322 §3.2: atoms, quoted strings, domain literals, comments and specials.

use std::ops::Range;

use super::error::{AddressError, AddressErrorKind as Kind};
use crate::text::invisible::{self, Invisible};

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TokenKind {
    /// A run of `atext` and UTF-8 beyond ASCII (RFC 6532 §3.2).
    Atom,
    /// `quoted-string` with its quotes.
    Quoted,
    /// `[…]`, which is a `domain-literal` in an address.
    Literal,
    /// `comment` with its parentheses.
    Comment,
    /// One of `< > , ; : @ .`.
    Special(u8),
}

/// A token and its place in the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether white space or a comment precedes the token.
    pub(super) spaced: bool,
}

impl Token {
    pub(super) fn is(&self, special: u8) -> bool {
        self.kind == TokenKind::Special(special)
    }
}

/// Refuses the characters that no part of an address may hold, so that no later step has to
/// look for them. Line breaks may only fold (RFC 5322 §3.2.2) or stand at either end of the text.
pub(super) fn check_characters(text: &str) -> Result<(), AddressError> {
    const LINE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
    let start = text.len() - text.trim_start_matches(LINE_SPACE).len();
    let end = text.trim_end_matches(LINE_SPACE).len();
    let bytes = text.as_bytes();
    for (at, character) in text.char_indices() {
        match character {
            ' '..='~' | '\t' => {}
            '\r' | '\n' if at < start || at >= end => {}
            '\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            '\n' if matches!(bytes.get(at + 1), Some(b' ' | b'\t')) => {}
            char::REPLACEMENT_CHARACTER => return Err(Kind::ReplacementCharacter.at(at)),
            _ => match invisible::kind(character) {
                Some(Invisible::Control | Invisible::LineEnd) => {
                    return Err(Kind::ControlCharacter.at(at));
                }
                // The character reorders the text or is invisible (except U+200C and U+200D, which
                // some scripts need).
                Some(Invisible::Direction | Invisible::ZeroWidth) => {
                    return Err(Kind::BidiControl.at(at));
                }
                _ => {}
            },
        }
    }
    Ok(())
}

/// Cuts a text that passed [`check_characters`] into tokens.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The offset is always on a character boundary.
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, position: usize) -> Self {
        Self { text, position }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Continues at `position`.
    pub(super) fn seek(&mut self, position: usize) {
        self.position = position;
    }

    /// The text not yet read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// Skips white space, and returns whether it found any.
    pub(super) fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let skipped = rest.len() - rest.trim_start().len();
        self.position += skipped;
        skipped > 0
    }

    /// The next token, comments included, or `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Token>, AddressError> {
        let spaced = self.skip_space();
        let start = self.position;
        let Some(&first) = self.text.as_bytes().get(start) else { return Ok(None) };
        let kind = match first {
            b'"' => {
                self.delimited(b'"', Kind::UnbalancedQuote)?;
                TokenKind::Quoted
            }
            b'[' => {
                self.literal()?;
                TokenKind::Literal
            }
            b'(' => {
                self.comment()?;
                TokenKind::Comment
            }
            b')' => return Err(Kind::UnbalancedComment.at(start)),
            b']' => return Err(Kind::UnbalancedLiteral.at(start)),
            b'\\' => return Err(Kind::UnexpectedCharacter.at(start)),
            b'<' | b'>' | b',' | b';' | b':' | b'@' | b'.' => {
                self.position += 1;
                TokenKind::Special(first)
            }
            _ => {
                let rest = self.rest();
                self.position += rest.find(ends_atom).unwrap_or(rest.len());
                TokenKind::Atom
            }
        };
        Ok(Some(Token { kind, start, end: self.position, spaced }))
    }

    fn delimited(&mut self, close: u8, unbalanced: Kind) -> Result<(), AddressError> {
        let start = self.position;
        let mut bytes = self.text.bytes().enumerate().skip(start + 1);
        while let Some((at, byte)) = bytes.next() {
            if byte == b'\\' {
                bytes.next();
            } else if byte == close {
                self.position = at + 1;
                return Ok(());
            }
        }
        Err(unbalanced.at(start))
    }

    fn literal(&mut self) -> Result<(), AddressError> {
        let start = self.position;
        self.delimited(b']', Kind::UnbalancedLiteral)?;
        let inside = start + 1..self.position - 1;
        let content = self.text.get(inside.clone()).unwrap_or_default();
        match content.find(['[', '\\']) {
            Some(at) => Err(Kind::UnexpectedCharacter.at(inside.start + at)),
            None => Ok(()),
        }
    }

    /// Comments nest (RFC 5322 §3.2.2): a counter instead of recursion, so that depth costs nothing.
    fn comment(&mut self) -> Result<(), AddressError> {
        let start = self.position;
        let mut depth = 0_usize;
        let mut bytes = self.text.bytes().enumerate().skip(start);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'\\' => {
                    bytes.next();
                }
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.position = at + 1;
                return Ok(());
            }
        }
        Err(Kind::UnbalancedComment.at(start))
    }
}

/// The `specials` of RFC 5322 §3.2.3 and white space; all else is `atext`, since
/// [`check_characters`] has refused the control characters.
fn ends_atom(character: char) -> bool {
    matches!(
        character,
        '(' | ')' | '<' | '>' | '[' | ']' | ':' | ';' | '@' | '\\' | ',' | '.' | '"'
    ) || character.is_whitespace()
}

/// The content of a quoted string or comment: without its delimiters, quoted pairs and folding.
pub(super) fn unquote(text: &str, token: Range<usize>) -> String {
    let content = text.get(token.start + 1..token.end.saturating_sub(1)).unwrap_or_default();
    let mut plain = String::with_capacity(content.len());
    let mut characters = content.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            '\r' | '\n' => {}
            _ => plain.push(character),
        }
    }
    plain
}
