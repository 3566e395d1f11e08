//! `suffix-typo`: the ending after the name is a near miss of its suffix: `army.ml`, `us.af.mli`.
//!
//! Of the 181 strings of letters one edit from `mil` only `il`, `mit`, `ml` and `ril` are top-level
//! domains. After one of these a protected name is needed, and a generic one (`health.ml`) is not
//! enough for a warning; any other near miss cannot be anyone's domain.

use super::super::{Hit, Labels, Lookalike, Scene, Sighting};
use super::unregistered_domain::{mean_nearest, service_at_us, split_host};
use crate::detect::edit::{Slip, one_edit_apart, slip, two_edits_apart};
use crate::detect::index::{Form, Index, ProtectedName, Suffix, joined};
use crate::detect::{Reason, Severity};
use crate::domain::is_private_suffix;
use crate::registry::{self, Class};

/// A protected name before a near miss of its own suffix.
pub(in crate::detect) fn at_name(sighting: &Sighting<'_>, found: &mut Lookalike) {
    if !sighting.stands_for_name() {
        return;
    }
    let (rest, suffix) = (sighting.rest(), sighting.suffix.text.as_str());
    let Some(distance) = distance(rest, suffix) else { return };
    let delegated = registry::is_tld(sighting.labels.tld());
    let severity = match distance {
        Distance::One | Distance::Dots if !delegated => Severity::Warn,
        // Two edits may lead to another real domain. If no such domain exists, only a mistype
        // explains the address.
        Distance::Two | Distance::RunOn if delegated => return,
        Distance::Two | Distance::RunOn if is_private_suffix(rest) => return,
        // `airforce.milkr` may be another country's, with a dot too few.
        Distance::Two | Distance::RunOn if sighting.is_shared_guess() => return,
        Distance::Two if sighting.class() <= Class::Generic => return,
        Distance::Two | Distance::RunOn => Severity::Warn,
        Distance::One | Distance::Dots if sighting.is_shared_guess() => Severity::Notice,
        Distance::One | Distance::Dots => match sighting.class() {
            Class::Weak | Class::Generic if !sighting.has_host() => Severity::Notice,
            // Any two country codes that share a letter are one edit apart.
            _ if suffix.len() < 3 && !is_transposed(rest, suffix) => Severity::Notice,
            _ => Severity::Warn,
        },
    };
    let reason =
        if matches!(distance, Distance::RunOn) { Reason::SuffixGlued } else { Reason::SuffixTypo };
    found.hit(reason, severity, sighting.rest_span());
    if sighting.class() > Class::Weak {
        found.mean(sighting.meant());
    }
}

/// A near miss of a protected suffix without a known name before it.
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    examine_moved_dot(scene.index, scene.labels, found);
    examine_unknown(scene.index, scene.labels, found);
    examine_glued(scene.index, scene.labels, found);
    for suffix in scene.index.protected_suffixes().iter().filter(|suffix| suffix.labels > 1) {
        examine_category(scene.labels, suffix, found);
        examine_run_on(scene.labels, suffix, found);
    }
}

/// `mod.co.uk` for `mod.uk`: the sender added a category of the country's registry. A first label
/// of one or two letters proves nothing, since anybody may have it.
fn examine_category(labels: &Labels<'_>, suffix: &Suffix, found: &mut Lookalike) {
    let Some((first, country)) = suffix.text.split_once('.') else { return };
    if !found.hits.is_empty() || suffix.labels != 2 || first.len() < 3 || labels.len < 3 {
        return;
    }
    let is_category = registry::public_suffix_labels(labels.domain) == 2;
    if !is_category || labels.tld() != country || labels.get(2) != first {
        return;
    }
    let has_host = !matches!(labels.get(3), "" | "www");
    let severity = if has_host { Severity::Warn } else { Severity::Notice };
    found.hit(Reason::SuffixTypo, severity, labels.span(1));
    found.mean([labels.hosts(2), &suffix.text].concat());
}

/// `army.mod.ukcom`: the suffix and the next word without a dot between them, where that is not a domain.
fn examine_run_on(labels: &Labels<'_>, suffix: &Suffix, found: &mut Lookalike) {
    let typed = labels.rest(suffix.labels);
    let is_run_on = typed.len() > suffix.text.len() && typed.starts_with(&suffix.text);
    if !found.hits.is_empty() || !is_run_on || registry::is_tld(labels.tld()) {
        return;
    }
    let end = labels.domain.len();
    found.hit(Reason::SuffixGlued, Severity::Warn, end - typed.len()..end);
    found.mean([labels.hosts(suffix.labels - 1), &suffix.text].concat());
}

