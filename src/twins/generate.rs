//! All look-alikes of one protected domain.

use super::confusable::Lookalikes;
use super::filter::Filter;
use super::model::{self, COMMON_SUFFIXES};
use super::slips::slips;
use super::{Reach, Target, Twin, TwinKind};
use crate::detect::{Checker, Reason, Severity};
use crate::domain;
use crate::registry::{self, Class};

/// A domain before the checker has seen it.
struct Candidate {
    domain: String,
    kind: TwinKind,
    weight: u32,
}

/// The wanted twins of `target` that `checker` flags, the likeliest first, each once.
pub(super) fn generate(
    checker: &Checker,
    target: &Target,
    alike: &Lookalikes,
    filter: &Filter,
) -> Vec<Twin> {
    let mut candidates = Candidates { target, list: Vec::with_capacity(4096) };
    candidates.of_name();
    candidates.of_suffix();
    candidates.of_other_suffixes();
    candidates.of_parts();
    candidates.of_hosts();
    candidates.of_lookalikes(alike);
    let mut list = candidates.list;
    // If a domain arises in several ways, its likeliest one counts.
    list.sort_unstable_by(|a, b| (&a.domain, b.weight, a.kind).cmp(&(&b.domain, a.weight, b.kind)));
    list.dedup_by(|later, first| later.domain == first.domain);
    let of = target.domain();
    let fame = model::fame(target.class, target.hosts.len());
    let mut address = String::new();
    let mut twins: Vec<Twin> = list
        .into_iter()
        .filter(|candidate| {
            filter.takes_kind(candidate.kind) && candidate.domain.len() <= domain::MAX_DOMAIN_LEN
        })
        .filter_map(|Candidate { domain, kind, weight }| {
            address.clear();
            address.push_str("x@");
            address.push_str(&domain);
            let report = checker.check_address(&address);
            let finding = report.findings.first()?;
            // `army.mil.co` belongs to another country, and a sender may mean it.
            if report.severity == Severity::Pass || finding.reason == Reason::ForeignMilitary {
                return None;
            }
            let reach = match finding.delegated {
                Some(true) => Reach::Stranger,
                Some(false) => Reach::Nowhere,
                None => Reach::Inside,
            };
            let (severity, reason) = (report.severity, finding.reason);
            let score = model::score(weight, fame, reach);
            Some(Twin { domain, of: of.clone(), kind, reach, score, severity, reason })
        })
        .filter(|twin| filter.takes(twin))
        .collect();
    twins.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
    twins
}

struct Candidates<'a> {
    target: &'a Target,
    list: Vec<Candidate>,
}

