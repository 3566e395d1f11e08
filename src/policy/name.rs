//! Domain names as administrators write them.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// The longest input in bytes: more than any U-label form of a 253-octet name needs.
const MAX_INPUT: usize = 1_024;

/// The lower-case A-label form (UTS #46 `ToASCII`, non-transitional, STD3 rules, DNS lengths), or
/// `None` if `name` is not a host name. A trailing dot is refused, because it would be a second
/// spelling.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    if name.is_empty() || name.len() > MAX_INPUT {
        return None;
    }
    Uts46::new()
        .to_ascii(name.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()
        .map(std::borrow::Cow::into_owned)
}
