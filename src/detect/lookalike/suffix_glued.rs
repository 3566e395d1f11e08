//! `suffix-glued`: the dot before the suffix is missing: `armymil.com`, `army-mil.us`, `armymil`.
//!
//! Only a whole label counts: `enfamil.com`, `chathamil.gov` and `s-mil.de` hold no protected name,
//! and `sharepoint-mil.us` is the DoD's own.

use super::{Form, Lookalike, Sighting};
use crate::detect::{Reason, Severity};
use crate::registry::{self, Class};

/// A label that is a protected name and its suffix.
pub(super) fn examine(sighting: &Sighting<'_>, found: &mut Lookalike) {
    // A host may well be called so: `dlamil.dps.mil` is real.
    if !found.hits.is_empty() {
        return;
    }
    let delegated = registry::is_tld(sighting.labels.tld());
    let hyphen = sighting.labels.get(sighting.at).as_bytes().contains(&b'-');
    let short = sighting.name.len() < 3 && sighting.form != Form::HostGlued;
    let severity = if !delegated && (!short || sighting.has_host()) {
        Severity::Warn
    } else if !sighting.is_registrable() {
        // Someone's host that happens to be called so.
        match sighting.class() {
            Class::Strong => Severity::Notice,
            _ => return,
        }
    } else if short && !delegated {
        Severity::Notice
    } else if short && !hyphen && !sighting.has_host() {
        // `aimil.com` and the like are real companies.
        if sighting.name != "af" && sighting.name != "ng" {
            return;
        }
        Severity::Notice
    } else if sighting.class() <= Class::Generic {
        Severity::Notice
    } else {
        Severity::Warn
    };
    found.hit(Reason::SuffixGlued, severity, sighting.span());
    // Which host of `uscentcommil` is meant, `us.centcom` or `centcom`, nobody can tell.
    if sighting.form != Form::HostGlued
        || sighting.has_mail_host()
        || matches!(sighting.name, "army" | "navy" | "af")
    {
        found.mean(sighting.meant());
    }
}
