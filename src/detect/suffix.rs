//! A protected suffix, or the suffix of a protected domain.

use crate::domain::skeleton;

/// The suffix to the right of a protected name.
#[derive(Debug)]
pub(super) struct Suffix {
    /// One label or more: `mil`, `co.uk`.
    pub(super) text: String,
    /// Whether every domain below the suffix is protected, not only the listed names.
    pub(super) protected: bool,
    /// Whether a registry lists the names below the suffix. Without a list, every name may be registered.
    pub(super) listed: bool,
    /// Whether the index has names below the suffix.
    pub(super) has_names: bool,
    /// The number of labels in the suffix.
    pub(super) labels: usize,
    /// The text without its dots: `moduk`.
    pub(super) flat: String,
    /// The text with hyphens for its dots: `mod-uk`.
    pub(super) hyphenated: String,
    /// The UTS #39 skeleton of the text.
    skeleton: Vec<u8>,
}

impl Suffix {
    pub(super) fn new(text: &str, protected: bool) -> Self {
        Self {
            text: text.to_owned(),
            protected,
            listed: false,
            has_names: false,
            labels: text.split('.').count(),
            flat: text.replace('.', ""),
            hyphenated: text.replace('.', "-"),
            skeleton: skeleton(text).collect(),
        }
    }

    /// The first label of the suffix: `mil`.
    pub(super) fn first(&self) -> &str {
        self.text.split('.').next().unwrap_or_default()
    }

    /// The texts that may be joined to a name in place of the suffix: its first label, and all its
    /// labels (`govau`, `gov-au`).
    pub(super) fn joined(&self) -> [&str; 3] {
        [self.first(), &self.flat, &self.hyphenated]
    }

    /// Whether `text` is not the suffix but reads like it: `rnil`.
    pub(super) fn reads_like(&self, text: &str) -> bool {
        text.len() >= self.text.len()
            && text.len() <= 2 * self.text.len()
            && text != self.text
            && skeleton(text).eq(self.skeleton.iter().copied())
    }
}
