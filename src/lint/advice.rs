//! Likely mistakes in a policy that is valid.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::detect::Checker;
use crate::policy::{
    ListEntry as Pattern, Override, Patterns, Policy, PolicyError, Protected, Reporting,
    is_lockable, quote,
};
use crate::registry;
use crate::verdict::{Reason, Severity};

/// Top-level domains that one authority runs for one kind of owner: an administrator may mean to
/// protect all of it.
const RESTRICTED_TLDS: [&str; 3] = ["mil", "gov", "int"];

/// Second-level names of at most this length are one edit from many others.
const SHORT: usize = 3;

/// The likely mistakes in `policy`, which was read from `document`. Skips invalid members.
pub(super) fn advise(policy: &Policy, document: &Value) -> Vec<PolicyError> {
    let mut advice = Advice::default();
    for name in ["id", "version"] {
        if document.get(name).is_none() {
            advice.add(name, "is missing: reports can't tell this policy from others");
        }
    }
    let protected = advice.on_protected(policy);
    let allow = Listing::read(&policy.allow);
    let deny = Listing::read(&policy.deny);
    advice.on_list("allow", &allow);
    advice.on_allow(policy, &allow);
    advice.on_list("deny", &deny);
    advice.on_deny(&protected, &deny);
    advice.on_both(&allow, &deny);
    advice.on_choices(policy);
    for (index, path) in policy.locked.iter().enumerate() {
        if !is_lockable(path) {
            let message = format!(
                "{} names nothing that can be locked; write a path such as mode, deny, \
                 override.block or severity.suffix-typo",
                quote(path)
            );
            advice.add(format!("locked[{index}]"), message);
        }
    }
    advice.0
}

/// The entries of a list that are patterns, by their place.
struct Listing(Vec<(usize, Pattern)>);

impl Listing {
    fn read(list: &[String]) -> Self {
        let patterns = list.iter().enumerate();
        Self(patterns.filter_map(|(index, text)| Some((index, Pattern::parse(text)?))).collect())
    }

    fn iter(&self) -> impl Iterator<Item = &(usize, Pattern)> {
        self.0.iter()
    }

    /// The patterns without `-`, compiled.
    fn positive(&self) -> Patterns {
        let texts = self.iter().filter(|(_, pattern)| !pattern.out).map(|(_, p)| p.to_string());
        Patterns::compile(&texts.collect::<Vec<_>>()).unwrap_or_default()
    }

    /// Compiles all patterns of the list.
    fn compiled(&self) -> Patterns {
        let texts = self.iter().map(|(_, pattern)| pattern.to_string());
        Patterns::compile(&texts.collect::<Vec<_>>()).unwrap_or_default()
    }

    /// The domains of the patterns without `-`, and all domains above these.
    fn names(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let domains =
            || self.iter().filter(|(_, pattern)| !pattern.out).map(|(_, pattern)| &*pattern.domain);
        (domains().collect(), domains().flat_map(|domain| parents(domain).skip(1)).collect())
    }
}

#[derive(Default)]
struct Advice(Vec<PolicyError>);