impl Candidates<'_> {
    fn add(&mut self, parts: &[&str], kind: TwinKind, weight: u32) {
        self.list.push(Candidate { domain: parts.concat(), kind, weight });
    }

    /// A slip in the name: `amry.mil`.
    fn of_name(&mut self) {
        let Target { name, suffix, .. } = self.target;
        for slip in slips(name) {
            let weight = model::in_name(slip.kind, slip.is_near);
            self.add(&[&slip.text, ".", suffix], slip.kind, weight);
        }
        for (left, right) in cuts(name) {
            self.add(&[left, ".", right, ".", suffix], TwinKind::Subdomain, model::DOT_ADDED);
        }
    }

    /// A slip in the suffix: `army.ml`.
    fn of_suffix(&mut self) {
        let Target { name, suffix, hosts, .. } = self.target;
        let labels: Vec<&str> = suffix.split('.').collect();
        for (at, label) in labels.iter().enumerate() {
            for slip in slips(label) {
                let weight = match (suffix.as_str(), slip.text.as_str()) {
                    ("mil", "ml") => model::VOWEL_LOST,
                    ("mil", "mi") => model::LAST_LOST,
                    _ => model::in_suffix(slip.kind, slip.is_near),
                };
                let mut mistyped = labels.clone();
                if let Some(place) = mistyped.get_mut(at) {
                    *place = &slip.text;
                }
                let mistyped = mistyped.join(".");
                self.add(&[name, ".", &mistyped], TwinKind::TldSwap, weight);
                let tld = mistyped.rsplit('.').next().unwrap_or_default();
                if registry::is_tld(tld) {
                    for host in hosts {
                        // The owner of the mistyped name also owns its hosts.
                        self.add(
                            &[host, ".", name, ".", &mistyped],
                            TwinKind::TldSwap,
                            weight.div_ceil(model::ONE_HOST),
                        );
                    }
                }
            }
            for (left, right) in cuts(label) {
                let mut cut = labels.clone();
                let both = [left, ".", right].concat();
                if let Some(place) = cut.get_mut(at) {
                    *place = &both;
                }
                self.add(&[name, ".", &cut.join(".")], TwinKind::Subdomain, model::DOT_ADDED);
            }
        }
        if labels.len() > 1 {
            self.add(&[name, ".", &labels.concat()], TwinKind::Various, model::DOT_LOST);
        }
    }

    /// Another suffix instead, or one more: `army.com`, `army.mil.com`.
    fn of_other_suffixes(&mut self) {
        let Target { name, suffix, hosts, class } = self.target;
        for (tld, weight) in COMMON_SUFFIXES {
            self.add(&[name, ".", tld], TwinKind::TldSwap, weight);
            let appended = if tld == "com" { model::COM_APPENDED } else { model::OTHER_APPENDED };
            self.add(&[name, ".", suffix, ".", tld], TwinKind::Various, appended);
            for host in hosts {
                let (swapped, appended) =
                    (weight.div_ceil(model::ONE_HOST), appended.div_ceil(model::ONE_HOST));
                self.add(&[host, ".", name, ".", tld], TwinKind::TldSwap, swapped);
                self.add(&[host, ".", name, ".", suffix, ".", tld], TwinKind::Various, appended);
            }
        }
        if *class == Class::Strong {
            for tld in registry::tlds() {
                self.add(&[name, ".", tld], TwinKind::TldSwap, model::UNFAMILIAR_SUFFIX);
            }
        }
    }

    /// Dots lost or moved, or the suffix before the name: `armymil.com`, `armym.il`, `milarmy.com`.
    fn of_parts(&mut self) {
        let Target { name, suffix, .. } = self.target;
        let first = suffix.split('.').next().unwrap_or_default();
        let rest = suffix.strip_prefix(first).unwrap_or_default();
        let mut glue = |parts: &[&str], weight: u32| {
            self.add(&[&parts.concat(), ".", suffix], TwinKind::Various, weight);
            if !rest.is_empty() {
                self.add(&[&parts.concat(), rest], TwinKind::Various, weight);
            }
            for (tld, common) in COMMON_SUFFIXES {
                self.add(
                    &[&parts.concat(), ".", tld],
                    TwinKind::Various,
                    (weight * common).div_ceil(200),
                );
            }
        };
        glue(&[name, first], model::DOT_LOST);
        glue(&[name, "-", first], model::DOT_TO_HYPHEN);
        glue(&[first, name], model::PARTS_SWAPPED);
        glue(&[first, "-", name], model::PARTS_SWAPPED);
        glue(&["mail", name, first], model::PARTS_SWAPPED);
        if let (Some(left), Some(right)) = (name.get(..name.len() - 1), name.get(name.len() - 1..))
            && !left.is_empty()
        {
            self.add(&[left, ".", right, suffix], TwinKind::Various, model::DOT_MOVED);
        }
        if let (Some(left), Some(right)) = (suffix.get(..1), suffix.get(1..)) {
            self.add(&[name, left, ".", right], TwinKind::Various, model::DOT_MOVED);
        }
    }

    /// The dot after a host label is lost: `usarmy.mil`, `usarmymil.com`.
    fn of_hosts(&mut self) {
        let Target { name, suffix, hosts, .. } = self.target;
        let first = suffix.split('.').next().unwrap_or_default();
        for host in hosts {
            let host = host.replace('.', "");
            // Everybody knows the host `us`, so people write it more often than other hosts.
            let rarely = if host == "us" { 1 } else { model::ONE_HOST };
            for (separator, weight) in [("", model::DOT_LOST), ("-", model::DOT_TO_HYPHEN)] {
                let weight = weight.div_ceil(rarely);
                let glued = [&host, separator, name].concat();
                self.add(&[&glued, ".", suffix], TwinKind::Various, weight);
                self.add(&[&glued, ".", suffix, ".com"], TwinKind::Various, weight.div_ceil(10));
                for slip in slips(suffix).iter().filter(|slip| registry::is_tld(&slip.text)) {
                    self.add(&[&glued, ".", &slip.text], TwinKind::Various, weight.div_ceil(2));
                }
                let all = [&glued, separator, first].concat();
                for (tld, common) in COMMON_SUFFIXES {
                    let weight = (weight * common).div_ceil(400);
                    self.add(&[&glued, ".", tld], TwinKind::Various, weight);
                    self.add(&[&all, ".", tld], TwinKind::Various, weight);
                }
            }
        }
    }

    /// Characters that look alike: `xn--rmy-5cd.mil`.
    fn of_lookalikes(&mut self, alike: &Lookalikes) {
        let Target { name, suffix, .. } = self.target;
        let mut add = |text: &str, kind: TwinKind| {
            if text.is_ascii() {
                self.add(&[text], kind, model::LOOKS_ALIKE_ASCII);
            } else if let Some(canonical) = domain::canonicalize(text) {
                self.add(&[&canonical.ascii], kind, model::LOOKS_ALIKE);
            }
        };
        for (text, kind) in alike.of(name) {
            add(&[&text, ".", suffix].concat(), kind);
        }
        for (text, kind) in alike.of(suffix) {
            add(&[name, ".", &text].concat(), kind);
        }
    }
}

/// A label in two, at each place.
fn cuts(label: &str) -> impl Iterator<Item = (&str, &str)> {
    (1..label.len()).filter_map(|at| label.split_at_checked(at)).filter(|(left, right)| {
        // A label begins and ends with a letter or digit.
        !left.ends_with('-') && !right.starts_with('-')
    })
}
