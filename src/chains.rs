//! The hash table that the compiled names, markings and lists of a policy share.
//!
//! A table for this one purpose needs little code: the standard library's maps and sorts are
//! compiled anew for each type, which makes a WebAssembly file larger.

/// Numbers from 0 upward, each found by a 32-bit hash of its key. The owner keeps the keys and
/// compares them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chains {
    /// For each number its hash, and one plus the number before it in its chain (0: it is the
    /// first).
    links: Vec<(u32, u32)>,
    /// One plus the last number of each chain (0: empty). The count of chains is a power of two,
    /// and at least the count of numbers.
    heads: Vec<u32>,
}

impl Chains {
    /// Makes room for more numbers at once; otherwise the table would grow, and link all of them
    /// anew, several times.
    pub(crate) fn reserve(&mut self, more: usize) {
        let size = (self.links.len() + more).next_power_of_two().max(64);
        if size > self.heads.len() {
            self.links.reserve(more);
            self.heads.clear();
            self.heads.resize(size, 0);
            for number in 0..self.links.len() {
                self.link(number);
            }
        }
    }

    /// Adds the next number.
    pub(crate) fn push(&mut self, hash: u32) {
        if self.links.len() >= self.heads.len() {
            self.reserve(1);
        }
        self.links.push((hash, 0));
        self.link(self.links.len() - 1);
    }

    fn link(&mut self, number: usize) {
        let Some((hash, before)) = self.links.get_mut(number) else { return };
        let chain = *hash as usize & self.heads.len().wrapping_sub(1);
        if let Some(head) = self.heads.get_mut(chain) {
            *before = *head;
            *head = u32::try_from(number + 1).unwrap_or_default();
        }
    }

    /// The numbers with this hash, the last one first.
    pub(crate) fn get(&self, hash: u32) -> impl Iterator<Item = usize> {
        std::iter::successors(self.last(hash), |number| self.before(*number))
    }

    /// The last number with this hash.
    pub(crate) fn last(&self, hash: u32) -> Option<usize> {
        let chain = hash as usize & self.heads.len().wrapping_sub(1);
        self.follow(hash, self.heads.get(chain).copied().unwrap_or_default())
    }

    /// The number with the same hash that came before.
    pub(crate) fn before(&self, number: usize) -> Option<usize> {
        let (hash, before) = self.links.get(number)?;
        self.follow(*hash, *before)
    }

    /// The first number with this hash in the rest of its chain.
    fn follow(&self, hash: u32, mut next: u32) -> Option<usize> {
        loop {
            let number = (next as usize).checked_sub(1)?;
            let (found, before) = *self.links.get(number)?;
            if found == hash {
                return Some(number);
            }
            next = before;
        }
    }
}

/// The initial value of a hash (FNV-1a).
pub(crate) const START: u32 = 0x811c_9dc5;

/// FNV-1a, 32 bits: good for short keys, and without the 64-bit multiplication that plain JavaScript
/// lacks. The keys in the table come from the registry, the administrator and a few of a message's
/// recipients; an attacker chooses only what is looked up.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(START, step)
}

/// The hash with one more byte.
pub(crate) fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

#[cfg(test)]
mod tests {
    use super::{Chains, hash};

    #[test]
    fn a_hash_finds_exactly_the_numbers_of_its_key() {
        let mut chains = Chains::default();
        assert_eq!(chains.get(hash("".bytes())).count(), 0);
        let keys: Vec<String> = (0..1000).map(|number| (number % 700).to_string()).collect();
        for key in &keys {
            chains.push(hash(key.bytes()));
        }
        for (number, key) in keys.iter().enumerate() {
            let found: Vec<usize> = chains.get(hash(key.bytes())).collect();
            assert!(found.contains(&number) && found.iter().all(|&it| keys[it] == *key), "{key}");
        }
        assert_eq!(chains.get(hash("none".bytes())).count(), 0);
    }
}
