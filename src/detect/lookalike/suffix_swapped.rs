//! `suffix-swapped`: a known protected name under another suffix, or under none: `centcom.org`,
//! `us.army.com`, `bob@army`.
//!
//! By itself weak evidence: of 114,458 real domains 258 share a name with one below `.mil`. A host
//! label that only the protected organisation uses (`us.army`) makes it unmistakable.

use super::{Lookalike, Sighting, is_private_suffix};
use crate::detect::{Reason, Severity};
use crate::registry::{self, Class};

/// A protected name where the registrable label of another suffix stands.
pub(super) fn examine(sighting: &Sighting<'_>, found: &mut Lookalike) {
    if !found.hits.is_empty() || sighting.class() <= Class::Generic || !sighting.is_registrable() {
        return;
    }
    let rest = sighting.rest();
    let tld = sighting.labels.tld();
    let telling = sighting.has_telling_host();
    let severity = if rest.is_empty() {
        if telling && !registry::is_tld(tld) {
            Severity::Warn
        } else if telling || (sighting.class() == Class::Strong && !sighting.has_host()) {
            Severity::Notice
        } else {
            return;
        }
    } else if is_private_suffix(tld) {
        return;
    } else if registry::is_namesake(&[sighting.name, ".", rest].concat()) {
        if !sighting.has_us_host() {
            return;
        }
        Severity::Warn
    } else if telling {
        Severity::Warn
    } else if sighting.class() == Class::Strong {
        Severity::Notice
    } else {
        return;
    };
    let span = if rest.is_empty() { sighting.span() } else { sighting.rest_span() };
    found.hit(Reason::SuffixSwapped, severity, span);
    // `army.gr` may be meant for the Greek army: another country's name is left as it is.
    let another_country = rest.rsplit('.').next().is_some_and(|tld| tld.len() == 2 && tld != "us");
    if !another_country || sighting.has_us_host() {
        found.mean(sighting.meant());
    }
}