/// An unknown name before a near miss of a protected suffix.
fn examine_unknown(index: &Index, labels: &Labels<'_>, found: &mut Lookalike) {
    // A domain that nobody can own weighs more than a hint elsewhere in it: `unit.mil.mli`.
    if is_explained(labels, found) {
        return;
    }
    for suffix in index.protected_suffixes() {
        // The sender may have lost a dot (`moduk`) or added one (`mi.l`).
        for size in suffix.labels.saturating_sub(1).max(1)..=suffix.labels + 1 {
            if labels.len > size || (labels.len == size && size > 1) {
                unknown_before(index, labels, suffix, size, found);
            }
        }
        run_into_suffix(labels, suffix, found);
    }
}

/// Whether the findings so far suffice: a near miss adds nothing to a warning, and to a notice only
/// if the domain cannot be anyone's.
fn is_explained(labels: &Labels<'_>, found: &Lookalike) -> bool {
    let has_warning = |hit: &Hit| hit.severity >= Severity::Warn;
    !found.hits.is_empty() && (found.hits.iter().any(has_warning) || registry::is_tld(labels.tld()))
}

fn unknown_before(
    index: &Index,
    labels: &Labels<'_>,
    suffix: &Suffix,
    size: usize,
    found: &mut Lookalike,
) {
    let typed = labels.rest(size);
    if !one_edit_apart(typed, &suffix.text) || is_explained(labels, found) {
        return;
    }
    let delegated = registry::is_tld(labels.tld());
    let name = labels.get(size);
    if delegated && suffix.labels == 1 && (name.len() < 3 || size > 1) {
        return;
    }
    // `gov.ua` is not `gov.uk` mistyped, because others register names there.
    if delegated
        && size > 1
        && (registry::public_suffix_labels(typed) == size || is_registry(typed))
    {
        return;
    }
    let neighbours = index.neighbours(name, suffix);
    let service = service_at_us(labels, size, &neighbours);
    // `arnny.ml`: a name that reads like a protected one, and is more than one edit from all of them.
    let is_clear = |entry: &&ProtectedName| {
        neighbours.is_empty() && entry.class > Class::Generic && index.name(entry).len() > 3
    };
    let alike = index.lookup_skeleton(name, suffix).filter(is_clear);
    let joined_host =
        if suffix.listed && neighbours.is_empty() { split_host(index, name, suffix) } else { None };
    let severity = if !delegated {
        Severity::Warn
    } else if suffix.labels > 1
        // Two slips at once (`amry.ml`) are a notice, since the mail can reach a stranger.
        || neighbours.iter().any(|entry| is_telling(name, index.name(entry), entry.class))
        || service.is_some()
        || alike.is_some()
        || joined_host.is_some_and(|(host, entry)| {
            host == "mail" || registry::is_telling_host(&[host, ".", index.name(entry)].concat())
        })
    {
        Severity::Notice
    } else {
        return;
    };
    let end = labels.domain.len();
    found.hit(Reason::SuffixTypo, severity, end - typed.len()..end);
    if typed == "mail" && neighbours.is_empty() {
        // `yandex.mail` may instead lack its `.ru`.
        return;
    }
    let below = |name: &str| labels.corrected(size, name, suffix);
    if labels.len == size {
        found.mean(suffix.text.clone());
    } else if let Some(service) = service {
        found.mean(below(index.name(service)));
    } else if let Some((host, entry)) = joined_host {
        found.mean(below(&[host, ".", index.name(entry)].concat()));
    } else if let Some(meant) = index.nearest(name, suffix) {
        found.mean(below(meant));
    } else if neighbours.len() > 1 {
        mean_nearest(index, name, &neighbours, found, below);
    }
}

/// `gov.ru`: a category below a country that the list of public suffixes does not have.
fn is_registry(typed: &str) -> bool {
    typed
        .split_once('.')
        .is_some_and(|(category, country)| country.len() == 2 && registry::is_category(category))
}

/// `armymod.uk`: the dot before a suffix with several labels is missing.
fn run_into_suffix(labels: &Labels<'_>, suffix: &Suffix, found: &mut Lookalike) {
    if suffix.labels == 1 || !found.hits.is_empty() {
        return;
    }
    let Some(before) = labels.domain.strip_suffix(&suffix.text) else { return };
    if before.is_empty() || before.ends_with('.') {
        return;
    }
    let first = suffix.text.split('.').next().unwrap_or_default();
    // `electric.gov` ends in `ic.gov`, as many words do.
    if first.len() < 3 && !before.ends_with('-') {
        return;
    }
    let span = labels.span(suffix.labels - 1);
    found.hit(Reason::SuffixGlued, Severity::Notice, span);
    found.mean([before.trim_end_matches('-'), ".", &suffix.text].concat());
}

