//! The deletion neighbourhood of `SymSpell`: two words are one edit apart only if they are the same
//! with one character left out of each, or one is the other with a character left out.

use crate::chains::{Chains, START, hash, step};

/// Words with one character left out.
#[derive(Debug)]
pub(super) struct Deletions {
    words: Vec<usize>,
    by_hash: Chains,
}

impl Deletions {
    /// The neighbourhood of `words`, each with the number by which it is found.
    pub(super) fn new<'a>(words: impl Iterator<Item = (usize, &'a str)> + Clone) -> Self {
        let count = words.clone().map(|(_, word)| word.len()).sum();
        let mut deletions = Self { words: Vec::with_capacity(count), by_hash: Chains::default() };
        deletions.by_hash.reserve(count);
        for (number, word) in words {
            let mut before = START;
            for (left_out, &byte) in word.as_bytes().iter().enumerate() {
                let after = word.as_bytes().get(left_out + 1..).unwrap_or_default();
                deletions.words.push(number);
                deletions.by_hash.push(after.iter().copied().fold(before, step));
                before = step(before, byte);
            }
        }
        deletions
    }

    /// The words that hash to `hash` when one of their characters is left out.
    pub(super) fn get(&self, hash: u32) -> impl Iterator<Item = usize> {
        self.by_hash.get(hash).filter_map(|at| self.words.get(at).copied())
    }
}

/// The hash of `bytes` without the byte at `left_out`.
pub(super) fn hash_without(bytes: &[u8], left_out: usize) -> u32 {
    hash(bytes.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, &byte)| byte))
}
