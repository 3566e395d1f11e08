//! The verdict: what [`Checker::check`](super::Checker::check) says of a message.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How strongly a sender should be warned. Ordered: `Pass < Notice < Warn < Block`.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Silence.
    #[default]
    Pass,
    /// Worth a line, not a dialog.
    Notice,
    /// A careful sender would want to be stopped.
    Warn,
    /// Policy forbids sending.
    Block,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Notice, Self::Warn, Self::Block];

    /// The name used in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Notice => "notice",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

/// Why a recipient was flagged: a stable kebab-case code.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The suffix is a near miss of a protected one: `army.ml`.
    SuffixTypo,
    /// A known protected name under another suffix: `us.army.com`.
    SuffixSwapped,
    /// A whole protected name inside a longer domain: `army.mil.com`.
    SuffixEmbedded,
    /// A separator next to the suffix is missing: `armymil.com`.
    SuffixGlued,
    /// The UTS #39 skeleton is protected, the domain is not.
    Confusable,
    /// Below a protected suffix, not registered, one edit from a name that is: `amry.mil`.
    UnregisteredDomain,
    /// Another country's military: `eb.mil.br`.
    ForeignMilitary,
    /// A display name or comment shows a protected address, the mailbox is another.
    NameMismatch,
    /// Looks like the domain of another recipient of the same message.
    SiblingMismatch,
    /// A DoD persona (`.civ`, `.ctr`, `.mil`) outside a protected domain.
    PersonaLocalPart,
    /// On the administrator's deny list.
    DeniedByPolicy,
    /// On the administrator's allow list.
    AllowedByPolicy,
    /// Not a mailbox that can be judged.
    Malformed,
    /// A list or group the client cannot open.
    UnexpandedGroup,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::SuffixTypo,
        Self::SuffixSwapped,
        Self::SuffixEmbedded,
        Self::SuffixGlued,
        Self::Confusable,
        Self::UnregisteredDomain,
        Self::ForeignMilitary,
        Self::NameMismatch,
        Self::SiblingMismatch,
        Self::PersonaLocalPart,
        Self::DeniedByPolicy,
        Self::AllowedByPolicy,
        Self::Malformed,
        Self::UnexpandedGroup,
    ];

    /// The code used in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuffixTypo => "suffix-typo",
            Self::SuffixSwapped => "suffix-swapped",
            Self::SuffixEmbedded => "suffix-embedded",
            Self::SuffixGlued => "suffix-glued",
            Self::Confusable => "confusable",
            Self::UnregisteredDomain => "unregistered-domain",
            Self::ForeignMilitary => "foreign-military",
            Self::NameMismatch => "name-mismatch",
            Self::SiblingMismatch => "sibling-mismatch",
            Self::PersonaLocalPart => "persona-local-part",
            Self::DeniedByPolicy => "denied-by-policy",
            Self::AllowedByPolicy => "allowed-by-policy",
            Self::Malformed => "malformed",
            Self::UnexpandedGroup => "unexpanded-group",
        }
    }

    /// Whether it says that the domain resembles a protected one, and so which was meant.
    pub const fn is_lookalike(self) -> bool {
        matches!(
            self,
            Self::SuffixTypo
                | Self::SuffixSwapped
                | Self::SuffixEmbedded
                | Self::SuffixGlued
                | Self::Confusable
                | Self::UnregisteredDomain
        )
    }

    /// Whether it leaves a sender who knows the recipient nothing to look at: another country's military is
    /// a real domain, and a persona may work there.
    pub(super) const fn is_mutable(self) -> bool {
        matches!(self, Self::ForeignMilitary | Self::PersonaLocalPart)
    }

    /// The severity of a clear case where policy sets none.
    pub const fn default_severity(self) -> Severity {
        match self {
            Self::SuffixTypo
            | Self::SuffixEmbedded
            | Self::SuffixGlued
            | Self::Confusable
            | Self::NameMismatch
            | Self::SiblingMismatch => Severity::Warn,
            Self::SuffixSwapped
            | Self::UnregisteredDomain
            | Self::ForeignMilitary
            | Self::PersonaLocalPart
            | Self::Malformed
            | Self::UnexpandedGroup => Severity::Notice,
            Self::DeniedByPolicy => Severity::Block,
            Self::AllowedByPolicy => Severity::Pass,
        }
    }
}

/// One reason to look twice at a recipient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Why.
    pub reason: Reason,
    /// The part of the recipient's text that it is about: byte offsets, half-open, on character
    /// boundaries. `None` where the reason is not about the address itself.
    pub span: Option<Range<usize>>,
    /// Whether the top-level domain is delegated and open to others, so that the mail can reach a stranger;
    /// `Some(false)`: it will bounce. `None` where the question does not arise.
    pub delegated: Option<bool>,
}

/// The verdict on one recipient.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecipientReport {
    /// The highest severity of its findings.
    pub severity: Severity,
    /// Most telling first; empty for ordinary mail.
    pub findings: Vec<Finding>,
    /// The one nearest protected address (an addr-spec), if there is exactly one.
    pub suggestion: Option<String>,
    /// Whether the sender may mute the domain: policy lets senders, the domain is known to be real, and nothing
    /// says that another one was meant.
    pub mutable: bool,
}

/// The verdict on a message: one entry for each recipient, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The highest severity of the recipients.
    pub severity: Severity,
    /// As many as the message has recipients, in the same order.
    pub recipients: Vec<RecipientReport>,
}
