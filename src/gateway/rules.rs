//! The rules of a policy, in the order in which they are tried: the first that matches decides.

use super::expression::{Before, Expression, Hosts, Parts};
use super::lookalikes;
use super::probe::Prober;
use super::unclear;
use super::{GatewayError, lists};
use crate::policy::Policy;

/// Rules in their order.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) list: Vec<Rule>,
}

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
    /// Whether it concerns only A-labels, so that it need not be tried for other addresses.
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
    /// It looks like a protected domain.
    Lookalike,
    /// The policy denies it.
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

impl Rules {
    /// The rules of `policy`.
    pub(super) fn of(policy: &Policy) -> Result<Self, GatewayError> {
        let prober = Prober::new(policy)?;
        let compiled = policy.compile()?;
        let mut list = malformed();
        list.extend(lists::rules(policy, &compiled.protected, &prober));
        list.extend(unclear::rules(&prober, &compiled.protected));
        list.extend(lookalikes::alike(&prober));
        let protected = |note: &str, entries: &[String]| {
            let entries = entries.to_vec();
            (!entries.is_empty())
                .then(|| Rule::pass(note, Expression::Listed { entries, before: Before::AnyHost }))
        };
        let protects = &compiled.protected;
        list.extend(protected("Protected suffixes", &protects.suffixes));
        list.extend(protected("Protected domains", &protects.domains));
        if protects.suffixes.iter().any(|suffix| suffix == "mil") {
            list.extend(lookalikes::of_mil(&prober));
        }
        list.extend(lookalikes::of_suffixes(&prober, &protects.suffixes));
        if !list.iter().any(|rule| matches!(rule.act, Act::Refuse(..))) {
            return Err(GatewayError::Nothing);
        }
        Ok(Self { list })
    }
}

/// Rules for addresses that the checker calls malformed: the mail server itself refuses those.
fn malformed() -> Vec<Rule> {
    let sources = [
        // Characters other than letters, digits, hyphens and dots, or no domain.
        "@[^@]*[^a-z0-9.@-][^@]*$",
        "^[^@]*$",
        "^@",
        // Empty labels, hyphens at their ends, labels and domains that are too long.
        "@$",
        "@([^@]*\\.)?[.-][^@]*$",
        "@[^@]*[.-]$",
        "@[^@]*-\\.[^@]*$",
        "@([^@]*\\.)?[^.@]{64}[^@]*$",
        "@[^@]{254}[^@]*$",
    ];
    let rule = |source: &str| {
        Rule::pass("Not a domain that can be judged", Expression::Raw(source.to_owned()))
    };
    sources.into_iter().map(rule).collect()
}

/// Shorthand for a rule about a domain in parts.
pub(super) fn parts(head: &'static str, names: Vec<String>, tail: &str) -> Expression {
    let (hosts, tail) = (Hosts::Any, tail.to_owned());
    Expression::Parts(Parts { hosts, drops_front: true, head, names, tail })
}