impl Advice {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(PolicyError::new(path, message));
    }

    fn on_protected(&mut self, policy: &Policy) -> Protected {
        let Protected { builtin, suffixes, domains } = &policy.protected;
        if !builtin {
            let message = "is off: names below .mil are not protected, and nothing that resembles one \
                           is found";
            self.add("protected.builtin", message);
        }
        for (index, suffix) in suffixes.iter().enumerate() {
            let suffix = suffix.to_ascii_lowercase();
            if registry::is_tld(&suffix) && !RESTRICTED_TLDS.contains(&suffix.as_str()) {
                let message = format!(
                    "protects the whole top-level domain: all mail to .{suffix} passes, and what \
                     resembles it is flagged; name the domains instead"
                );
                self.add(format!("protected.suffixes[{index}]"), message);
            }
        }
        for (index, domain) in domains.iter().enumerate() {
            let name = domain.split('.').next().unwrap_or_default();
            if domain.matches('.').count() == 1 && name.chars().count() <= SHORT {
                let message = format!(
                    "{} is short: ordinary domains one letter away will be flagged; try audit \
                     mode first",
                    quote(domain)
                );
                self.add(format!("protected.domains[{index}]"), message);
            }
        }
        let lists_only = Policy { protected: policy.protected.clone(), ..Policy::default() };
        lists_only.compile().map(|compiled| compiled.protected).unwrap_or_default()
    }

    /// The doubtful entries of either list.
    fn on_list(&mut self, list: &str, listing: &Listing) {
        let (positive, compiled) = (listing.positive(), listing.compiled());
        let (names, has_below) = listing.names();
        let mut seen = BTreeMap::new();
        for (index, pattern) in listing.iter() {
            let path = format!("{list}[{index}]");
            if let Some(first) = seen.insert(pattern.to_string(), index) {
                self.add(path, format!("is the same as {list}[{first}]"));
                continue;
            }
            let Pattern { out, below, local_part, domain } = pattern;
            let whole_tld = !domain.contains('.') && !below && local_part.is_empty();
            if whole_tld && !out {
                let message = format!("is the name {domain} itself; names below it are *.{domain}");
                self.add(path, message);
            } else if *out {
                let within = format!("x.{domain}");
                let takes_out = if *below {
                    positive.matches("", &within).is_some() || has_below.contains(domain.as_str())
                } else {
                    positive.matches(local_part, domain).is_some()
                        || (local_part.is_empty() && names.contains(domain.as_str()))
                };
                if !takes_out {
                    self.add(
                        path,
                        "removes nothing from this list; it has an effect only on top of another layer",
                    );
                } else if *below && compiled.matches("", domain).is_some() {
                    let message = format!(
                        "removes the names below {domain}, but not {domain} itself; add \
                         -{domain} if that is meant as well"
                    );
                    self.add(path, message);
                }
            }
        }
    }

    fn on_allow(&mut self, policy: &Policy, allow: &Listing) {
        let unlisted = Policy { protected: policy.protected.clone(), ..Policy::default() };
        let checker = Checker::new(&unlisted).ok();
        for (index, pattern) in allow.iter().filter(|(_, pattern)| !pattern.out) {
            let Pattern { below, local_part, domain, .. } = pattern;
            let path = format!("allow[{index}]");
            if *below && !domain.contains('.') {
                let message = format!(
                    "opens all of .{domain}, where anybody can register a look-alike of a protected name; list \
                     the domains that are meant"
                );
                self.add(path, message);
                continue;
            }
            let local_part = if local_part.is_empty() { "x" } else { local_part };
            let report =
                checker.as_ref().map(|it| it.check_address(&format!("{local_part}@{domain}")));
            let finding = report
                .filter(|report| report.severity >= Severity::Warn)
                .and_then(|report| Some(report.findings.first()?.reason));
            if let Some(reason) = finding {
                let message = format!(
                    "allows what Milguard would stop as {}; make sure that {domain} is who you \
                     think it is",
                    reason.as_str()
                );
                self.add(path, message);
            }
        }
    }

    fn on_deny(&mut self, protected: &Protected, deny: &Listing) {
        let names: BTreeSet<&str> =
            protected.suffixes.iter().chain(&protected.domains).map(String::as_str).collect();
        for (index, Pattern { below, domain, .. }) in deny.iter().filter(|(_, p)| !p.out) {
            let path = format!("deny[{index}]");
            if parents(domain).any(|parent| names.contains(parent)) {
                self.add(
                    path,
                    "has no effect: all that it matches is protected, and always passes",
                );
            } else if let Some(name) = names.iter().find(|name| *below && is_below(name, domain)) {
                let message = format!("doesn't act on {name}, which is protected");
                self.add(path, message);
            }
        }
    }

    fn on_both(&mut self, allow: &Listing, deny: &Listing) {
        let allowed: BTreeMap<String, usize> =
            allow.iter().map(|(index, pattern)| (pattern.to_string(), *index)).collect();
        for (index, pattern) in deny.iter().filter(|(_, pattern)| !pattern.out) {
            if let Some(other) = allowed.get(&pattern.to_string()) {
                let message = format!("is also allow[{other}]; deny wins");
                self.add(format!("deny[{index}]"), message);
            }
        }
    }

    fn on_choices(&mut self, policy: &Policy) {
        let severity = |reason| policy.severity.get(&reason).copied();
        if severity(Reason::AllowedByPolicy).is_some_and(|severity| severity > Severity::Pass) {
            let message = "flags recipients that the allow list lets pass; leave it out";
            self.add("severity.allowed-by-policy", message);
        }
        if severity(Reason::DeniedByPolicy).is_some_and(|severity| severity < Severity::Warn) {
            let message = "means that nobody is stopped by the deny list";
            self.add("severity.denied-by-policy", message);
        }
        let strictness = |choice| match choice {
            Override::Allowed => 0,
            Override::Justification => 1,
            Override::Never => 2,
        };
        let overrides = policy.overrides;
        if strictness(overrides.block) < strictness(overrides.warn) {
            self.add("override.block", "is easier to send past than a warning");
        }
        let asks = [overrides.warn, overrides.block].contains(&Override::Justification);
        if asks && policy.reporting == Reporting::Off {
            let message = "is off, so that nobody reads the justifications asked for";
            self.add("reporting", message);
        }
        if !policy.markings.enabled && !policy.markings.words.is_empty() {
            self.add("markings.words", "have no effect while markings.enabled is false");
        }
    }
}

/// `domain` and the domains above it.
fn parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| Some(name.split_once('.')?.1))
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}
