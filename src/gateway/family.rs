//! Families of look-alikes: an expression around a name, each name tried on the checker first.

use super::expression::{Before, Expression, Hosts, Parts};
use super::probe::Prober;
use super::rule::{Hint, Rule, Why};
use crate::registry::{self, Class};
use crate::twins::one_edit_from;

/// Other countries' armed forces.
pub(super) fn foreign() -> Rule {
    let entries = registry::foreign_military().map(str::to_owned).collect();
    let foreign = Expression::Listed { entries, before: Before::AnyHost };
    Rule::pass("Other countries' armed forces", foreign)
}

/// `mil.wa.gov`.
pub(super) fn states() -> Rule {
    let state = Expression::Raw("\\.mil\\.[^.@]+\\.gov$".to_owned());
    Rule::pass("Military departments of US states", state)
}

/// Words such as `mil-spec` after a dot, of which the checker does not warn.
pub(super) fn compounds() -> String {
    format!("@[^@]*\\.mil-({})[-.]", registry::MIL_COMPOUNDS.join("|"))
}

/// Words such as `mil-spec` after a hyphen, and shops (`army-mil-gear.com`), of which the checker does not warn either.
pub(super) fn goods() -> String {
    let (compounds, trade) = (registry::MIL_COMPOUNDS.join("|"), registry::TRADE.join("|"));
    let beside = registry::BESIDE_TRADE.join("|");
    let shop = format!("mil-(({beside}|{trade})-)*({trade})(-({beside}|{trade}))*");
    // The end is a domain of the shop's own, such as `.com` or `.co.uk`, and no host below another one.
    format!("(@[^@]*-mil-({compounds})[-.]|[.@][^.@]*{shop}\\.([^.@]{{2,3}}\\.)?[^.@]+$)")
}

/// Rules for the near misses of `suffixes`, if the checker warns of every sample below them.
pub(super) fn below_misses(prober: &Prober, suffixes: &[String], samples: &[&str]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for suffix in suffixes {
        let mut misses: Vec<_> = one_edit_from(suffix)
            .into_iter()
            .filter(|miss| samples.iter().all(|name| prober.warns(&[name, ".", miss].concat())))
            .collect();
        misses.sort_unstable();
        misses.dedup();
        if !misses.is_empty() {
            let note = format!("Below a near miss of {suffix} that does not exist");
            let matches = Expression::Listed { entries: misses, before: Before::SomeHost };
            rules.push(Rule::refuse(&note, matches, Why::Lookalike, Hint::None));
        }
    }
    rules
}

/// Collects rules, and tries each on the checker first.
pub(super) struct Made<'a> {
    pub(super) prober: &'a Prober,
    pub(super) rules: Vec<Rule>,
}

/// A family of look-alikes: an expression around a name, and samples that it matches.
#[derive(Clone)]
pub(super) struct Family<'a> {
    pub(super) note: &'a str,
    pub(super) hosts: Hosts,
    /// Whether the checker drops a leading `mil` before the hosts.
    pub(super) drops_front: bool,
    pub(super) head: &'static str,
    pub(super) tail: &'a str,
    /// Domains that the expression matches, each with the domain that was meant; `#` stands for the
    /// name.
    pub(super) samples: &'a [(&'a str, &'a str)],
    /// A host label glued to the name.
    pub(super) before: &'static str,
    /// An expression for addresses that match but are not meant.
    pub(super) unless: Option<String>,
    /// Whether the answer names the suggested address.
    pub(super) is_hinted: bool,
}

impl Default for Family<'_> {
    fn default() -> Self {
        Self {
            note: "",
            hosts: Hosts::Any,
            drops_front: true,
            head: "",
            tail: "",
            samples: &[],
            before: "",
            unless: None,
            is_hinted: true,
        }
    }
}

impl Made<'_> {
    /// Adds a family for all names that pass the test. If the checker suggests an address for a name, so
    /// does the answer.
    pub(super) fn family(&mut self, is_wanted: impl Fn(&str, Class) -> bool, family: &Family<'_>) {
        let Family { note, hosts, drops_front, head, tail, samples, before, unless, is_hinted } =
            family;
        let (mut hinted, mut others) = self.prober.names(is_wanted, samples);
        if !is_hinted {
            others.append(&mut hinted);
            others.sort_unstable();
        }
        let hint = Hint::Name { before, suffix: "mil" };
        for (names, hint) in [(hinted, hint), (others, Hint::None)] {
            if !names.is_empty() {
                let (hosts, drops_front, tail) = (*hosts, *drops_front, (*tail).to_owned());
                let matches = Expression::Parts(Parts { hosts, drops_front, head, names, tail });
                let rule = Rule::refuse(note, matches, Why::Lookalike, hint);
                let unless = unless.iter().cloned().map(Expression::Raw).collect();
                self.rules.push(Rule { unless, ..rule });
            }
        }
    }
}
