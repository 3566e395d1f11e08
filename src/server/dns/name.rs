//! Which names may be asked about.
//!
//! A question leaves the organisation. So it is about public names alone: not about hosts of its own network,
//! and not about what is no domain at all.

use crate::{domain::canonicalize, registry};

/// Names for private networks, protocols and examples: RFC 2606, 6761, 6762, 7686, 8375, 9476, ICANN's
/// `internal`, and those that private networks are known to use without leave (ICANN's name collisions).
const PRIVATE: [&str; 18] = [
    "alt",
    "arpa",
    "corp",
    "domain",
    "example",
    "home",
    "host",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
    "workgroup",
];

/// What a name is, before anyone is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Name {
    /// May be asked about, in canonical form.
    Public(String),
    /// Its top-level domain does not exist, and so neither does it.
    Undelegated(String),
    /// Of a private network.
    Private,
    /// No domain.
    Malformed,
}

impl Name {
    pub(crate) fn read(text: &str) -> Self {
        let Some(canonical) = canonicalize(text) else { return Self::Malformed };
        let name = canonical.ascii;
        let is_label = |label: &str| {
            !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let Some((_, top)) = name.rsplit_once('.') else { return Self::Malformed };
        let is_number = top.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || !name.split('.').all(is_label) {
            return Self::Malformed;
        }
        if PRIVATE.contains(&top) {
            return Self::Private;
        }
        if registry::is_tld(top) { Self::Public(name) } else { Self::Undelegated(name) }
    }
}
