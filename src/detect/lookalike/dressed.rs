//! Labels made of nothing but a protected name, its suffix and words around them: `us-army-mil-portal`,
//! `usnavymil365`, `mil-dfas`, `mod-uk`.
//!
//! The reader splits a label into words from left to right. Only a label that it can read to the
//! end counts: `enfamil`, `chathamil` and `sharepoint-mil` contain letters that belong to none of
//! these words.

use super::super::index::{Form, Index, ProtectedName, Suffix};
use crate::registry::{self, Class};

/// The lengths of a word to look for, as bits: from two letters to 24.
const WORD_LENGTHS: u32 = (1 << 25) - (1 << 2);

/// The lengths of a number beside words, as bits: to four digits.
const NUMBER_LENGTHS: u32 = 0b1_1110;

/// The most words to try: enough for every label that a person would read.
const MAX_TRIES: usize = 2_000;

/// A word of a label.
#[derive(Clone, Copy)]
enum Word<'a> {
    /// A protected name.
    Name(&'a ProtectedName),
    /// A protected name and its suffix, or a word for both.
    Whole(&'a ProtectedName),
    /// A protected suffix.
    Suffix(&'a Suffix),
    /// A word for a service.
    Guess(&'static str),
    /// Another word beside a name or a suffix.
    Dressing(&'a str),
}

/// Why a label with the letters of a name may not mean that name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Doubt {
    /// The letters may be the end of an ordinary word: `marines` in `submarines-mil`.
    EndsWord,
    /// After other text, the letters may be a word of another language: `dia` in `bom-dia-mil`.
    ForeignWord,
    /// The suffix may belong to the word after it: `mil` in `mil-creek-marines`.
    Continues,
    /// After the suffix, words for goods show a shop: `army-mil-gear`.
    Trade,
}

/// The result of reading a label.
#[derive(Default)]
pub(super) struct Reading<'a> {
    /// The protected names in the label, from the left.
    pub(super) names: Vec<&'a ProtectedName>,
    /// The suffix in the label.
    pub(super) suffix: Option<&'a Suffix>,
    /// The name of the service that the label calls by another word.
    pub(super) guess: Option<&'static str>,
    /// Whether the label contains the word `us` or `usa`.
    pub(super) has_us: bool,
    /// Whether the word `mail` stands before the name.
    pub(super) has_mail: bool,
    /// An unlisted word before a suffix of several labels.
    pub(super) unknown: Option<&'a str>,
    /// The words before the name that may be hosts below the name, from the left.
    pub(super) hosts: Vec<&'a str>,
    /// Whether hyphens separate the words.
    pub(super) has_hyphen: bool,
    /// Why the sender may not mean the name.
    pub(super) doubt: Option<Doubt>,
}

impl Reading<'_> {
    /// The class of the most telling name in the label.
    pub(super) fn class(&self) -> Class {
        let named = self.names.iter().map(|entry| entry.class).max();
        let guessed = self.guess.map(|_| Class::Strong);
        named.max(guessed).unwrap_or(Class::Plain)
    }
}

/// Reads a label of ASCII to its end. The caller has tried [`may_hold`].
pub(super) fn read<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    let mut reader = Reader { index, words: Vec::new(), tries: 0, readable: 0, unreadable: 0 };
    if !reader.can_end(label) || !reader.read(label) {
        return None;
    }
    let mut reading =
        Reading { has_hyphen: label.as_bytes().contains(&b'-'), ..Reading::default() };
    for word in reader.words {
        match word {
            Word::Name(entry) => reading.names.push(entry),
            Word::Whole(entry) => {
                reading.names.push(entry);
                reading.suffix = Some(index.suffix_of(entry));
            }
            Word::Suffix(suffix) => reading.suffix = Some(suffix),
            Word::Guess(name) => reading.guess = Some(name),
            Word::Dressing(word) => {
                reading.has_us |= matches!(word, "us" | "usa");
                // In `mail-army-mil`, `mail` may be a host; in `army-mil-mail`, it cannot.
                reading.has_mail |= word == "mail" && reading.names.is_empty();
            }
        }
    }
    if reading.names.len() > 1 || reading.guess.is_some() {
        // `cac-usarmymil` means `army`: some names, such as `cac`, are also words that people put
        // beside a name.
        let is_dressing = |entry: &&ProtectedName| registry::is_dressing(index.name(entry));
        if reading.guess.is_some() || !reading.names.iter().all(is_dressing) {
            reading.names.retain(|entry| !is_dressing(entry));
        }
    }
    Some(reading)
}

