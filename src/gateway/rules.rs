//! The rules of a policy, in the order in which they are tried: the first that matches decides.

use super::expression::{Before, Expression};
use super::probe::Prober;
use super::rule::{Act, Rule};
use super::{GatewayError, lists, lookalikes, unclear};
use crate::policy::Policy;

/// Rules in their order.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) list: Vec<Rule>,
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
