//! Findings in plain English.

use crate::address::{AddressErrorKind, parse_address_list};
use crate::detect::Finding;

/// Who would get the mail.
pub(super) fn consequence(findings: &[Finding]) -> Option<&'static str> {
    let any = |delegated| findings.iter().any(|finding| finding.delegated == Some(delegated));
    if any(true) {
        Some("mail would go to the owner of that domain")
    } else if any(false) {
        Some("mail would bounce: there is no such top-level domain")
    } else {
        None
    }
}

/// Why a text is malformed, if the parser knows.
pub(super) fn malformed(address: &str) -> Option<AddressErrorKind> {
    parse_address_list(address).err().map(|error| error.kind)
}