/// Whether a label of `domain` may hold a suffix, or a name and its suffix.
pub(super) fn may_hold(index: &Index, domain: &str) -> bool {
    has_suffix(index, domain, &mut |_| true)
        || index.has_domains() && domain.as_bytes().contains(&b'-')
}

/// Whether `text` contains a protected suffix, and `is_right` accepts what follows it.
fn has_suffix<'a>(index: &Index, text: &'a str, is_right: &mut dyn FnMut(&'a str) -> bool) -> bool {
    for suffix in index.protected_suffixes() {
        for form in [&suffix.flat, &suffix.hyphenated] {
            let first = form.as_bytes().first();
            for (at, byte) in text.bytes().enumerate() {
                // Comparing the first byte alone is several times as fast as a comparison of slices at each place.
                if Some(&byte) == first
                    && let Some(after) =
                        text.get(at..).and_then(|rest| rest.strip_prefix(form.as_str()))
                    && is_right(after)
                {
                    return true;
                }
            }
            if suffix.labels == 1 {
                break;
            }
        }
    }
    false
}

/// The lengths of the words with which `rest` may begin, the longest first.
fn lengths(index: &Index, rest: &str) -> impl Iterator<Item = usize> + use<> {
    let text = rest.as_bytes();
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let numbers = NUMBER_LENGTHS & !(u32::MAX << (digits + 1).min(31));
    let words = index.starting(text) & WORD_LENGTHS;
    let mut lengths = words | numbers;
    std::iter::from_fn(move || {
        let longest = lengths.checked_ilog2()?;
        lengths &= !(1 << longest);
        usize::try_from(longest).ok()
    })
}

struct Reader<'a> {
    index: &'a Index,
    words: Vec<Word<'a>>,
    tries: usize,
    /// The lengths, as bits, of the ends of the label that are known to consist of words.
    readable: u64,
    /// The lengths, as bits, of the ends that are known not to consist of words.
    unreadable: u64,
}

impl<'a> Reader<'a> {
    /// Whether the text after some suffix in `label` consists of words. In most labels that only
    /// contain the letters of a suffix it does not (`military-history`).
    fn can_end(&mut self, label: &'a str) -> bool {
        let index = self.index;
        index.has_domains() || has_suffix(index, label, &mut |rest| self.is_readable(rest))
    }

    /// Whether `rest` consists of words.
    fn is_readable(&mut self, rest: &'a str) -> bool {
        let rest = rest.trim_start_matches('-');
        // A label has at most 63 bytes.
        let bit = u32::try_from(rest.len()).ok().and_then(|length| 1_u64.checked_shl(length));
        let bit = bit.unwrap_or_default();
        if rest.is_empty() || self.readable & bit != 0 {
            return true;
        }
        let is_readable = self.unreadable & bit == 0
            && lengths(self.index, rest).any(|length| {
                let Some((word, after)) = self.cut(rest, length) else { return false };
                // Tests the text after the word first: reading it costs less than finding the
                // word's meanings, and the test most often fails there.
                self.is_readable(after) && !self.meanings(word).is_empty()
            });
        *if is_readable { &mut self.readable } else { &mut self.unreadable } |= bit;
        is_readable
    }

    /// Reads `rest` to its end, and keeps the first way that works.
    fn read(&mut self, rest: &'a str) -> bool {
        let rest = rest.trim_start_matches('-');
        if rest.is_empty() {
            return self.is_whole();
        }
        for length in lengths(self.index, rest) {
            let Some((word, after)) = self.cut(rest, length) else { continue };
            if !self.is_readable(after) || self.is_amount(word, after) {
                continue;
            }
            for meaning in self.meanings(word) {
                self.words.push(meaning);
                if self.read(after) {
                    return true;
                }
                self.words.pop();
            }
        }
        false
    }

    /// Whether `word` counts by the thousand, as `mil` does in Portuguese and Spanish: `10milhomes`, `mil1dia`.
    fn is_amount(&self, word: &str, after: &str) -> bool {
        if !is_number(word) {
            return false;
        }
        let is_suffix = |it: &&Suffix| it.labels == 1;
        let mut suffixes = self.index.protected_suffixes().iter().filter(is_suffix);
        let before = |it: &&Word<'_>| !matches!(it, Word::Dressing(word) if is_number(word));
        match self.words.iter().rev().find(before) {
            None => suffixes.any(|suffix| after.trim_start_matches('-').starts_with(&suffix.text)),
            Some(Word::Suffix(_)) => word.len() == 1 && !after.is_empty(),
            _ => false,
        }
    }

