//! Labels that read like another one, with one or all of the characters exchanged for similar ones.

use std::collections::BTreeMap;

use super::TwinKind;
use crate::registry;

/// Sequences of ASCII that read as one another.
const ASCII: [(&str, &str); 9] = [
    ("m", "rn"),
    ("w", "vv"),
    ("d", "cl"),
    ("l", "1"),
    ("i", "1"),
    ("i", "l"),
    ("o", "0"),
    ("s", "5"),
    ("rn", "m"),
];

/// The look-alikes of each ASCII text.
pub(super) struct Lookalikes {
    of: BTreeMap<&'static str, Vec<char>>,
    /// The longest key.
    longest: usize,
}

impl Lookalikes {
    pub(super) fn new() -> Self {
        let mut of: BTreeMap<&'static str, Vec<char>> = BTreeMap::new();
        for (character, ascii) in registry::confusables() {
            of.entry(ascii).or_default().push(character);
        }
        let longest = of.keys().map(|key| key.len()).max().unwrap_or_default();
        Self { of, longest }
    }

    /// All labels that differ from `label` in one place, in Unicode if needed.
    pub(super) fn of(&self, label: &str) -> Vec<(String, TwinKind)> {
        let mut made = Vec::new();
        for at in 0..label.len() {
            for length in 1..=self.longest.min(label.len() - at) {
                let (Some(left), Some(here), Some(right)) =
                    (label.get(..at), label.get(at..at + length), label.get(at + length..))
                else {
                    continue;
                };
                for character in self.of.get(here).into_iter().flatten() {
                    let text = format!("{left}{character}{right}");
                    made.push((text, TwinKind::Homoglyph));
                }
                let alike = ASCII.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
                for (_, other) in alike.filter(|(shown, _)| *shown == here) {
                    made.push(([left, other, right].concat(), TwinKind::Homoglyph));
                }
            }
        }
        if let Some(text) = self.cyrillic(label) {
            made.push((text, TwinKind::Cyrillic));
        }
        made
    }

    /// The whole label in Cyrillic, if there is a letter for each.
    fn cyrillic(&self, label: &str) -> Option<String> {
        let letter = |at: usize| {
            let alike = self.of.get(label.get(at..=at)?)?;
            alike.iter().find(|&&character| ('\u{430}'..='\u{52f}').contains(&character))
        };
        let letters: Option<String> = (0..label.len()).map(letter).collect();
        letters.filter(|_| label.len() > 1)
    }
}
