//! Rules for what looks like a protected domain.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::expression::{Before, Expression};
use super::probe::Prober;
use super::rules::{Hint, Rule, Why, parts};
use super::{GatewayError, embedded, typos};
use crate::detect::Severity;
use crate::registry::{self, Class};
use crate::twins::{self, Filter, Kind, Twin, one_edit_from};

/// The exact look-alikes: for the names below `.mil` that everybody knows those in characters that look alike,
/// whose other look-alikes are left to expressions; for the other protected domains all. Some lie below a protected
/// suffix (`arrny.mil`), so these rules come before what is protected.
pub(super) fn alike(prober: &Prober) -> Result<Vec<Rule>, GatewayError> {
    let Some(targets) = prober.targets() else { return Ok(Vec::new()) };
    let kinds = vec![Kind::Homoglyph, Kind::Cyrillic];
    let has_hosts: BTreeSet<&str> =
        registry::telling_hosts().filter_map(|pair| pair.rsplit('.').next()).collect();
    let known: BTreeSet<&str> = registry::mil_names()
        .filter(|(name, class)| *class == Class::Strong && has_hosts.contains(name))
        .map(|(name, _)| name)
        .collect();
    let mut rules = Vec::new();
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
            // Whatever stands before it must be as clear.
            if let Some(suggestion) = prober.warned(&["host.", &domain].concat()) {
                let is_idn = domain.split('.').any(|label| label.starts_with("xn--"));
                let is_hinted = suggestion == Some(["host.", &of].concat());
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
    // Those for A-labels stand together, so that they can be passed over together.
    rules.sort_by_key(|rule| !rule.is_idn);
    Ok(rules)
}

/// Expressions for the registered names below `.mil`.
pub(super) fn of_mil(prober: &Prober) -> Vec<Rule> {
    let mut made = Made { prober, rules: Vec::new() };
    embedded::add(&mut made);
    typos::add(&mut made);
    made.rules
}

/// Any name below a near miss of a protected suffix that is no top-level domain: `unit.mod.ukk`.
pub(super) fn of_suffixes(prober: &Prober, suffixes: &[String]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for suffix in suffixes {
        let samples = ["unknown", "unit.unknown", "us.army", "www.unknown"];
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

/// Rules that are being made, each tried on the checker first.
pub(super) struct Made<'a> {
    pub(super) prober: &'a Prober,
    pub(super) rules: Vec<Rule>,
}

/// A family of look-alikes: an expression around a name, and samples of what it matches.
pub(super) struct Family<'a> {
    pub(super) note: &'a str,
    pub(super) host: &'static str,
    pub(super) head: &'static str,
    pub(super) tail: &'a str,
    /// Domains that the expression matches and what is meant by each, with `#` for the name.
    pub(super) samples: &'a [(&'a str, &'a str)],
    /// A host label glued to the name.
    pub(super) before: &'static str,
    /// An expression for what is not meant, though it matches.
    pub(super) unless: Option<String>,
}

impl Default for Family<'_> {
    fn default() -> Self {
        Self { note: "", host: "", head: "", tail: "", samples: &[], before: "", unless: None }
    }
}

impl Made<'_> {
    /// Adds a family for all names that pass the test: with a hint for those that the checker has one for.
    pub(super) fn family(&mut self, is_wanted: impl Fn(&str, Class) -> bool, family: &Family<'_>) {
        let Family { note, host, head, tail, samples, before, unless } = family;
        let (hinted, others) = self.prober.names(is_wanted, samples);
        let hint = Hint::Name { before, suffix: "mil" };
        for (names, hint) in [(hinted, hint), (others, Hint::None)] {
            if !names.is_empty() {
                let matches = parts(host, head, names, tail);
                let rule = Rule::refuse(note, matches, Why::Lookalike, hint);
                let unless = unless.iter().cloned().map(Expression::Raw).collect();
                self.rules.push(Rule { unless, ..rule });
            }
        }
    }
}
