//! Normalisation form C (UAX #15): decompose, order, compose.

use crate::tables::{Rule, Tables, tables};

// Korean syllables, which are composed by arithmetic (The Unicode Standard, 3.12).
const SYLLABLE: u32 = 0xac00;
const LEAD: u32 = 0x1100;
const VOWEL: u32 = 0x1161;
/// The code point before the first tail: tail number 0 stands for a syllable without a tail.
const TAIL: u32 = 0x11a7;
const LEADS: u32 = 19;
const VOWELS: u32 = 21;
const TAILS: u32 = 28;

/// Maps and normalises. `ignored` replaces each character that would vanish.
pub(crate) fn normalize(
    text: impl Iterator<Item = char>,
    ignored: Option<char>,
) -> std::vec::IntoIter<char> {
    let mut decomposed = Decomposed { tables: tables(), parts: Vec::new() };
    for c in text {
        let rule = decomposed.tables.rule(c);
        match rule {
            Rule::Disallowed => decomposed.part(char::REPLACEMENT_CHARACTER),
            Rule::Ignored => ignored.into_iter().for_each(|c| decomposed.part(c)),
            Rule::Character(other) => decomposed.push(other),
            Rule::Text(text) => text.chars().for_each(|c| decomposed.push(c)),
            Rule::Valid | Rule::Composite(..) => decomposed.valid(c, rule),
        }
    }
    decomposed.order();
    decomposed.compose().into_iter()
}

struct Decomposed {
    tables: &'static Tables,
    /// Characters that decompose no further, with their combining class.
    parts: Vec<(char, u8)>,
}

impl Decomposed {
    /// Adds the characters that a valid character decomposes into.
    fn push(&mut self, c: char) {
        self.valid(c, self.tables.rule(c));
    }

    fn valid(&mut self, c: char, rule: Rule) {
        let syllable = u32::from(c).wrapping_sub(SYLLABLE);
        if syllable < LEADS * VOWELS * TAILS {
            self.letter(LEAD + syllable / (VOWELS * TAILS));
            self.letter(VOWEL + syllable / TAILS % VOWELS);
            if syllable % TAILS != 0 {
                self.letter(TAIL + syllable % TAILS);
            }
        } else if let Rule::Composite(first, second) = rule {
            self.push(first);
            self.part(second);
        } else {
            self.part(c);
        }
    }

    /// Adds a letter of a Korean syllable.
    fn letter(&mut self, code: u32) {
        self.parts.extend(char::from_u32(code).map(|c| (c, 0)));
    }

    fn part(&mut self, c: char) {
        let class = self.tables.combining_class(c);
        self.parts.push((c, class));
    }

    /// Puts marks on the same letter in the order of their classes, one class after the other. There are few classes,
    /// so the time grows only in proportion to the number of marks.
    fn order(&mut self) {
        for marks in self.parts.split_mut(|(_, class)| *class == 0) {
            if marks.is_sorted_by_key(|(_, class)| *class) {
                continue;
            }
            let mut sorted = Vec::with_capacity(marks.len());
            let mut last = 0;
            while let Some(next) = marks.iter().map(|it| it.1).filter(|it| *it > last).min() {
                sorted.extend(marks.iter().filter(|it| it.1 == next));
                last = next;
            }
            marks.copy_from_slice(&sorted);
        }
    }

    fn compose(self) -> Vec<char> {
        let mut composed: Vec<char> = Vec::with_capacity(self.parts.len());
        let mut starter = None;
        let mut last_class = 0;
        for (c, class) in self.parts {
            if let Some(at) = starter
                && (composed.len() == at + 1 || last_class < class)
                && let Some(first) = composed.get_mut(at)
                && let Some(both) = syllable(*first, c).or_else(|| self.tables.compose(*first, c))
            {
                *first = both;
                continue;
            }
            if class == 0 {
                starter = Some(composed.len());
            }
            last_class = class;
            composed.push(c);
        }
        composed
    }
}

/// The Korean syllable of two letters, or of a syllable and its tail.
fn syllable(first: char, second: char) -> Option<char> {
    let (first, second) = (u32::from(first), u32::from(second));
    let (lead, vowel) = (first.wrapping_sub(LEAD), second.wrapping_sub(VOWEL));
    if lead < LEADS && vowel < VOWELS {
        return char::from_u32(SYLLABLE + (lead * VOWELS + vowel) * TAILS);
    }
    let (open, tail) = (first.wrapping_sub(SYLLABLE), second.wrapping_sub(TAIL));
    let is_open = open < LEADS * VOWELS * TAILS && open % TAILS == 0;
    if is_open && (1..TAILS).contains(&tail) { char::from_u32(first + tail) } else { None }
}
