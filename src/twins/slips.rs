//! All strings one edit from a label (optimal string alignment), each with its kind.

use super::TwinKind;
use super::model::are_near;

/// The characters of a label: letters, digits and hyphens.
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";

/// A label with one slip in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Slip {
    pub(super) text: String,
    pub(super) kind: TwinKind,
    /// Whether the wrong key is beside a right one.
    pub(super) is_near: bool,
}

/// Every label that is exactly one insertion, omission, replacement or transposition away. A label that
/// arises in several ways appears more than once.
pub(super) fn slips(label: &str) -> Vec<Slip> {
    let bytes = label.as_bytes();
    let mut made = Made(Vec::with_capacity(80 * (label.len() + 1)));
    for at in 0..bytes.len() {
        let (left, right) = bytes.split_at(at);
        let (Some(&byte), rest) = (right.first(), right.get(1..).unwrap_or_default()) else {
            continue;
        };
        made.add(&[left, rest], TwinKind::Omission, false);
        if let Some(&next) = rest.first().filter(|next| **next != byte) {
            let after = rest.get(1..).unwrap_or_default();
            made.add(&[left, &[next, byte], after], TwinKind::Transposition, false);
        }
        for &other in ALPHABET.iter().filter(|other| **other != byte) {
            let is_near = are_near(byte, other);
            made.add(&[left, &[other], rest], replaced(byte, other, is_near), is_near);
        }
    }
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        for &more in ALPHABET {
            let neighbours = [left.last(), right.first()];
            let is_near = neighbours.iter().flatten().any(|byte| are_near(**byte, more));
            let kind = if neighbours.contains(&Some(&more)) {
                TwinKind::Repetition
            } else if more == b'-' {
                TwinKind::Hyphenation
            } else if right.is_empty() {
                TwinKind::Addition
            } else {
                TwinKind::Insertion
            };
            made.add(&[left, &[more], right], kind, is_near);
        }
    }
    made.0
}

fn replaced(byte: u8, other: u8, is_near: bool) -> TwinKind {
    let is_vowel = |byte: u8| b"aeiou".contains(&byte);
    if is_vowel(byte) && is_vowel(other) {
        TwinKind::VowelSwap
    } else if !is_near && (byte ^ other).is_power_of_two() {
        TwinKind::Bitsquatting
    } else {
        TwinKind::Replacement
    }
}

struct Made(Vec<Slip>);

impl Made {
    /// Adds only valid labels (RFC 5890 §2.3.1), and none that would read as an A-label.
    fn add(&mut self, parts: &[&[u8]], kind: TwinKind, is_near: bool) {
        let bytes = parts.concat();
        let is_label = !bytes.is_empty()
            && bytes.len() <= crate::domain::MAX_LABEL_LEN
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-')
            && !bytes.starts_with(b"xn--");
        if is_label && let Ok(text) = String::from_utf8(bytes) {
            self.0.push(Slip { text, kind, is_near });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn exactly_the_strings_one_edit_away_are_listed() {
        let made: BTreeSet<_> = slips("mil").into_iter().map(|slip| slip.text).collect();
        assert!(made.iter().all(|text| strsim::osa_distance(text, "mil") == 1));
        // Brute force over all strings of two to four characters.
        let mut words = vec![String::new()];
        let mut all = BTreeSet::new();
        for _ in 0..4 {
            words = words
                .iter()
                .flat_map(|word| ALPHABET.iter().map(move |&c| format!("{word}{}", c as char)))
                .filter(|word| strsim::osa_distance(word, "mil") <= 3)
                .collect();
            all.extend(words.iter().filter(|it| strsim::osa_distance(it, "mil") == 1).cloned());
        }
        all.retain(|word| !word.starts_with('-') && !word.ends_with('-'));
        assert_eq!(made, all);
    }

    #[test]
    fn kinds_have_the_names_that_dnstwist_uses() {
        let made = slips("army");
        for (text, kind) in [
            ("amy", TwinKind::Omission),
            ("amry", TwinKind::Transposition),
            ("arrmy", TwinKind::Repetition),
            ("arny", TwinKind::Replacement),
            ("ermy", TwinKind::VowelSwap),
            ("armi", TwinKind::Bitsquatting),
            ("ar-my", TwinKind::Hyphenation),
            ("armyx", TwinKind::Addition),
            ("arxmy", TwinKind::Insertion),
        ] {
            let found: Vec<_> = made.iter().filter(|slip| slip.text == text).collect();
            assert!(found.iter().any(|slip| slip.kind == kind), "{text} {found:?}");
        }
    }
}
