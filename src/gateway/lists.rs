//! The policy's own lists, the more specific entry first, as [`CompiledPolicy::listed`] weighs them.
//!
//! [`CompiledPolicy::listed`]: crate::policy::CompiledPolicy::listed

use std::collections::BTreeMap;

use super::expression::{Before, Expression};
use super::probe::Prober;
use super::rule::{Hint, Rule, Why, parts};
use super::unclear;
use crate::detect::{Reason, Severity};
use crate::policy::{ListEntry, Policy, Protected};
use crate::registry;

/// How specific an entry is; the more specific, the larger.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Closeness {
    Below(usize),
    Domain,
    Address,
}

/// The entries of a list by how specific they are, and the entries with `-`.
#[derive(Default)]
pub(super) struct Sorted {
    pub(super) entries: BTreeMap<Closeness, Vec<String>>,
    pub(super) out: BTreeMap<Closeness, Vec<String>>,
}

impl Sorted {
    pub(super) fn new(list: &[String]) -> Self {
        let mut sorted = Self::default();
        for entry in list.iter().filter_map(|text| ListEntry::parse(text)) {
            let closeness = if entry.below {
                Closeness::Below(entry.domain.split('.').count())
            } else if entry.local_part.is_empty() {
                Closeness::Domain
            } else {
                Closeness::Address
            };
            let text = if entry.local_part.is_empty() {
                entry.domain
            } else {
                [&entry.local_part, "@", &entry.domain].concat()
            };
            let list = if entry.out { &mut sorted.out } else { &mut sorted.entries };
            list.entry(closeness).or_default().push(text);
        }
        for list in sorted.out.values_mut().chain(sorted.entries.values_mut()) {
            list.sort();
            list.dedup();
        }
        sorted
    }

    /// The entries with `-`.
    fn exceptions(&self) -> Vec<Expression> {
        self.out.iter().map(|(closeness, list)| expression(*closeness, list.clone())).collect()
    }
}

fn expression(closeness: Closeness, entries: Vec<String>) -> Expression {
    let before = match closeness {
        Closeness::Below(_) => Before::SomeHost,
        Closeness::Domain => Before::LocalPart,
        Closeness::Address => Before::Nothing,
    };
    Expression::Listed { entries, before }
}

/// The rules of both lists. A protected domain is not denied.
pub(super) fn rules(policy: &Policy, protected: &Protected, prober: &Prober) -> Vec<Rule> {
    let allow = Sorted::new(&policy.allow);
    let deny = if refuses_denied(policy) { Sorted::new(&policy.deny) } else { Sorted::default() };
    let flags = policy.severity.get(&Reason::AllowedByPolicy).copied();
    let passes = flags.unwrap_or_default() < Severity::Warn;
    let all = [protected.suffixes.clone(), protected.domains.clone()].concat();
    let protected = Expression::Listed { entries: all, before: Before::AnyHost };
    let mut closenesses: Vec<_> =
        deny.entries.keys().chain(allow.entries.keys()).copied().collect();
    closenesses.sort_unstable();
    closenesses.dedup();
    let mut rules = Vec::new();
    for closeness in closenesses.into_iter().rev() {
        if let Some(entries) = deny.entries.get(&closeness) {
            let unless = [deny.exceptions(), vec![protected.clone()]].concat();
            let denied = denied(closeness, entries, prober);
            rules.extend(denied.into_iter().map(|rule| {
                let unless = [rule.unless, unless.clone()].concat();
                Rule { unless, ..rule }
            }));
        }
        if let Some(entries) = allow.entries.get(&closeness).filter(|_| passes) {
            let matches = expression(closeness, entries.clone());
            let unless = allow.exceptions();
            rules.push(Rule { unless, ..Rule::pass("Allowed by policy", matches) });
        }
    }
    rules
}

/// Rules for entries of the same kind. If a denied domain looks like a protected one, the answer
/// suggests that one.
fn denied(closeness: Closeness, entries: &[String], prober: &Prober) -> Vec<Rule> {
    const NOTE: &str = "Denied by policy";
    let mut rules = Vec::new();
    match closeness {
        Closeness::Below(_) => {
            for suffix in entries.iter().filter(|entry| registry::is_tld(entry)) {
                let samples = [format!("#.{suffix}"), format!("host.#.{suffix}")];
                let samples = [(&*samples[0], "#.mil"), (&*samples[1], "host.#.mil")];
                let (names, _) = prober.names(|_, _| true, &samples);
                if !names.is_empty() {
                    let matches = parts("", names, &["\\.", suffix].concat());
                    let hint = Hint::Name { before: "", suffix: "mil" };
                    rules.push(Rule::refuse(NOTE, matches, Why::Denied, hint));
                }
            }
        }
        Closeness::Domain => {
            for domain in entries {
                if let Some(meant) = prober.suggestion(domain) {
                    let matches = expression(closeness, vec![domain.clone()]);
                    rules.push(Rule::refuse(NOTE, matches, Why::Denied, Hint::Domain(meant)));
                }
            }
        }
        Closeness::Address => {}
    }
    // No expression can give the suggestion for an invalid local part.
    for rule in &mut rules {
        rule.unless = vec![unclear::local_part()];
    }
    let matches = expression(closeness, entries.to_vec());
    rules.push(Rule::refuse(NOTE, matches, Why::Denied, Hint::None));
    rules
}

/// Whether a denied recipient is severe enough to refuse.
pub(super) fn refuses_denied(policy: &Policy) -> bool {
    let severity = policy.severity.get(&Reason::DeniedByPolicy).copied();
    severity.unwrap_or(Reason::DeniedByPolicy.default_severity()) >= Severity::Warn
}
