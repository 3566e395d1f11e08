//! Rules for look-alikes of protected domains.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::expression::{Before, Expression, Hosts, Parts, alternatives};
use super::probe::Prober;
use super::rules::{Hint, Rule, Why};
use super::{embedded, typos};
use crate::detect::Severity;
use crate::registry::{self, Class};
use crate::twins::{self, Filter, Kind, Twin, one_edit_from};

/// The longest name whose look-alikes in similar characters are listed although it is not among the best
/// known. Each further letter adds some twenty of them.
const SHORT: usize = 7;

/// The exact look-alikes. For well-known names below `.mil`, those in similar characters, since expressions cover
/// the others; for the other protected domains, all. Some are below a protected suffix (`arrny.mil`), so these
/// rules come before the rule that lets protected domains pass.
pub(super) fn alike(prober: &Prober) -> Vec<Rule> {
    let Some(targets) = prober.targets() else { return Vec::new() };
    let kinds = vec![Kind::Homoglyph, Kind::Cyrillic];
    let has_hosts: BTreeSet<&str> =
        registry::telling_hosts().filter_map(|pair| pair.rsplit('.').next()).collect();
    let known: BTreeSet<&str> = registry::mil_names()
        .filter(|(name, class)| {
            *class == Class::Strong && (has_hosts.contains(name) || name.len() <= SHORT)
                || *class == Class::Plain && has_hosts.contains(name) && name.len() <= SHORT
        })
        .map(|(name, _)| name)
        .collect();
    let mut rules = Vec::new();
    let mut suffixes = BTreeSet::new();
    let severity = Severity::Warn;
    for (is_mil, filter) in [
        (true, Filter { severity, kinds, ..Filter::default() }),
        (false, Filter { severity, ..Filter::default() }),
    ] {
        let some = targets.only(|domain| {
            let name = domain.strip_suffix(".mil");
            name.is_some() == is_mil && name.is_none_or(|name| known.contains(name))
        });
        let mut found: BTreeMap<(String, bool, bool), Vec<String>> = BTreeMap::new();
        let _: ControlFlow<()> = twins::stream(&some, &filter, |twin| {
            let Twin { domain, of, .. } = twin;
            let last = domain.rsplit('.').next();
            if is_mil && last != Some("mil") {
                // A text that reads as the suffix does so after every name; in ASCII it counts as a
                // near miss.
                let suffix = last.filter(|suffix| suffix.starts_with("xn--"));
                suffixes.extend(suffix.map(str::to_owned));
                return ControlFlow::Continue(());
            }
            // The checker must judge the domain equally with any host before it.
            if let Some(warning) = prober.warning(&["host.", &domain].concat()) {
                let is_idn = domain.split('.').any(|label| label.starts_with("xn--"));
                let is_hinted = warning.suggestion == Some(["host.", &of].concat());
                found.entry((of, is_idn, is_hinted)).or_default().push(domain);
            }
            ControlFlow::Continue(())
        });
        for ((of, is_idn, is_hinted), mut entries) in found {
            entries.sort_unstable();
            let note = format!("Looks like {of}");
            let matches = Expression::Listed { entries, before: Before::AnyHost };
            let hint = if is_hinted { Hint::Domain(of) } else { Hint::None };
            let rule = Rule::refuse(&note, matches, Why::Lookalike, hint);
            rules.push(Rule { is_idn, ..rule });
        }
    }
    rules.extend(suffix_alike(prober, suffixes.into_iter().collect()));
    // Rules for A-labels are adjacent, so that the server can skip them together.
    rules.sort_by_key(|rule| !rule.is_idn);
    rules
}

/// Any name before an ending that reads as `.mil` in another script; with a suggestion for the
/// registered names.
fn suffix_alike(prober: &Prober, mut suffixes: Vec<String>) -> Vec<Rule> {
    const NOTE: &str = "Looks like .mil";
    suffixes.retain(|suffix| {
        let domain = |name: &str| [name, ".", suffix].concat();
        ["unknown", "a.unknown", "us.army"].iter().all(|name| prober.warns(&domain(name)))
            && prober.suggestion(&domain("us.army")).as_deref() == Some("us.army.mil")
    });
    let Some(first) = suffixes.first() else { return Vec::new() };
    let samples = [["#.", first].concat(), ["a.#.", first].concat()];
    let (names, _) = prober.names(|_, _| true, &[(&samples[0], "#.mil"), (&samples[1], "a.#.mil")]);
    let tail = format!("\\.({})", alternatives(&suffixes).join("|"));
    let before = Parts { hosts: Hosts::Any, drops_front: false, head: "", names, tail };
    let hint = Hint::Name { before: "", suffix: "mil" };
    let any = Expression::Listed { entries: suffixes, before: Before::SomeHost };
    [
        Rule::refuse(NOTE, Expression::Parts(before), Why::Lookalike, hint),
        Rule::refuse(NOTE, any, Why::Lookalike, Hint::None),
    ]
    .into_iter()
    .map(|rule| Rule { is_idn: true, ..rule })
    .collect()
}

/// Expressions for the registered names below `.mil`.
pub(super) fn of_mil(prober: &Prober) -> Vec<Rule> {
    let mut made = Made { prober, rules: Vec::new() };
    embedded::add(&mut made);
    typos::add(&mut made);
    made.rules
}

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

/// Any name below a near miss of a protected suffix that is not a top-level domain: `unit.mod.ukk`.
pub(super) fn of_suffixes(prober: &Prober, suffixes: &[String]) -> Vec<Rule> {
    below_misses(prober, suffixes, &["unknown", "unit.unknown", "us.army", "www.unknown"])
}

/// Rules for the near misses below which the checker warns of all samples.
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

/// Collects rules, each of which is tried on the checker first.
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
