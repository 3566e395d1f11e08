//! Every reason once, in the order in which the checker applies them.
//!
//! A reason about the domain has functions that look at it: `at_name` looks at each protected name in a
//! label, `whole` at the domain as a whole. Later rows see the findings of earlier ones, and most do
//! nothing if the domain is already explained. So the order is part of the verdict, and a test pins it.
//!
//! To add a reason, add a row in `verdict`, a file for it, a row here, its code in `types.d.ts` and
//! a corpus.

mod confusable;
mod foreign_military;
mod suffix_embedded;
mod suffix_glued;
mod suffix_swapped;
mod suffix_typo;
pub(super) mod unregistered_domain;

use super::{Lookalike, Scene, Sighting};
use crate::detect::Reason;

/// A reason and the functions for it.
pub(super) struct Rule {
    /// The reason that the row is about.
    #[cfg_attr(not(test), expect(dead_code, reason = "the name of the row, which the tests read"))]
    pub(super) reason: Reason,
    /// The stage and the functions of the rule.
    pub(super) looks_at: LooksAt,
}

/// The stages, in their order.
#[derive(Clone, Copy)]
pub(super) enum LooksAt {
    /// The text of a recipient that is not one mailbox (`recipient`, `repair`).
    Text,
    /// The lists of the policy (`recipient`).
    Lists,
    /// The domain of a mailbox.
    Domain { at_name: Option<AtName>, whole: Option<Whole> },
    /// The local part and what is shown beside the address (`recipient`).
    Mailbox,
    /// The other recipients of the message (`evidence`).
    Message,
}

pub(super) type AtName = fn(&Sighting<'_>, &mut Lookalike);
pub(super) type Whole = fn(&Scene<'_>, &mut Lookalike);

const fn row(reason: Reason, looks_at: LooksAt) -> Rule {
    Rule { reason, looks_at }
}

const fn of_domain(reason: Reason, at_name: Option<AtName>, whole: Option<Whole>) -> Rule {
    Rule { reason, looks_at: LooksAt::Domain { at_name, whole } }
}

/// The table of rules: each reason has one rule.
pub(super) const RULES: [Rule; Reason::ALL.len()] = [
    row(Reason::Malformed, LooksAt::Text),
    row(Reason::UnexpandedGroup, LooksAt::Text),
    row(Reason::AllowedByPolicy, LooksAt::Lists),
    row(Reason::DeniedByPolicy, LooksAt::Lists),
    of_domain(Reason::SuffixEmbedded, Some(suffix_embedded::at_name), Some(suffix_embedded::whole)),
    of_domain(Reason::SuffixTypo, Some(suffix_typo::at_name), Some(suffix_typo::whole)),
    of_domain(Reason::SuffixGlued, Some(suffix_glued::at_name), Some(suffix_glued::whole)),
    of_domain(Reason::Confusable, None, Some(confusable::whole)),
    of_domain(Reason::UnregisteredDomain, None, Some(unregistered_domain::whole)),
    of_domain(Reason::SuffixSwapped, None, Some(suffix_swapped::whole)),
    // This rule comes after all others about domains, so that it has the last word about allies.
    of_domain(Reason::ForeignMilitary, None, Some(foreign_military::whole)),
    row(Reason::PersonaLocalPart, LooksAt::Mailbox),
    row(Reason::NameMismatch, LooksAt::Mailbox),
    row(Reason::SiblingMismatch, LooksAt::Message),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_one_rule_in_a_fixed_order() {
        let order = RULES.map(|rule| rule.reason.as_str());
        assert_eq!(
            order,
            [
                "malformed",
                "unexpanded-group",
                "allowed-by-policy",
                "denied-by-policy",
                "suffix-embedded",
                "suffix-typo",
                "suffix-glued",
                "confusable",
                "unregistered-domain",
                "suffix-swapped",
                "foreign-military",
                "persona-local-part",
                "name-mismatch",
                "sibling-mismatch",
            ]
        );
        for reason in Reason::ALL {
            assert_eq!(order.iter().filter(|code| **code == reason.as_str()).count(), 1);
        }
    }

    #[test]
    fn every_rule_about_domains_has_a_function() {
        for rule in RULES {
            if let LooksAt::Domain { at_name, whole } = rule.looks_at {
                assert!(at_name.is_some() || whole.is_some(), "{}", rule.reason.as_str());
            }
        }
    }
}
