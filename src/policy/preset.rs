//! Policies to begin with.

use super::document::Policy;

/// A policy that ships with Milguard, under `data/policy/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Preset {
    /// Warns, never blocks.
    Default,
    /// A company that writes to the armed forces: warns, with a short pause, and reports domains.
    Contractor,
    /// A government agency: asks for a justification.
    Agency,
    /// The armed forces' own senders: blocks all of Mali's domain, as the DoD's gateways do.
    Dod,
}

codes! {
    /// Every preset, mildest first.
    pub ALL,
    /// The name used on the command line, which is also the policy's `id`.
    pub as_str of Preset {
        Default: "default",
        Contractor: "contractor",
        Agency: "agency",
        Dod: "dod",
    }
}

impl Preset {
    /// The document, as `milguard policy init` writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Default => include_str!("../../data/policy/default.json"),
            Self::Contractor => include_str!("../../data/policy/contractor.json"),
            Self::Agency => include_str!("../../data/policy/agency.json"),
            Self::Dod => include_str!("../../data/policy/dod.json"),
        }
    }

    /// The policy.
    pub fn policy(self) -> Policy {
        // A test reads them all.
        serde_json::from_str(self.text()).unwrap_or_default()
    }
}
