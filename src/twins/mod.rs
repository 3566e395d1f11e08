//! The look-alikes of protected domains that are worth registering, blocking or watching.
//!
//! The checker gets an address and finds out whether it resembles a protected one. This room does
//! the reverse: it lists all domains one slip away from a protected one, the likeliest first. The
//! checker flags every one of them; a domain that it lets pass, because it is somebody's own name
//! or protected itself, is left out.
//!
//! A slip is one of these: a letter too many or too few, another letter or two swapped in the name or
//! the suffix, a dot lost or moved, the suffix exchanged or another appended, or similar characters. Two
//! slips at once (`amry.ml`) are left to the checker: there are too many to list.
//!
//! Kinds have the names of dnstwist's fuzzers, where a fuzzer makes the same slip.

mod answers;
mod confusable;
mod evidence;
mod filter;
mod generate;
mod model;
mod record;
mod resolve;
mod slips;
mod stream;
mod target;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use answers::Cache;
pub use evidence::{Evidence, Exchange, Status};
pub use filter::Filter;
pub use record::{Change, Earlier, Record};
pub use resolve::{Limits, ResolveError, Resolving};
pub use stream::{most_likely, stream};
pub use target::{Target, TargetError, Targets};

use crate::detect::{Reason, Severity};

/// A domain that looks like a protected one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Twin {
    /// The twin in lower-case A-labels.
    pub domain: String,
    /// The protected domain that the twin resembles.
    pub of: String,
    /// How the twin differs from that domain.
    pub kind: TwinKind,
    /// Who would get the mail.
    pub reach: Reach,
    /// A number for comparing twins. It combines how likely the slip is, how well known the name is, and whether a
    /// stranger can own the domain.
    pub score: u32,
    /// The checker's verdict on an address at the twin.
    pub severity: Severity,
    /// The reason for the verdict.
    pub reason: Reason,
}

/// All texts one edit from a suffix in lower-case letters, digits, hyphens and dots; sorted.
pub(crate) fn one_edit_from(suffix: &str) -> Vec<String> {
    let labels: Vec<&str> = suffix.split('.').collect();
    let mut made = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        for slip in slips::slips(label) {
            let mut mistyped = labels.clone();
            if let Some(place) = mistyped.get_mut(at) {
                *place = &slip.text;
            }
            made.push(mistyped.join("."));
        }
    }
    for (at, _) in suffix.match_indices('.') {
        let (left, right) = suffix.split_at(at);
        made.push([left, right.get(1..).unwrap_or_default()].concat());
    }
    made.sort_unstable();
    made.dedup();
    made
}

impl Twin {
    /// The likeliest first; of equals the first by name.
    fn key(&self) -> (std::cmp::Reverse<u32>, &str) {
        (std::cmp::Reverse(self.score), &self.domain)
    }
}

/// How a twin differs from its original, in dnstwist's words.
#[derive(
    Clone,
    Copy,
    Debug,
    Deserialize,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum TwinKind {
    /// A character after the name: `armyx`.
    Addition,
    /// One bit of a character differs: `azmy`.
    Bitsquatting,
    /// The whole name in Cyrillic letters.
    Cyrillic,
    /// Characters that look alike: `аrmy`, `arrny`.
    Homoglyph,
    /// A hyphen inside: `ar-my`.
    Hyphenation,
    /// A character inside: `arjmy`.
    Insertion,
    /// A character is missing: `amy`.
    Omission,
    /// A character twice: `arrmy`.
    Repetition,
    /// Another character: `arny`.
    Replacement,
    /// A dot inside: `ar.my`.
    Subdomain,
    /// Another suffix: `army.ml`, `army.com`.
    TldSwap,
    /// Two neighbours in the wrong order: `amry`.
    Transposition,
    /// Dots lost, suffixes appended, parts in the wrong order: `armymil.com`, `army.mil.com`, `usarmy.mil`.
    Various,
    /// Another vowel: `ermy`.
    VowelSwap,
}

codes! {
    /// Every kind, in the order of its name.
    pub ALL,
    /// The name used in output.
    pub as_str of TwinKind {
        Addition: "addition",
        Bitsquatting: "bitsquatting",
        Cyrillic: "cyrillic",
        Homoglyph: "homoglyph",
        Hyphenation: "hyphenation",
        Insertion: "insertion",
        Omission: "omission",
        Repetition: "repetition",
        Replacement: "replacement",
        Subdomain: "subdomain",
        TldSwap: "tld-swap",
        Transposition: "transposition",
        Various: "various",
        VowelSwap: "vowel-swap",
    }
}

/// Who gets mail to a twin.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The person who registers it: the suffix is delegated.
    Stranger,
    /// Nobody outside: the twin lies below a protected suffix.
    Inside,
    /// Nobody: there is no such top-level domain.
    Nowhere,
}

impl Reach {
    /// The name used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Inside => "inside",
            Self::Nowhere => "nowhere",
        }
    }
}

impl fmt::Display for TwinKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
