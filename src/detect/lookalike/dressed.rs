//! Labels made of nothing but a protected name, its suffix and words around them: `us-army-mil-portal`,
//! `usnavymil365`, `mil-dfas`, `mod-uk`.
//!
//! The reader takes a label from left to right as words. Only a label that it can read to the end counts:
//! `enfamil`, `chathamil` and `sharepoint-mil` contain letters that are no such word.

use super::super::index::{Entry, Form, Index, Suffix};
use crate::registry::{self, Class};

/// The longest word to look for.
const MAX_WORD: usize = 24;

/// The most words to try: enough for every label that a person would read.
const MAX_TRIES: usize = 2_000;

/// A word of a label.
#[derive(Clone, Copy)]
enum Word<'a> {
    /// A protected name.
    Name(&'a Entry),
    /// A protected name and its suffix, or a word for both.
    Whole(&'a Entry),
    /// A protected suffix.
    Suffix(&'a Suffix),
    /// A word for a service.
    Guess(&'static str),
    /// Another word beside them.
    Dressing(&'a str),
}

/// The result of reading a label.
#[derive(Default)]
pub(super) struct Reading<'a> {
    /// The protected names in it, from the left.
    pub(super) names: Vec<&'a Entry>,
    /// The suffix in it.
    pub(super) suffix: Option<&'a Suffix>,
    /// What a service is called in it.
    pub(super) guess: Option<&'static str>,
    /// Whether it contains `us` or `usa`.
    pub(super) has_us: bool,
    /// Whether it contains `mail`.
    pub(super) has_mail: bool,
    /// An unlisted word before a suffix of several labels.
    pub(super) unknown: Option<&'a str>,
    /// Whether hyphens separate the words.
    pub(super) has_hyphen: bool,
}

impl Reading<'_> {
    /// How telling its most telling name is.
    pub(super) fn class(&self) -> Class {
        let named = self.names.iter().map(|entry| entry.class).max();
        let guessed = self.guess.map(|_| Class::Strong);
        named.max(guessed).unwrap_or(Class::Plain)
    }
}

/// Reads a label of ASCII to its end, if it contains a suffix.
pub(super) fn read<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    let has_suffix = |suffix: &Suffix| {
        let first = if suffix.labels == 1 { suffix.text.as_str() } else { suffix.flat.as_str() };
        holds(label, first) || suffix.labels > 1 && holds(label, &suffix.hyphenated)
    };
    let may_hold = index.protected_suffixes().iter().any(has_suffix)
        || index.has_domains() && label.as_bytes().contains(&b'-');
    if !may_hold {
        return None;
    }
    let mut reader = Reader { index, words: Vec::new(), tries: 0 };
    if !reader.read(label) {
        return unknown_before_suffix(index, label);
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
                reading.has_mail |= matches!(word, "mail" | "email");
            }
        }
    }
    Some(reading)
}

/// Whether `label` contains `text`.
fn holds(label: &str, text: &str) -> bool {
    let (label, text) = (label.as_bytes(), text.as_bytes());
    let Some((first, after)) = text.split_first() else { return true };
    // Comparing the first byte alone is several times as fast as a comparison of slices at each place.
    label.iter().enumerate().any(|(at, byte)| {
        byte == first && label.get(at + 1..).is_some_and(|rest| rest.starts_with(after))
    })
}

/// `dstl-mod-uk`: an unlisted word, followed by a suffix of several labels.
fn unknown_before_suffix<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    index.protected_suffixes().iter().filter(|suffix| suffix.labels > 1).find_map(|suffix| {
        let before = label.strip_suffix(&suffix.hyphenated)?.strip_suffix('-')?;
        let is_word = before.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !before.is_empty();
        is_word.then(|| Reading {
            suffix: Some(suffix),
            unknown: Some(before),
            has_hyphen: true,
            ..Reading::default()
        })
    })
}

struct Reader<'a> {
    index: &'a Index,
    words: Vec<Word<'a>>,
    tries: usize,
}

impl<'a> Reader<'a> {
    /// Reads `rest` to its end, and keeps the first way that works.
    fn read(&mut self, rest: &'a str) -> bool {
        let rest = rest.trim_start_matches('-');
        if rest.is_empty() {
            return self.is_whole();
        }
        for length in (2..=rest.len().min(MAX_WORD)).rev() {
            self.tries += 1;
            if self.tries > MAX_TRIES {
                return false;
            }
            let Some((word, after)) = rest.split_at_checked(length) else { continue };
            if word.ends_with('-') {
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
        if let Some(guess) = registry::guessed_name(word).filter(|_| self.index.is_builtin()) {
            meanings.push(Word::Guess(guess));
        }
        for matched in self.index.lookup(word) {
            match (matched.form, matched.entry) {
                (Form::Name, Some(entry))
                    if self.index.suffix_of(entry).protected && is_name(self.index, entry) =>
                {
                    meanings.push(Word::Name(entry));
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
        let is_number = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || registry::is_dressing(word) {
            meanings.push(Word::Dressing(word));
        }
        meanings
    }
}

/// Whether a name stands out from the letters around it.
fn is_name(index: &Index, entry: &Entry) -> bool {
    let name = index.name(entry);
    let is_word = entry.class <= Class::Generic && registry::is_dressing(name);
    let is_long = name.len() >= 3 || entry.marks.service || entry.marks.telling;
    entry.class > Class::Weak && is_long && !is_word
}
