//! `suffix-swapped`: a known protected name under another suffix, or under none: `centcom.org`,
//! `us.army.com`, `bob@army`.
//!
//! By itself this is weak evidence: of 114,458 real domains 258 share a name with one below `.mil`.
//! A host label that only the protected organisation uses (`us.army`) makes it unmistakable.

use super::super::{Form, Lookalike, Scene, Sighting};
use crate::detect::{Reason, Severity};
use crate::domain::is_private_suffix;
use crate::registry::{self, Class};

/// A protected name as the registrable label of another suffix.
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    let Some(sighting) = &scene.named else { return };
    if !found.hits.is_empty() || sighting.class() <= Class::Generic || !sighting.is_registrable() {
        return;
    }
    let rest = sighting.rest();
    let tld = sighting.labels.tld();
    // `usarmy.com` belongs to somebody; `us.army.com` is a host name with the wrong ending.
    let telling = sighting.form == Form::Name && sighting.has_telling_host();
    let severity = if rest.is_empty() {
        if telling && !registry::is_tld(tld) {
            Severity::Warn
        } else if telling || (sighting.class() == Class::Strong && is_alone(sighting)) {
            Severity::Notice
        } else {
            return;
        }
    } else if is_private_suffix(tld) || tld == "mil" {
        // A domain that ends in `.mil` belongs to the U.S. military, whether the policy protects it
        // or not.
        return;
    } else if telling {
        Severity::Warn
    } else {
        let namesake = registry::real(&[sighting.name, ".", rest].concat()).is_some();
        match sighting.class() {
            Class::Strong if namesake && !sighting.has_uncommon_host() => return,
            Class::Strong if is_academic_abroad(rest) => return,
            Class::Strong => Severity::Notice,
            Class::Plain if !namesake && is_likely_swap(sighting) => Severity::Notice,
            _ => return,
        }
    };
    let span = if rest.is_empty() { sighting.span() } else { sighting.rest_span() };
    found.hit(Reason::SuffixSwapped, severity, span);
    // `army.gr` may be meant for the Greek army, so another country's name stays as it is.
    let another_country = rest.rsplit('.').next().is_some_and(registry::is_other_country);
    if !another_country || telling || sighting.has_us_host() {
        found.mean(sighting.meant());
    }
}

/// The name comes first, or only the suffix comes before it (`mil.army`).
fn is_alone(sighting: &Sighting<'_>) -> bool {
    !sighting.has_host() || sighting.labels.get(sighting.at + 1) == sighting.suffix.text
}

/// `navy.ac.kr`: academies and offices of other countries.
fn is_academic_abroad(rest: &str) -> bool {
    rest.split_once('.').is_some_and(|(category, country)| {
        country.len() == 2
            && country != "us"
            && matches!(category, "ac" | "edu" | "gov" | "go" | "gob" | "gouv" | "gv" | "mod")
    })
}

/// A lesser-known name with a host of its own, under a suffix that an address field would offer.
fn is_likely_swap(sighting: &Sighting<'_>) -> bool {
    sighting.name.len() >= 4
        && sighting.has_uncommon_host()
        && matches!(sighting.rest(), "com" | "net" | "org" | "gov" | "us" | "info" | "biz" | "co")
}
