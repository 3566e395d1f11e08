//! `addr-spec` of RFC 5322 §3.4.1 and its obsolete forms in §4.4, over tokens.

use super::error::{AddressError, AddressErrorKind as Kind};
use super::lexer::{Token, TokenKind};
use super::{MAX_DOMAIN, MAX_LOCAL_PART, Mailbox};

/// Reads an `addr-spec`, or an `obs-` form of one, from `words`; `None` if they hold no `@`.
pub(super) fn read(text: &str, words: &[Token]) -> Result<Option<Mailbox>, AddressError> {
    let mut ats = words.iter().enumerate().filter(|(_, word)| word.is(b'@'));
    let Some((index, at)) = ats.next() else { return Ok(None) };
    if let Some((_, second)) = ats.next() {
        return Err(Kind::TwoAts.at(second.start));
    }
    let (local, rest) = words.split_at(index);
    let domain = rest.get(1..).unwrap_or_default();
    let Some(first) = local.first() else { return Err(Kind::EmptyLocalPart.at(at.start)) };
    let (Some(domain_first), Some(last)) = (domain.first(), domain.last()) else {
        return Err(Kind::EmptyDomain.at(at.end));
    };
    let local_part = local_part(text, local)?;
    if local_part == "\"\"" {
        return Err(Kind::EmptyLocalPart.at(first.start));
    }
    if local_part.len() > MAX_LOCAL_PART {
        return Err(Kind::LocalPartTooLong.at(first.start));
    }
    let domain = self::domain(text, domain, at.end)?;
    if domain.len() > MAX_DOMAIN {
        return Err(Kind::DomainTooLong.at(domain_first.start));
    }
    Ok(Some(Mailbox {
        display_name: None,
        local_part,
        domain,
        span: first.start..last.end,
        domain_span: domain_first.start..last.end,
    }))
}

/// `obs-local-part = word *("." word)`.
fn local_part(text: &str, words: &[Token]) -> Result<String, AddressError> {
    let (local_part, last_dot) =
        dotted(text, words, |kind| matches!(kind, TokenKind::Atom | TokenKind::Quoted))?;
    match last_dot {
        Some(dot) => Err(Kind::MisplacedDot.at(dot)),
        None => Ok(local_part),
    }
}

/// `domain`: `obs-domain = atom *("." atom)`, with or without a trailing dot, or `domain-literal`.
/// `end` is the offset at which the domain should begin.
pub(super) fn domain(text: &str, words: &[Token], end: usize) -> Result<String, AddressError> {
    match words {
        [] => Err(Kind::EmptyDomain.at(end)),
        [literal, rest @ ..] if literal.kind == TokenKind::Literal => match rest {
            [] => domain_literal(text, literal),
            [next, ..] => Err(Kind::TrailingText.at(next.start)),
        },
        _ => Ok(dotted(text, words, |kind| kind == TokenKind::Atom)?.0),
    }
}

/// `domain-literal`: white space at its edges is removed; inside, removing it would join separate
/// parts.
fn domain_literal(text: &str, literal: &Token) -> Result<String, AddressError> {
    let start = literal.start + 1;
    let content = text.get(start..literal.end - 1).unwrap_or_default().trim_end();
    let address = content.trim_start();
    let start = start + content.len() - address.len();
    match address.find(char::is_whitespace) {
        Some(space) => Err(Kind::SpaceInAddress.at(start + space)),
        None if address.is_empty() => Err(Kind::EmptyDomain.at(start)),
        None => Ok(["[", address, "]"].concat()),
    }
}

/// Joins words separated by single dots. The second value is the place of a dot at the end.
fn dotted(
    text: &str,
    tokens: &[Token],
    is_word: impl Fn(TokenKind) -> bool,
) -> Result<(String, Option<usize>), AddressError> {
    let mut joined = String::new();
    let mut previous: Option<&Token> = None;
    for token in tokens {
        let after_word = previous.is_some_and(|previous| !previous.is(b'.'));
        let end = previous.map_or(token.start, |previous| previous.end);
        match (token.kind, after_word) {
            (TokenKind::Special(b'.'), true) => {}
            (TokenKind::Special(b'.'), false) => return Err(Kind::MisplacedDot.at(token.start)),
            (_, true) if token.spaced => return Err(Kind::SpaceInAddress.at(end)),
            (kind, false) if is_word(kind) => {}
            _ => return Err(Kind::UnexpectedCharacter.at(token.start)),
        }
        let written = text.get(token.start..token.end).unwrap_or_default();
        joined.extend(written.chars().filter(|&c| c != '\r' && c != '\n'));
        previous = Some(token);
    }
    Ok((joined, previous.filter(|last| last.is(b'.')).map(|dot| dot.start)))
}

/// The error for words without `@`: they are a name, or an address that lost its `@`.
pub(super) fn bare_kind(text: &str, words: &[Token]) -> Kind {
    let written = |word: &Token| text.get(word.start..word.end).unwrap_or_default();
    let holds_at = |word: &Token| match word.kind {
        TokenKind::Quoted => written(word).as_bytes().contains(&b'@'),
        _ => written(word).contains(['＠', '﹫']),
    };
    let dotted_name = |words: &[Token]| match words {
        [left, dot, right] => {
            left.kind == TokenKind::Atom
                && dot.is(b'.')
                && !dot.spaced
                && right.kind == TokenKind::Atom
                && !right.spaced
        }
        _ => false,
    };
    if words.iter().any(holds_at) || words.windows(3).any(dotted_name) {
        Kind::MissingAt
    } else {
        Kind::NoAddress
    }
}
