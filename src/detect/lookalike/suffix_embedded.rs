//! `suffix-embedded`: a whole protected name with its suffix, and more after it (`army.mil.com`,
//! as address fields complete it), or the suffix before the name (`mil.army.net`).

use super::{Labels, Lookalike, Sighting};
use crate::detect::{Reason, Severity};
use crate::registry::{self, Class};

/// A protected name next to its suffix, which is not the last label.
pub(super) fn examine(sighting: &Sighting<'_>, found: &mut Lookalike) {
    let suffix = sighting.suffix.text.as_str();
    let labels = sighting.labels;
    if let Some(after) = sighting.rest().strip_prefix(suffix).and_then(|it| it.strip_prefix('.')) {
        if is_state_military_department(labels.domain, after) {
            return;
        }
        if registry::is_foreign_military(labels.domain) && !is_unmistakable(sighting) {
            return;
        }
        let whole_suffix = after.split('.').count() <= registry::public_suffix_labels(after);
        let severity = if sighting.class() > Class::Generic || whole_suffix {
            Severity::Warn
        } else {
            Severity::Notice
        };
        // The dot and what was added.
        let end = labels.domain.len();
        found.hit(Reason::SuffixEmbedded, severity, end - after.len() - 1..end);
        if sighting.class() > Class::Weak {
            found.mean(sighting.meant());
        }
    } else if labels.get(sighting.at + 1) == suffix && !sighting.rest().is_empty() {
        let severity = match sighting.class() {
            Class::Strong => Severity::Warn,
            Class::Plain => Severity::Notice,
            Class::Generic | Class::Weak => return,
        };
        let span = labels.span(sighting.at + 1).start..labels.domain.len();
        found.hit(Reason::SuffixEmbedded, severity, span);
        let hosts = labels.hosts(sighting.at + 1);
        found.mean([hosts, sighting.name, ".", suffix].concat());
    }
}

/// A name that no registry knows before a protected suffix that is not the last label
/// (`unit.mil.com`): worth a line, since the registry is incomplete.
pub(super) fn examine_unknown(labels: &Labels<'_>, at: usize, found: &mut Lookalike) {
    let after = labels.rest(at);
    let is_public_suffix =
        after.split('.').count() == registry::public_suffix_labels(labels.domain);
    if at == 0
        || labels.get(at + 1).is_empty()
        || !found.hits.is_empty()
        || !is_public_suffix
        || is_state_military_department(labels.domain, after)
        || registry::is_foreign_military(labels.domain)
    {
        return;
    }
    let end = labels.domain.len();
    found.hit(Reason::SuffixEmbedded, Severity::Notice, end - after.len() - 1..end);
    found.mean([labels.hosts(at), labels.get(at)].concat());
}

/// `mil.wa.gov`: the military departments of US states.
fn is_state_military_department(domain: &str, after: &str) -> bool {
    domain.rsplit('.').next() == Some("gov") && after.matches('.').count() == 1
}

/// Below another country's `mil.<cc>`, where names such as `army` are that country's own.
fn is_unmistakable(sighting: &Sighting<'_>) -> bool {
    let shared = matches!(sighting.name, "army" | "navy" | "marines" | "nationalguard");
    sighting.has_us_host() || (sighting.class() == Class::Strong && !shared)
}
