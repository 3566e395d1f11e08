//! Allow and deny lists.
//!
//! | pattern | matches |
//! |---|---|
//! | `*.ml` | every name below `ml`, at any depth; not `ml` itself |
//! | `lemmy.ml`, `*@lemmy.ml` | exactly that domain, every address in it |
//! | `bob@lemmy.ml` | one address; ASCII letters of the local-part in any case |
//! | `-*.gov.ml`, `-lemmy.ml`, `-bob@lemmy.ml` | removes what the rest of the pattern matches |
//!
//! An address is in a list if some pattern matches it and no pattern with `-` does, in whatever
//! order they stand. `*.` means the same in both kinds: `-*.gov.ml` leaves `gov.ml` itself in.
//! Domains may be written with U-labels. There are no other forms: with `*army*`, the cost of a
//! look-up would depend on the list.

use std::fmt;

use super::limits;
use super::name;
use crate::chains::{self, Chains};

/// A compiled list. Build it once: a look-up allocates nothing and its cost depends on the address
/// alone, with 100,000 patterns as with one.
///
/// The hash has no secret key: an author whose list collides slows down only that author's clients,
/// and an address cannot cause more collisions.
///
/// ```
/// use milguard::policy::{Patterns, Specificity};
///
/// let list = ["*.ml", "-*.gov.ml", "bob@lemmy.ml"].map(str::to_owned);
/// let list = Patterns::compile(&list)?;
/// assert_eq!(list.matches("ann", "army.ml"), Some(Specificity::Below(1)));
/// assert_eq!(list.matches("bob", "lemmy.ml"), Some(Specificity::Address));
/// assert_eq!(list.matches("ann", "health.gov.ml"), None);
/// # Ok::<(), milguard::policy::PatternError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// The keys of all entries: `lemmy.ml` or `bob@lemmy.ml`.
    keys: String,
    entries: Vec<KeyRange>,
    /// The entries, by the hash of their keys.
    by_hash: Chains,
    addresses: bool,
}

#[derive(Clone, Copy, Debug)]
struct KeyRange {
    start: u32,
    len: u32,
    roles: u8,
}

/// The roles of a key in the list.
mod role {
    /// Names below the key are in the list.
    pub(super) const BELOW: u8 = 1;
    /// The key itself is in the list.
    pub(super) const EXACT: u8 = 2;
    /// The role of a pattern with a `-` is shifted by this many bits.
    pub(super) const OUT: u8 = 2;
}

/// How specific a list's pattern for an address is: an address beats a domain, which beats a
/// suffix, which beats a shorter suffix.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Specificity {
    /// `*.` and this many labels.
    Below(u8),
    /// The whole domain.
    Domain,
    /// The whole address.
    Address,
}

/// An entry that is not a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PatternError {
    /// The place of the entry in the list, from 0.
    pub index: usize,
    /// The entry, cut after 80 characters.
    pub pattern: String,
}

