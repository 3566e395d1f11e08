//! Skeletons: two domains with the same skeleton look the same to a reader.
//!
//! After UTS #39 §4, with two differences that fit mail addresses. The target alphabet is the one
//! that protected names are written in, `[a-z0-9.-]`, so a character that resembles none of these
//! makes its label distinct. Digits and letters that are told apart by context only (`0`/`o`,
//! `1`/`l`/`i`) and letters with diacritics fold together as well, since a reader of an address
//! sees neither font nor context.

use std::borrow::Cow;

use crate::registry;

/// Replaces each non-ASCII character that reads as ASCII (`а` U+0430 by `a`). Borrows if there is
/// nothing to replace; characters that resemble nothing stay.
pub fn fold(domain: &str) -> Cow<'_, str> {
    if domain.is_ascii() {
        return Cow::Borrowed(domain);
    }
    let mut folded = String::with_capacity(domain.len());
    for character in domain.chars() {
        if character.is_ascii() {
            folded.push(character);
            continue;
        }
        match (character, registry::confusable(character)) {
            // Dots in the middle of the line, and commas and full stops of other scripts.
            ('·' | '‧' | '•' | '∙' | '⋅' | '・' | 'ꞏ' | '、' | '､' | '،' | '۔' | '।', _) =>
            {
                folded.push('.');
            }
            // Combining marks for which no composed letter exists (UTS #39 folds to NFD).
            ('\u{300}'..='\u{36f}', _) => {}
            (_, Some(ascii)) => folded.push_str(ascii),
            (_, None) => folded.push(character),
        }
    }
    Cow::Owned(folded)
}

/// The skeleton of a lower-case ASCII text, byte by byte: `m` is read as `rn` (UTS #39), `w` as
/// `vv`, `d` as `cl`, `1` and `i` as `l`, `0` as `o`, `5` as `s`.
pub fn skeleton(ascii: &str) -> impl Iterator<Item = u8> {
    let mut bytes = ascii.bytes();
    let mut second = None;
    std::iter::from_fn(move || {
        if second.is_some() {
            return second.take();
        }
        let first;
        (first, second) = match bytes.next()? {
            b'm' => (b'r', Some(b'n')),
            b'w' => (b'v', Some(b'v')),
            b'd' => (b'c', Some(b'l')),
            b'1' | b'i' => (b'l', None),
            b'0' => (b'o', None),
            b'5' => (b's', None),
            other => (other, None),
        };
        Some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::{fold, skeleton};

    #[test]
    fn characters_that_read_as_ascii_are_folded_and_others_stay() {
        assert_eq!(fold("аrmy.mіl"), "army.mil");
        assert_eq!(fold("ármy.mil"), "army.mil");
        assert_eq!(fold("军.mil"), "军.mil");
        assert!(matches!(fold("army.mil"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn domains_that_look_the_same_have_the_same_skeleton() {
        let of = |text| String::from_utf8(skeleton(text).collect()).unwrap();
        for (a, b) in [("arrny", "army"), ("rnil", "mil"), ("vvhs", "whs"), ("d1a", "dia")] {
            assert_eq!(of(a), of(b), "{a} {b}");
        }
        assert_ne!(of("army"), of("navy"));
    }
}
