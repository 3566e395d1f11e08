//! Does a domain look like a protected one? `rules` has one file for each reason.
//!
//! [`examine`] walks over the labels once and asks the [`Index`](super::index::Index) for the
//! meanings of each. Labels of ordinary domains have none, so no other code runs for them.

mod dressed;
mod hyphens;
mod rules;

use std::ops::Range;

use super::index::{Form, Index, ProtectedName, Suffix};
use super::{Reason, Severity};
use crate::registry::{self, Class, Real};
use rules::{LooksAt, RULES, unregistered_domain};

/// The most labels; a domain of 253 octets has fewer.
const MAX_LABELS: usize = 128;

/// The most meanings of a label to use. A label can be the first one of many protected domains
/// (`mail.…`); more of them are no more evidence.
const MAX_MATCHES: usize = 16;

/// The relation of a domain to the protected ones.
#[derive(Debug)]
pub(super) enum Standing {
    /// The domain is below a protected suffix or a protected domain.
    Protected {
        /// Whether the name is in the registry or the policy, not only its suffix.
        registered: bool,
    },
    /// The domain has nothing to do with a protected one.
    Unrelated,
    /// The domain looks like a protected one, but is not.
    Lookalike(Lookalike),
}

/// The evidence against a domain.
#[derive(Debug, Default)]
pub(super) struct Lookalike {
    pub(super) hits: Vec<Hit>,
    /// The closest protected domains, with host labels.
    pub(super) meant: Vec<String>,
    /// Whether the domain belongs to another country's military.
    pub(super) is_foreign: bool,
}

/// One reason, with its span in the domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Hit {
    pub(super) reason: Reason,
    pub(super) severity: Severity,
    pub(super) span: Range<usize>,
}

impl Lookalike {
    /// Adds a domain that may have been meant.
    fn mean(&mut self, domain: String) {
        if !self.meant.contains(&domain) {
            self.meant.push(domain);
        }
    }

    /// Limits the findings about the domain to notices.
    fn soften(&mut self) {
        for hit in &mut self.hits {
            hit.severity = hit.severity.min(Severity::Notice);
        }
    }

    /// Adds a hit; of each reason only the most severe one is kept.
    fn hit(&mut self, reason: Reason, severity: Severity, span: Range<usize>) {
        match self.hits.iter_mut().find(|hit| hit.reason == reason) {
            Some(hit) if hit.severity < severity => *hit = Hit { reason, severity, span },
            Some(_) => {}
            None => self.hits.push(Hit { reason, severity, span }),
        }
    }
}

/// A canonical domain, cut into labels.
pub(super) struct Labels<'a> {
    domain: &'a str,
    /// Start of each label, the rightmost first.
    starts: [u8; MAX_LABELS],
    len: usize,
}

impl<'a> Labels<'a> {
    fn new(domain: &'a str) -> Self {
        let mut labels = Self { domain, starts: [0; MAX_LABELS], len: 1 };
        for (at, byte) in domain.bytes().enumerate().rev() {
            if byte == b'.' && labels.len < MAX_LABELS {
                if let Some(start) = labels.starts.get_mut(labels.len - 1) {
                    *start = u8::try_from(at + 1).unwrap_or(u8::MAX);
                }
                labels.len += 1;
            }
        }
        labels
    }

    fn span(&self, at: usize) -> Range<usize> {
        if at >= self.len {
            return 0..0;
        }
        let start_of = |at: usize| self.starts.get(at).copied().unwrap_or_default().into();
        let start: usize = start_of(at);
        let end = match at.checked_sub(1) {
            Some(right) => start_of(right) - 1,
            None => self.domain.len(),
        };
        start..end
    }

    /// The label at a place counted from the right; empty beyond the leftmost.
    fn get(&self, at: usize) -> &'a str {
        self.domain.get(self.span(at)).unwrap_or_default()
    }

    /// A label and everything to its right.
    fn from(&self, at: usize) -> &'a str {
        self.domain.get(self.span(at).start..).unwrap_or_default()
    }

    /// Everything to the right of a label, without the dot.
    fn rest(&self, at: usize) -> &'a str {
        match at.checked_sub(1).and_then(|right| self.starts.get(right)) {
            Some(&start) => self.domain.get(start.into()..).unwrap_or_default(),
            None => "",
        }
    }

    /// Everything to the left of a label, with the dot.
    fn hosts(&self, at: usize) -> &'a str {
        self.domain.get(..self.span(at).start).unwrap_or_default()
    }

    /// The domain with `name` and `suffix` in place of a label and everything to its right.
    fn corrected(&self, at: usize, name: &str, suffix: &Suffix) -> String {
        [self.hosts(at), name, ".", &suffix.text].concat()
    }

    fn tld(&self) -> &'a str {
        self.get(0)
    }
}