impl PatternError {
    pub(super) fn message(&self) -> String {
        let rest = "\" is not a pattern; write *.ml (every name below ml), lemmy.ml (that domain), \
                    bob@lemmy.ml (that address), or one of these after - (to remove it again)";
        ["\"", &self.pattern, rest].concat()
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for PatternError {}

impl Patterns {
    /// Compiles a list.
    ///
    /// # Errors
    ///
    /// The first entry that has none of the forms above.
    pub fn compile(list: &[String]) -> Result<Self, PatternError> {
        let mut first = None;
        let patterns = Self::compile_each(list, |error| {
            first.get_or_insert(error);
        });
        first.map_or(Ok(patterns), Err)
    }

    /// Compiles the entries that are patterns and reports the others.
    pub(super) fn compile_each(list: &[String], mut refuse: impl FnMut(PatternError)) -> Self {
        let mut patterns = Self::default();
        for (index, text) in list.iter().enumerate() {
            match Pattern::parse(text) {
                Some(pattern) => patterns.insert(&pattern),
                None => {
                    refuse(PatternError { index, pattern: text.chars().take(80).collect() });
                }
            }
        }
        patterns
    }

    /// How specific the list's pattern for `local_part@domain` is; `None` if the list does not
    /// contain it. `domain` is in lower-case A-labels; a quoted `local_part` may keep its quotes.
    pub fn matches(&self, local_part: &str, domain: &str) -> Option<Specificity> {
        if self.entries.is_empty() {
            return None;
        }
        let bytes = domain.as_bytes();
        let mut best = None;
        let mut hash = chains::START;
        let mut labels = 0_u8;
        for (at, &byte) in bytes.iter().enumerate().rev() {
            if byte == b'.' {
                labels = labels.saturating_add(1);
                let roles = self.roles(hash, "", bytes.get(at + 1..).unwrap_or_default());
                if roles & (role::BELOW << role::OUT) != 0 {
                    return None;
                }
                if roles & role::BELOW != 0 {
                    best = Some(Specificity::Below(labels));
                }
            }
            hash = chains::step(hash, byte);
        }
        let mut exact = |roles: u8, specificity| {
            if roles & role::EXACT != 0 {
                best = Some(specificity);
            }
            roles & (role::EXACT << role::OUT) != 0
        };
        if exact(self.roles(hash, "", bytes), Specificity::Domain) {
            return None;
        }
        if self.addresses {
            // RFC 5321 §4.1.2: "bob"@lemmy.ml and bob@lemmy.ml are the same mailbox.
            let local_part = local_part
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .unwrap_or(local_part);
            let hash = hash_address(hash, local_part);
            if !local_part.is_empty()
                && exact(self.roles(hash, local_part, bytes), Specificity::Address)
            {
                return None;
            }
        }
        best
    }

    /// The number of different keys in the list.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the list matches nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn insert(&mut self, pattern: &Pattern) {
        let hash = hash_address(
            pattern.domain.bytes().rev().fold(chains::START, chains::step),
            &pattern.local_part,
        );
        let mut roles = if pattern.below { role::BELOW } else { role::EXACT };
        if pattern.out {
            roles <<= role::OUT;
        }
        let found = self.find(hash, &pattern.local_part, pattern.domain.as_bytes());
        if let Some(entry) = found.and_then(|number| self.entries.get_mut(number)) {
            entry.roles |= roles;
            return;
        }
        let start = self.keys.len();
        if !pattern.local_part.is_empty() {
            self.keys.push_str(&pattern.local_part);
            self.keys.push('@');
            self.addresses = true;
        }
        self.keys.push_str(&pattern.domain);
        let len = self.keys.len() - start;
        // `limits` keeps lists far below 4 GiB of text, beyond which entries would be dropped here.
        let (Ok(start), Ok(len)) = (u32::try_from(start), u32::try_from(len)) else { return };
        self.entries.push(KeyRange { start, len, roles });
        self.by_hash.push(hash);
    }

    /// The roles of a key; 0 if it is not in the list.
    fn roles(&self, hash: u32, local_part: &str, domain: &[u8]) -> u8 {
        let found = self.find(hash, local_part, domain);
        found.and_then(|number| self.entries.get(number)).map_or(0, |entry| entry.roles)
    }

    /// The number of the entry with a key.
    fn find(&self, hash: u32, local_part: &str, domain: &[u8]) -> Option<usize> {
        self.by_hash.get(hash).find(|&number| {
            let entry = self.entries.get(number);
            entry.is_some_and(|entry| same_key(self.key(entry), local_part, domain))
        })
    }

    fn key(&self, entry: &KeyRange) -> &[u8] {
        let start = entry.start as usize;
        self.keys.as_bytes().get(start..start + entry.len as usize).unwrap_or_default()
    }
}

/// Whether `key` is `domain`, or `local_part@domain` where there is a local-part.
fn same_key(key: &[u8], local_part: &str, domain: &[u8]) -> bool {
    let Some(rest) = key.strip_suffix(domain) else { return false };
    if local_part.is_empty() {
        return rest.is_empty();
    }
    rest.strip_suffix(b"@").is_some_and(|local| local.eq_ignore_ascii_case(local_part.as_bytes()))
}

/// Hashes go over the bytes of the key from its end, so that one pass over a domain meets all its
/// suffixes. Continues the hash of the domain with the local part, if there is one.
fn hash_address(domain: u32, local_part: &str) -> u32 {
    if local_part.is_empty() {
        return domain;
    }
    let bytes = local_part.bytes().rev().map(|byte| byte.to_ascii_lowercase());
    bytes.fold(chains::step(domain, b'@'), chains::step)
}

/// One pattern, read.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// Written with `-`.
    pub(crate) out: bool,
    /// Written with `*.`.
    pub(crate) below: bool,
    /// Empty for the whole domain; ASCII letters in lower case.
    pub(crate) local_part: String,
    /// The domain, in lower-case A-labels.
    pub(crate) domain: String,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::PATTERN {
            return None;
        }
        let (out, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (local_part, domain) = text.rsplit_once('@').unwrap_or(("*", text));
        let below = !text.as_bytes().contains(&b'@') && domain.starts_with("*.");
        let domain = if below { domain.get(2..)? } else { domain };
        let local_part = if local_part == "*" { "" } else { dot_atom(local_part)? };
        Some(Self {
            out,
            below,
            local_part: local_part.to_ascii_lowercase(),
            domain: name::to_ascii(domain)?,
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { out, below, local_part, domain } = self;
        let at = if local_part.is_empty() { "" } else { "@" };
        let (out, below) = (if *out { "-" } else { "" }, if *below { "*." } else { "" });
        write!(f, "{out}{below}{local_part}{at}{domain}")
    }
}

/// A local-part without quotes (RFC 5322 §3.2.3, RFC 6531 §3.3), at most 64 octets. `*` is an
/// atom's character there but means something else to the author of a list.
fn dot_atom(text: &str) -> Option<&str> {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'+-/=?^_`{|}~.".chars().any(|it| it == c)
            || (c >= '\u{a0}')
    };
    let fits = !text.is_empty() && text.len() <= 64;
    (fits && text.chars().all(|c| plain(c) && !c.is_whitespace())).then_some(text)
}
