//! Findings in plain English.

use crate::address::{AddressErrorKind, parse_address_list};
use crate::detect::{Finding, Reason};

/// What a reason means to the person who reads it.
pub(super) fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::SuffixTypo => "the domain looks like a mistyped protected one",
        Reason::SuffixSwapped => "a protected name, but under another suffix",
        Reason::SuffixEmbedded => {
            "a protected domain is only part of this longer one, which someone else owns"
        }
        Reason::SuffixGlued => "the dot next to the protected suffix is missing",
        Reason::Confusable => {
            "the domain reads like a protected one but is written with other characters"
        }
        Reason::UnregisteredDomain => "no such name is known below the protected suffix",
        Reason::ForeignMilitary => "the domain belongs to another country's military",
        Reason::NameMismatch => {
            "a name or comment beside the address shows a protected one, but the mail goes elsewhere"
        }
        Reason::SiblingMismatch => "the domain is almost that of another recipient",
        Reason::PersonaLocalPart => {
            "named like a military account (.mil, .civ, .ctr), but at another domain"
        }
        Reason::DeniedByPolicy => "policy forbids mail to this address",
        Reason::AllowedByPolicy => "policy allows mail to this address",
        Reason::Malformed => "this cannot be read as a mail address",
        Reason::UnexpandedGroup => "a list or group whose members are not known here",
    }
}

/// Where the mail would go.
pub(super) fn consequence(findings: &[Finding]) -> Option<&'static str> {
    let any = |delegated| findings.iter().any(|finding| finding.delegated == Some(delegated));
    if any(true) {
        Some("mail would go to whoever owns that domain")
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