/// The last dot is missing and a letter is wrong: `us.armyml`, `us.amrymil`. Only if the last label
/// is not a top-level domain.
fn examine_glued(index: &Index, labels: &Labels<'_>, found: &mut Lookalike) {
    let label = labels.tld();
    for suffix in index.protected_suffixes().iter().filter(|suffix| suffix.listed) {
        let length = suffix.text.len();
        for end in (length - 1..=length + 1).filter(|end| end + 2 <= label.len()) {
            let Some((name, typed)) = label.split_at_checked(label.len() - end) else { continue };
            let name = name.strip_suffix('-').unwrap_or(name);
            let meant = if one_edit_apart(typed, &suffix.text) {
                let mut named = index.lookup(name).filter(|it| it.form == Form::Name);
                named.find_map(|matched| matched.entry)
            } else if typed == suffix.text {
                let [only] = index.neighbours(name, suffix)[..] else { continue };
                Some(only)
            } else {
                None
            };
            let is_clear = |entry: &&ProtectedName| match entry.class {
                Class::Strong => name.len() >= 4,
                Class::Plain if name.len() >= 4 => typed != suffix.text,
                _ => entry.marks.service && labels.get(1) == "us",
            };
            let Some(entry) = meant.filter(is_clear) else { continue };
            if found.hits.is_empty() && !registry::is_tld(label) {
                found.hit(Reason::SuffixGlued, Severity::Warn, labels.span(0));
                found.mean(labels.corrected(0, index.name(entry), suffix));
            }
        }
    }
}

/// The last dot is one character too far left or right: `armym.il`, `arm.ymil`.
fn examine_moved_dot(index: &Index, labels: &Labels<'_>, found: &mut Lookalike) {
    if !found.hits.is_empty() || labels.len < 2 || !index.may_end_glued(labels.tld()) {
        return;
    }
    let mut buffer = [0; 128];
    for matched in index.lookup(joined(&mut buffer, labels.get(1), labels.tld())) {
        let (Some(entry), Form::Glued | Form::HostGlued) = (matched.entry, matched.form) else {
            continue;
        };
        let (name, suffix) = (index.name(entry), index.suffix_of(entry));
        if name.len() < 3 && labels.get(2) != "us" {
            continue;
        }
        let span = labels.span(1).start..labels.domain.len();
        let severity = if entry.class > Class::Generic { Severity::Warn } else { Severity::Notice };
        found.hit(Reason::SuffixTypo, severity, span);
        if matched.form == Form::Glued {
            found.mean(labels.corrected(1, name, suffix));
        }
    }
}

enum Distance {
    One,
    Two,
    /// Right letters, with dots inside: `mi.l`.
    Dots,
    /// The suffix and the next word without a separator: `milcom`.
    RunOn,
}

fn distance(rest: &str, suffix: &str) -> Option<Distance> {
    if rest.is_empty() || (rest.len() > 2 * suffix.len() && !rest.starts_with(suffix)) {
        None
    } else if one_edit_apart(rest, suffix) {
        Some(if rest.as_bytes().contains(&b'.') && !suffix.as_bytes().contains(&b'.') {
            Distance::Dots
        } else {
            Distance::One
        })
    } else if rest.as_bytes().contains(&b'.') {
        // `m.i.l`, and `co.u.k` if the suffix itself has dots.
        let same = rest.bytes().filter(|b| *b != b'.').eq(suffix.bytes().filter(|b| *b != b'.'));
        same.then_some(Distance::Dots)
    } else if suffix.len() >= 3 && two_edits_apart(rest, suffix) {
        Some(Distance::Two)
    } else if rest.starts_with(suffix) && (suffix.len() >= 3 || rest.len() >= suffix.len() + 3) {
        // `nlcom` may be `nl` and `com`; the rest of a word such as `nlx` is too short to be a word.
        Some(Distance::RunOn)
    } else {
        None
    }
}

fn is_transposed(rest: &str, suffix: &str) -> bool {
    rest.bytes().rev().eq(suffix.bytes())
}

/// Whether a typed name is so close to a protected one that it is unlikely to be chance. Of the 5,207 names below
/// `.ml` in lists of real domains, two are this close.
fn is_telling(typed: &str, name: &str, class: Class) -> bool {
    let slip = slip(typed, name);
    match class {
        Class::Strong => name.len() >= 4,
        Class::Plain if name.len() >= 5 => true,
        Class::Plain if typed.len() + name.len() > 6 => slip <= Slip::Possible,
        Class::Plain => slip == Slip::Likely && name.len() >= 3,
        // `mali.ml` is Mali itself, and not a slip of `mail`.
        Class::Generic => slip == Slip::Likely && name.len() >= 4 && typed != "mali",
        Class::Weak => false,
    }
}
