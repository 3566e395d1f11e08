//! Decides which names the server may ask DNS about.
//!
//! A question leaves the organisation. So the server asks about public names only: not about hosts of its own
//! network, and not about text that is not a domain at all.

use crate::domain::{canonicalize, is_private_suffix};
use crate::registry;

/// The kind of a name, found without asking DNS.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Name {
    /// The server may ask about this name, which is in canonical form.
    Public(String),
    /// This domain cannot exist, because its top-level domain does not exist.
    Undelegated(String),
    /// The name belongs to a private network.
    Private,
    /// The text is not a domain.
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
        if is_private_suffix(top) {
            return Self::Private;
        }
        if registry::is_tld(top) { Self::Public(name) } else { Self::Undelegated(name) }
    }
}
