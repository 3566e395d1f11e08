//! `suffix-glued`: the dot before the suffix is missing: `armymil.com`, `army-mil.us`, `armymil`.
//!
//! Only a whole label counts: `enfamil.com`, `chathamil.gov` and `s-mil.de` hold no protected name,
//! and `sharepoint-mil.us` is the DoD's own.

use super::super::dressed::{self, Doubt, Reading};
use super::super::{Form, Labels, Lookalike, Scene, Sighting, hyphens};
use crate::detect::edit::one_edit_apart;
use crate::detect::index::Index;
use crate::detect::{Reason, Severity};
use crate::registry::{self, Class};

/// A label that is a protected name and its suffix.
pub(in crate::detect) fn at_name(sighting: &Sighting<'_>, found: &mut Lookalike) {
    if !matches!(sighting.form, Form::Glued | Form::HostGlued | Form::Reversed) {
        return;
    }
    // A host may have such a name: `dlamil.dps.mil` is real.
    if !found.hits.is_empty() {
        return;
    }
    let delegated = registry::is_tld(sighting.labels.tld());
    let hyphen = sighting.labels.get(sighting.at).as_bytes().contains(&b'-');
    let short = sighting.name.len() < 3 && sighting.form != Form::HostGlued;
    let severity = if !delegated && (!short || sighting.has_host()) {
        Severity::Warn
    } else if !sighting.is_registrable() && !is_tenant(sighting.rest()) {
        // This is somebody's host that happens to have such a name.
        match sighting.class() {
            Class::Strong => Severity::Notice,
            _ => return,
        }
    } else if short && !delegated {
        Severity::Notice
    } else if short && !hyphen && !sighting.has_host() {
        // `aimil.com` and the like are real companies.
        if !sighting.entry.marks.telling {
            return;
        }
        Severity::Notice
    } else if sighting.class() <= Class::Generic {
        Severity::Notice
    } else {
        Severity::Warn
    };
    found.hit(Reason::SuffixGlued, severity, sighting.span());
    found.mean(sighting.meant());
    // Nobody can tell which host of `uscentcommil` was meant, `us.centcom` or `centcom`.
    if sighting.form == Form::HostGlued
        && !sighting.has_mail_host()
        && !sighting.entry.marks.service
    {
        let labels = sighting.labels;
        found.mean(labels.corrected(sighting.at, sighting.name, sighting.suffix));
    }
}

/// Domains of cloud providers, below which customers choose a label.
const TENANTS: [&str; 20] = [
    "atlassian.net",
    "awsapps.com",
    "azurewebsites.net",
    "blogspot.com",
    "freshdesk.com",
    "github.io",
    "herokuapp.com",
    "mail.onmicrosoft.com",
    "my.salesforce.com",
    "netlify.app",
    "okta.com",
    "onmicrosoft.com",
    "onmicrosoft.us",
    "pages.dev",
    "sharepoint.com",
    "sharepoint.us",
    "slack.com",
    "vercel.app",
    "web.app",
    "zendesk.com",
];

fn is_tenant(rest: &str) -> bool {
    TENANTS.contains(&rest)
}

/// A label of a protected name, its suffix and words around them.
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    let labels = scene.labels;
    if !found.hits.is_empty() || !dressed::may_hold(scene.index, labels.domain) {
        return;
    }
    for at in 0..labels.len {
        // Few labels can be read so, and reading costs less than the tables.
        let label = labels.get(at);
        if !dressed::may_hold(scene.index, label) {
            continue;
        }
        let reading = dressed::read(scene.index, label);
        let Some(reading) = reading.or_else(|| hyphens::read(scene.index, label)) else { continue };
        let delegated = registry::is_tld(labels.tld());
        // The owner of a domain may give a host any name.
        let is_open = !delegated
            || at > 0
                && (is_tenant(labels.rest(at))
                    || at == registry::public_suffix_labels(labels.domain));
        if !is_open {
            continue;
        }
        // A shop has a domain of its own, and not one that may be a slip in the protected suffix.
        let is_shop = reading.doubt == Some(Doubt::Trade)
            && !is_tenant(labels.rest(at))
            && !reading.suffix.is_some_and(|it| one_edit_apart(labels.tld(), &it.text));
        let doubt = reading.doubt.filter(|doubt| *doubt != Doubt::Trade);
        let is_short = !reading.has_hyphen
            && reading.guess.is_none()
            && reading.names.iter().all(|entry| scene.index.name(entry).len() < 3)
            && reading.suffix.is_none_or(|suffix| suffix.labels == 1);
        let severity = match reading.class() {
            _ if !delegated => Severity::Warn,
            Class::Generic | Class::Weak => Severity::Notice,
            _ if is_shop || is_short => Severity::Notice,
            _ if matches!(doubt, Some(Doubt::EndsWord | Doubt::Continues)) => Severity::Notice,
            _ if doubt.is_some() && registry::is_other_country(labels.tld()) => Severity::Notice,
            _ => Severity::Warn,
        };
        found.hit(Reason::SuffixGlued, severity, labels.span(at));
        if !is_shop {
            mean(scene.index, labels, at, &reading, found);
        }
        return;
    }
}

/// Adds the protected domains that the sender may have meant if the words before the name may be hosts, the
/// likeliest domain first.
fn mean_hosts(index: &Index, above: &str, reading: &Reading<'_>, found: &mut Lookalike) {
    let (Some(suffix), [entry]) = (reading.suffix, &reading.names[..]) else { return };
    let name = index.name(entry);
    let with = |host: &str| [above, host, ".", name, ".", &suffix.text].concat();
    match reading.hosts[..] {
        [.., host] if registry::is_telling_host(&[host, ".", name].concat()) => {
            found.mean(with(host));
            found.mean(with(&reading.hosts.join(".")));
        }
        [host] => {
            found.mean([above, name, ".", &suffix.text].concat());
            found.mean(with(host));
        }
        // Nobody can tell which host the sender meant.
        _ => {}
    }
}

/// The protected domains that a reading can mean, the likeliest first.
fn mean(
    index: &Index,
    labels: &Labels<'_>,
    at: usize,
    reading: &Reading<'_>,
    found: &mut Lookalike,
) {
    let hosts = labels.hosts(at);
    let Some(suffix) = reading.suffix else { return };
    let below = |name: &str| [hosts, name, ".", &suffix.text].concat();
    match reading.names[..] {
        _ if !reading.hosts.is_empty() && !reading.has_us => {
            mean_hosts(index, hosts, reading, found);
        }
        [] => match reading.guess.or(reading.unknown) {
            Some(name) => found.mean(below(name)),
            None => found.mean([hosts, &suffix.text].concat()),
        },
        [entry] => {
            let name = index.name(entry);
            let is_at_us = reading.has_us && index.suffix_of(entry).listed;
            if is_at_us {
                found.mean(below(&["us.", name].concat()));
            }
            if reading.has_mail && index.suffix_of(entry).listed && !is_at_us {
                found.mean(below(&["mail.", name].concat()));
            } else if !is_at_us || !entry.marks.service {
                found.mean(below(name));
            }
        }
        [host, entry] => {
            let (host, name) = (index.name(host), index.name(entry));
            if registry::is_telling_host(&[host, ".", name].concat()) {
                found.mean(below(&[host, ".", name].concat()));
            } else {
                found.mean(below(host));
                found.mean(below(name));
            }
        }
        _ => {}
    }
}