/// A domain that is not protected, and the protected ones to compare it with.
pub(super) struct Scene<'a> {
    index: &'a Index,
    labels: &'a Labels<'a>,
    /// The first protected name in the domain, from the right.
    named: Option<Sighting<'a>>,
    /// The leftmost label with which a protected suffix may begin, counted from the right.
    suffix_at: Option<usize>,
}

impl Scene<'_> {
    /// Whether the label before the name is its suffix, or a host that nobody else has.
    fn has_telling_host(&self) -> bool {
        self.named.is_some_and(|name| {
            name.has_telling_host() || self.labels.get(name.at + 1) == name.suffix.text
        })
    }
}

/// A protected name found in a label.
#[derive(Clone, Copy)]
pub(super) struct Sighting<'a> {
    index: &'a Index,
    labels: &'a Labels<'a>,
    /// The label's place, counted from the right.
    at: usize,
    form: Form,
    entry: &'a ProtectedName,
    /// The name: `army`.
    name: &'a str,
    suffix: &'a Suffix,
}

impl Sighting<'_> {
    /// Whether the label is the name, alone or after `us`.
    fn is_name(&self) -> bool {
        matches!(self.form, Form::Name | Form::Us)
    }

    /// Whether the label is a name, or what people call one.
    fn stands_for_name(&self) -> bool {
        self.is_name() || self.form == Form::Guess
    }

    /// Whether the label is what people call a service, and more probably a slip of a name: `marine` of `marines`.
    fn is_slip(&self) -> bool {
        self.form == Form::Guess && !self.index.neighbours(self.label(), self.suffix).is_empty()
    }

    /// Whether people of several countries call a service by this label: `airforce`.
    fn is_shared_guess(&self) -> bool {
        self.form == Form::Guess && registry::is_shared_guess(self.label())
    }

    fn label(&self) -> &str {
        self.labels.get(self.at)
    }

    /// The protected domain that was meant, with the host labels that stand before it.
    fn meant(&self) -> String {
        let hosts = self.labels.hosts(self.at);
        // `mil.us.army`: the suffix came first.
        let hosts = hosts
            .strip_prefix(self.suffix.text.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(hosts);
        // `us.airforce` is `us.af`, and `us.coastguard` is `uscg`: the host `us` is a part of what people call a service.
        let is_at_us = self.labels.get(self.at + 1) == "us";
        let hosts = match self.form {
            Form::Us | Form::Guess if is_at_us => hosts.strip_suffix("us.").unwrap_or(hosts),
            _ => hosts,
        };
        let (glued, name) = match self.form {
            Form::HostGlued if self.has_mail_host() => ("mail.", self.name),
            Form::Us | Form::HostGlued => ("us.", self.name),
            Form::Guess => ("", registry::guessed_name(self.label()).unwrap_or(self.name)),
            _ => ("", self.name),
        };
        [hosts, glued, name, ".", &self.suffix.text].concat()
    }

    fn class(&self) -> Class {
        self.entry.class
    }

    /// Whether the host label before the name certainly belongs to the protected organisation.
    fn has_telling_host(&self) -> bool {
        let host = self.labels.get(self.at + 1);
        self.suffix.text == "mil"
            && (self.has_us_host()
                || !host.is_empty() && registry::is_telling_host(&[host, ".", self.name].concat()))
    }

    /// Whether `mail` is joined to the name in the label.
    fn has_mail_host(&self) -> bool {
        self.labels.get(self.at).starts_with("mail")
    }

    /// Whether the host label shows that it is a service of the United States.
    fn has_us_host(&self) -> bool {
        let us = self.form == Form::Us || self.labels.get(self.at + 1) == "us";
        us && (self.class() == Class::Strong || self.entry.marks.service)
    }

    /// Whether any label but `www` stands before the name.
    fn has_host(&self) -> bool {
        !matches!(self.labels.get(self.at + 1), "" | "www")
    }

    /// Whether the label before the name is one that few organisations have.
    fn has_uncommon_host(&self) -> bool {
        !is_common_host(self.labels.get(self.at + 1))
    }

    fn rest(&self) -> &str {
        self.labels.rest(self.at)
    }

    /// The span from the label after the name to the end.
    fn rest_span(&self) -> Range<usize> {
        let end = self.labels.domain.len();
        end - self.rest().len()..end
    }

    fn span(&self) -> Range<usize> {
        self.labels.span(self.at)
    }

    /// Whether everything to the right of the name is a public suffix (or the root).
    fn is_registrable(&self) -> bool {
        self.at <= 1 || registry::public_suffix_labels(self.labels.domain) >= self.at
    }
}

