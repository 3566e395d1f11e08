//! Findings in plain English.

use crate::address::{AddressErrorKind, parse_address_list};
use crate::detect::{Finding, Reason};

/// What a reason means to the person who reads it.
pub(super) fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::SuffixTypo => "looks like a mistyped protected domain",
        Reason::SuffixSwapped => "is a protected name under another suffix",
        Reason::SuffixEmbedded => {
            "has a protected domain inside a longer one, which someone else owns"
        }
        Reason::SuffixGlued => "lacks the dot next to the protected suffix",
        Reason::Confusable => "reads like a protected domain but is written with other characters",
        Reason::UnregisteredDomain => "is not a registered name below the protected suffix",
        Reason::ForeignMilitary => "belongs to another country's military",
        Reason::NameMismatch => "goes elsewhere than the protected address in the display name",
        Reason::SiblingMismatch => "almost matches the domain of another recipient",
        Reason::PersonaLocalPart => "ends like a military account (.mil, .civ, .ctr) elsewhere",
        Reason::DeniedByPolicy => "is forbidden by policy",
        Reason::AllowedByPolicy => "is allowed by policy",
        Reason::Malformed => "cannot be read as a mail address",
        Reason::UnexpandedGroup => "is a list or group whose members are not known",
    }
}

/// Where the mail would go.
pub(super) fn consequence(finding: &Finding) -> Option<&'static str> {
    match finding.delegated {
        Some(true) => Some("the domain can exist: mail may reach a stranger"),
        Some(false) => Some("no such top-level domain: mail would bounce"),
        None => None,
    }
}

/// Why a text is malformed, if the parser knows.
pub(super) fn malformed(address: &str) -> Option<AddressErrorKind> {
    parse_address_list(address).err().map(|error| error.kind)
}
