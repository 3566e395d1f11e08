//! A rule for a mail server: which addresses match, and what happens to them.

use super::expression::{Expression, Hosts, Parts};

/// A rule: which addresses match, and what happens to them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Rule {
    /// A description for people who read the file.
    pub(super) note: String,
    pub(super) matches: Expression,
    /// Addresses that match, but to which the rule does not apply.
    pub(super) unless: Vec<Expression>,
    pub(super) act: Act,
    /// The only addresses that this rule and the following ones apply to.
    pub(super) only: Option<Expression>,
    /// Whether the rule concerns only A-labels, so that the server need not try it for other addresses.
    pub(super) is_idn: bool,
}

/// The action of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Act {
    /// Lets the recipient pass; no later rule is tried.
    Pass,
    /// Refuses the recipient, or logs it in audit mode.
    Refuse(Why, Hint),
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// The address looks like one at a protected domain.
    Lookalike,
    /// The policy denies the address.
    Denied,
}

/// The suggested address, made from the parts that matched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Hint {
    /// No suggestion.
    None,
    /// The local part, the hosts, `before`, the name, a dot and `suffix`.
    Name {
        /// A host label that was glued to the name, with its dot.
        before: &'static str,
        suffix: &'static str,
    },
    /// The local part, the hosts and this domain.
    Domain(String),
}

impl Rule {
    pub(super) fn pass(note: &str, matches: Expression) -> Self {
        let note = note.to_owned();
        Self { note, matches, unless: Vec::new(), act: Act::Pass, only: None, is_idn: false }
    }

    pub(super) fn refuse(note: &str, matches: Expression, why: Why, hint: Hint) -> Self {
        let (note, act) = (note.to_owned(), Act::Refuse(why, hint));
        Self { note, matches, unless: Vec::new(), act, only: None, is_idn: false }
    }
}

/// Shorthand for a rule about a domain in parts.
pub(super) fn parts(head: &'static str, names: Vec<String>, tail: &str) -> Expression {
    let (hosts, tail) = (Hosts::Any, tail.to_owned());
    Expression::Parts(Parts { hosts, drops_front: true, head, names, tail })
}