/// Compares a canonical domain with the protected ones.
pub(super) fn examine(index: &Index, domain: &str) -> Standing {
    let labels = Labels::new(domain);
    let mut found = Lookalike::default();

    for suffix in index.protected_suffixes() {
        let is_suffix = domain == suffix.text;
        let name = if is_suffix { Some("") } else { strip_suffix_labels(domain, &suffix.text) };
        let Some(name) = name else { continue };
        return unregistered_domain::examine(index, &labels, suffix, name);
    }

    let mut scene = Scene { index, labels: &labels, named: None, suffix_at: None };
    for at in 0..labels.len {
        if index.has_domains() && index.is_domain(labels.from(at)) {
            return Standing::Protected { registered: true };
        }
        for matched in index.lookup(labels.get(at)).take(MAX_MATCHES) {
            let form = matched.form;
            let Some(entry) = matched.entry else {
                if form == Form::Suffix {
                    scene.suffix_at = Some(at);
                } else if form == Form::Foreign {
                    found.is_foreign |= registry::is_foreign_military(labels.from(at));
                }
                continue;
            };
            let (name, suffix) = (index.name(entry), index.suffix_of(entry));
            let sighting = Sighting { index, labels: &labels, at, form, entry, name, suffix };
            if sighting.is_slip() {
                continue;
            }
            for rule in &RULES {
                if let LooksAt::Domain { at_name: Some(at_name), .. } = rule.looks_at {
                    at_name(&sighting, &mut found);
                }
            }
            if sighting.is_name() {
                let _ = scene.named.get_or_insert(sighting);
            }
        }
    }
    for rule in &RULES {
        if let LooksAt::Domain { whole: Some(whole), .. } = rule.looks_at {
            whole(&scene, &mut found);
        }
    }
    if found.hits.is_empty() {
        return Standing::Unrelated;
    }
    // A domain that is known to be real is meant, whatever it resembles.
    if !found.is_foreign {
        match registry::real(domain) {
            Some(Real::Known) => return Standing::Unrelated,
            Some(Real::BelowNamesake) if !scene.has_telling_host() => return Standing::Unrelated,
            Some(Real::BelowNamesake) => found.soften(),
            None => {}
        }
    }
    Standing::Lookalike(found)
}

/// Whether a domain can be suggested: it is protected, and the checker has no finding about it.
pub(super) fn is_sound(index: &Index, domain: &str) -> bool {
    domain.split('.').all(|label| !label.is_empty())
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && matches!(examine(index, domain), Standing::Protected { .. })
        && index.below_suffix(domain).is_none_or(|name| !name.split('.').any(is_a_label))
}

pub(super) fn is_a_label(label: &str) -> bool {
    label.starts_with("xn--")
}

/// The part of a domain before `suffix` and its dot.
fn strip_suffix_labels<'a>(domain: &'a str, suffix: &str) -> Option<&'a str> {
    domain.strip_suffix(suffix)?.strip_suffix('.')
}

/// Host labels that every organisation has; an empty label means that the domain has no host label.
fn is_common_host(label: &str) -> bool {
    matches!(
        label,
        "" | "www"
            | "mail"
            | "webmail"
            | "smtp"
            | "mx"
            | "imap"
            | "m"
            | "shop"
            | "store"
            | "info"
            | "news"
            | "email"
            | "e"
            | "go"
            | "blog"
            | "my"
            | "app"
            | "apps"
            | "static"
            | "img"
            | "cdn"
            | "api"
            | "login"
            | "portal"
            | "support"
            | "help"
            | "en"
            | "de"
            | "fr"
            | "es"
    )
}
