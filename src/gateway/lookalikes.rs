//! Rules for look-alikes of protected domains.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::expression::{Before, Expression, Hosts, Parts, alternatives};
use super::family::{Made, below_misses};
use super::probe::Prober;
use super::rule::{Hint, Rule, Why};
use super::{embedded, typos};
use crate::detect::Severity;
use crate::registry::{self, Class};
use crate::twins::{self, Filter, Twin, TwinKind};

/// Names up to this length get rules for their look-alikes in similar characters, even if they are not
/// among the best known. Each further letter adds some twenty look-alikes.
const SHORT: usize = 7;

/// The rules for look-alikes that are listed one by one. Of a well-known name below `.mil`, only look-alikes in
/// similar characters are listed, since expressions cover its other look-alikes; of other protected domains, all
/// are. Some look-alikes are below a protected suffix (`arrny.mil`), so these rules come before the rule that lets
/// protected domains pass.
pub(super) fn alike(prober: &Prober) -> Vec<Rule> {
    let Some(targets) = prober.targets() else { return Vec::new() };
    let kinds = vec![TwinKind::Homoglyph, TwinKind::Cyrillic];
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
                // An ending that looks like the suffix does so after every name, so one rule for
                // the ending suffices. Endings in ASCII belong to the rules for near misses.
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

/// Any name below a near miss of a protected suffix that is not a top-level domain: `unit.mod.ukk`.
pub(super) fn of_suffixes(prober: &Prober, suffixes: &[String]) -> Vec<Rule> {
    below_misses(prober, suffixes, &["unknown", "unit.unknown", "us.army", "www.unknown"])
}
