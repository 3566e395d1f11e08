//! The vocabulary of a verdict: how strongly a sender is warned, and why.
//!
//! All other rooms use these words: policies name them, the checker decides on them, and every host
//! shows them. A reason is one row of the table below: its code, its kind, its built-in severity,
//! and its texts for people.

use serde::{Deserialize, Serialize};

/// How strongly a sender should be warned. Ordered: `Pass < Notice < Warn < Block`.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No warning.
    #[default]
    Pass,
    /// A line about the finding is enough, without a dialog.
    Notice,
    /// A careful sender would want to be stopped.
    Warn,
    /// Policy forbids sending.
    Block,
}

codes! {
    /// Every severity, mildest first.
    pub ALL,
    /// The name used in JSON and on the command line.
    pub as_str of Severity {
        Pass: "pass",
        Notice: "notice",
        Warn: "warn",
        Block: "block",
    }
}

/// The meaning of a reason for the recipient.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meaning {
    /// The domain resembles a protected one, which was probably meant.
    Lookalike,
    /// The domain is real, and a sender who knows the recipient need not look again.
    Known,
    /// Something else.
    Other,
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident: $code:literal, $kind:ident, $severity:ident,
       $label:literal, $sentence:literal, $advice:expr;)+) => {
        /// Why a recipient was flagged: a stable kebab-case code.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum Reason {
            $($(#[$doc])+ $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$name),+];

            /// The code in JSON and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The reason's name in tables and charts: a few English words.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// The reason's meaning in an English sentence, without a full stop.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }

            /// What to train where the reason is frequent, in English; nothing where training would not help.
            pub const fn advice(self) -> Option<&'static str> {
                match self { $(Self::$name => $advice,)+ }
            }

            /// The severity of a clear case where policy sets none.
            pub const fn default_severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            const fn kind(self) -> Meaning {
                match self { $(Self::$name => Meaning::$kind,)+ }
            }
        }
    };
}

reasons! {
    /// The suffix is a near miss of a protected one: `army.ml`.
    SuffixTypo: "suffix-typo", Lookalike, Warn,
        "mistyped suffix", "the domain looks like a mistyped protected one",
        Some("Read the ending of an address before you send: .mil is the U.S. military's, .ml is Mali's.");
    /// A known protected name under another suffix: `us.army.com`.
    SuffixSwapped: "suffix-swapped", Lookalike, Notice,
        "other suffix", "a protected name stands under another suffix",
        Some("A military name under .com or .org belongs to somebody else. Take addresses from the directory, not from memory.");
    /// A whole protected name inside a longer domain: `army.mil.com`.
    SuffixEmbedded: "suffix-embedded", Lookalike, Warn,
        "protected name inside",
        "a protected domain is only part of this longer one, which someone else owns",
        Some("The end of a domain says whose it is: army.mil.com belongs to the owner of mil.com.");
    /// A separator next to the suffix is missing: `armymil.com`.
    SuffixGlued: "suffix-glued", Lookalike, Warn,
        "missing dot", "the dot next to the protected suffix is missing",
        Some("A missing dot makes another domain: armymil.com has nothing to do with army.mil.");
    /// The UTS #39 skeleton is protected, the domain is not.
    Confusable: "confusable", Lookalike, Warn,
        "confusable characters",
        "the domain reads like a protected one but is written with other characters",
        Some("Letters of other alphabets look like Latin ones. Type an address anew instead of copying it from a mail.");
    /// An unregistered name below a protected suffix, one edit from a registered name: `amry.mil`.
    UnregisteredDomain: "unregistered-domain", Lookalike, Notice,
        "not registered", "no such name is known below the protected suffix",
        Some("A name below .mil that nobody registered bounces. Compare it with the directory.");
    /// Another country's military: `eb.mil.br`.
    ForeignMilitary: "foreign-military", Known, Notice,
        "another country's military", "the domain belongs to another country's military",
        Some("Other countries have armed forces with similar addresses: mil.br is Brazil's. Check which country you mean.");
    /// A display name or comment shows a protected address, the mailbox is another.
    NameMismatch: "name-mismatch", Other, Warn,
        "name shows another address",
        "a name or comment beside the address shows a protected one, but the mail goes elsewhere",
        Some("A name can show any address. Look at the address that the mail goes to.");
    /// Looks like the domain of another recipient of the same message.
    SiblingMismatch: "sibling-mismatch", Other, Warn,
        "unlike a colleague's domain", "the domain is almost that of another recipient",
        Some("Compare the recipients of a message with one another: colleagues have the same domain.");
    /// A DoD persona (`.civ`, `.ctr`, `.mil`) outside a protected domain.
    PersonaLocalPart: "persona-local-part", Known, Notice,
        "DoD persona elsewhere",
        "the address is named like a military account (.mil, .civ, .ctr), but at another domain",
        Some("A name that ends in .civ, .ctr or .mil belongs to a military account. At another domain, ask first.");
    /// On the administrator's deny list.
    DeniedByPolicy: "denied-by-policy", Other, Block,
        "denied by policy", "policy forbids mail to this address",
        Some("Tell senders which domains the policy forbids, and why.");
    /// On the administrator's allow list.
    AllowedByPolicy: "allowed-by-policy", Other, Pass,
        "allowed by policy", "policy allows mail to this address",
        None;
    /// Not a mailbox that can be judged.
    Malformed: "malformed", Other, Notice,
        "cannot be read", "this cannot be read as a mail address",
        Some("Choose recipients from the address book: Milguard cannot check an address that it cannot read.");
    /// A list or group the client cannot open.
    UnexpandedGroup: "unexpanded-group", Other, Notice,
        "list that cannot be opened",
        "this is a list or group whose members are not known here",
        Some("Open a distribution list before you send to it, and read who is in it.");
}

impl Reason {
    /// The reason with a code; `None` for a code of a later release.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }

    /// Whether the reason says that the domain resembles a protected one, which was probably meant.
    pub const fn is_lookalike(self) -> bool {
        matches!(self.kind(), Meaning::Lookalike)
    }

    /// Whether a sender who knows the recipient need not look again: another country's military is a real
    /// domain, and a persona may work there.
    pub(crate) const fn is_mutable(self) -> bool {
        matches!(self.kind(), Meaning::Known)
    }
}

/// Other evidence in a message that raised a finding above the severity of the address alone.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RaisedBy {
    /// A classification or privacy marking in the subject, the body or the name of an attachment.
    Marking,
    /// Another recipient, or the sender, at the domain that this one resembles.
    Sibling,
    /// The look-alike domain accepts mail, as the client's backend found.
    Delivers,
}

codes! {
    /// Everything that can raise a finding.
    pub ALL,
    /// The code used in JSON and on the command line.
    pub as_str of RaisedBy {
        Marking: "marking",
        Sibling: "sibling",
        Delivers: "delivers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_equals_the_form_that_serde_writes() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(Reason::from_code(reason.as_str()), Some(reason));
        }
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
        }
        for raised_by in RaisedBy::ALL {
            assert_eq!(serde_json::to_value(raised_by).unwrap(), raised_by.as_str());
        }
        assert_eq!(Reason::from_code("of-tomorrow"), None);
    }

    #[test]
    fn no_two_reasons_read_alike() {
        for (at, reason) in Reason::ALL.into_iter().enumerate() {
            for other in &Reason::ALL[at + 1..] {
                assert_ne!(reason.label(), other.label());
                assert_ne!(reason.sentence(), other.sentence());
            }
        }
    }
}