    /// The first `length` bytes of `rest` as a word, and the text after them. `None` if they cannot
    /// be a word, or after too many tries.
    fn cut(&mut self, rest: &'a str, length: usize) -> Option<(&'a str, &'a str)> {
        self.tries += 1;
        let (word, after) = rest.split_at_checked(length).filter(|_| self.tries <= MAX_TRIES)?;
        (!word.ends_with('-')).then_some((word, after))
    }

    /// Whether the words so far are a name and its suffix, or a suffix of several labels.
    fn is_whole(&self) -> bool {
        let is_whole = |word: &Word<'_>| match word {
            Word::Whole(_) => true,
            Word::Suffix(suffix) => suffix.labels > 1,
            _ => false,
        };
        let has = |is: fn(&Word<'_>) -> bool| self.words.iter().any(is);
        self.words.iter().any(is_whole)
            || has(|word| matches!(word, Word::Suffix(_)))
                && has(|word| matches!(word, Word::Name(_) | Word::Guess(_)))
    }

    fn meanings(&self, word: &'a str) -> Vec<Word<'a>> {
        let mut meanings = Vec::new();
        for matched in self.index.names_in(word) {
            match (matched.form, matched.entry) {
                (Form::Name, Some(entry))
                    if self.index.suffix_of(entry).protected && is_name(self.index, entry) =>
                {
                    meanings.push(Word::Name(entry));
                }
                (Form::Guess, _) => meanings.extend(registry::guessed_name(word).map(Word::Guess)),
                // `login-mail-mil`: beside its suffix, even a common word is a name.
                (Form::Glued, Some(entry))
                    if entry.class == Class::Generic && self.index.name(entry).len() >= 4 =>
                {
                    meanings.push(Word::Whole(entry));
                }
                (Form::Glued | Form::Reversed, Some(entry)) if is_name(self.index, entry) => {
                    meanings.push(Word::Whole(entry));
                }
                _ => {}
            }
        }
        for suffix in self.index.protected_suffixes() {
            let is_suffix = if suffix.labels == 1 {
                word == suffix.text
            } else {
                word == suffix.flat || word == suffix.hyphenated
            };
            if is_suffix {
                meanings.push(Word::Suffix(suffix));
            }
        }
        if word.len() <= 4 && is_number(word) || self.index.is_dressing(word) {
            meanings.push(Word::Dressing(word));
        }
        meanings
    }
}

pub(super) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name stands out from the letters around it.
pub(super) fn is_name(index: &Index, entry: &ProtectedName) -> bool {
    let name = index.name(entry);
    let is_word = entry.class <= Class::Generic && registry::is_dressing(name);
    let is_long = name.len() >= 3 || entry.marks.service || entry.marks.telling;
    entry.class > Class::Weak && is_long && !is_word
}

#[cfg(test)]
mod tests {
    use super::{Reader, lengths};
    use crate::detect::Checker;
    use crate::policy::Policy;
    use crate::registry;

    #[test]
    fn the_list_of_lengths_leaves_out_no_readable_word() {
        let mut policy = Policy::default();
        policy.protected.suffixes = vec!["mod.uk".to_owned()];
        policy.protected.domains = vec!["contractor.com".to_owned(), "x.co.uk".to_owned()];
        let checker = Checker::new(&policy).unwrap();
        let index = &checker.index;
        let names: Vec<&str> = registry::mil_names().map(|(name, _)| name).collect();
        let guesses = registry::guessed_names().map(|(guess, _)| guess);
        let others =
            ["mil", "mod", "moduk", "mod-uk", "co", "com", "contractor", "x", "us", "365", "2024"];
        let words: Vec<&str> = names.iter().copied().chain(guesses).chain(others).collect();
        let mut count = 0;
        for &word in &words {
            for other in others.into_iter().chain(["army", "mail"]) {
                for hyphen in ["", "-"] {
                    let label = [word, hyphen, other, hyphen, word].concat();
                    let mut reader =
                        Reader { index, words: Vec::new(), tries: 0, readable: 0, unreadable: 0 };
                    let found: Vec<usize> = lengths(index, &label).collect();
                    for length in 2..=24 {
                        let Some((text, _)) = reader.cut(&label, length) else { continue };
                        if !reader.meanings(text).is_empty() {
                            assert!(found.contains(&length), "{text} of {label}");
                            count += 1;
                        }
                        reader.tries = 0;
                    }
                }
            }
        }
        assert!(count > 5_000, "{count} words");
    }
}
