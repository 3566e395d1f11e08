//! `unregistered-domain`: an unregistered name below a protected suffix, one edit from a registered
//! name: `amry.mil`.
//!
//! The mail bounces or stays inside, and the public list of names is incomplete, so this is a
//! notice at most. Names of three letters and fewer have too many neighbours to suggest one.

use super::super::{Labels, Lookalike, Scene, Standing};
use crate::detect::edit::{Slip, slip};
use crate::detect::examined::MAX_CHOICES;
use crate::detect::index::{Form, Index, ProtectedName, Suffix, joined};
use crate::detect::{Reason, Severity};
use crate::registry::{self, Class};

/// The shortest name that the checker suggests, in letters. Shorter names are one edit from many
/// others, so the suggestion would often be wrong.
const MIN_SUGGESTED: usize = 4;

/// The shortest host, in letters, that counts as joined to the name of a service. With fewer letters, words
/// such as `enavy` would count too.
const MIN_HOST: usize = 3;

/// A domain below a protected suffix; `name` is the part before the suffix.
#[expect(clippy::too_many_lines, reason = "one kind of likeness after the other, the surest first")]
pub(in crate::detect::lookalike) fn examine(
    index: &Index,
    labels: &Labels<'_>,
    suffix: &Suffix,
    name: &str,
) -> Standing {
    let at = suffix.labels;
    let label = labels.get(at);
    let span = labels.span(at);
    let mut found = Lookalike::default();
    let below = |name: &str| labels.corrected(at, name, suffix);

    if !suffix.listed {
        return Standing::Protected { registered: true };
    }
    if name.is_empty() {
        found.hit(Reason::UnregisteredDomain, Severity::Notice, 0..labels.domain.len());
        return Standing::Lookalike(found);
    }
    for matched in index.lookup(label) {
        let Some(entry) = matched.entry else { continue };
        if index.suffix_of(entry).text != suffix.text {
            continue;
        }
        match matched.form {
            Form::Name => return Standing::Protected { registered: true },
            // `us.usaf` has the host `us` already, so the suggestion must not add another.
            Form::Us if labels.get(at + 1) == "us" => found.mean(below(index.name(entry))),
            Form::Us => found.mean(below(&["us.", index.name(entry)].concat())),
            Form::HostGlued => {}
            Form::Glued | Form::Reversed => found.mean(below(index.name(entry))),
            Form::Guess
                if !registry::is_seen_name(label) && index.neighbours(label, suffix).is_empty() =>
            {
                let guess = registry::guessed_name(label).unwrap_or_default();
                let is_at_us = labels.get(at + 1) == "us";
                let guess = guess.strip_prefix("us.").filter(|_| is_at_us).unwrap_or(guess);
                found.mean(below(guess));
            }
            Form::Suffix | Form::Domain | Form::Foreign | Form::Guess => continue,
        }
        found.hit(Reason::UnregisteredDomain, Severity::Notice, span.clone());
    }
    if found.hits.is_empty()
        && let Some(meant) = repair(index, labels, suffix, at)
    {
        found.hit(Reason::UnregisteredDomain, Severity::Notice, span.clone());
        found.mean(meant);
    }
    if !found.hits.is_empty() {
        return Standing::Lookalike(found);
    }

    // Public lists contain this name, so it exists, whatever it resembles.
    if suffix.listed && registry::is_seen_name(label) {
        return Standing::Protected { registered: false };
    }
    let neighbours = index.neighbours(label, suffix);
    let alike = index.lookup_skeleton(label, suffix);
    if neighbours.is_empty() {
        if let Some(entry) = alike {
            found.hit(Reason::Confusable, Severity::Warn, span);
            found.mean(below(index.name(entry)));
        } else if let Some((host, entry)) = split_host(index, label, suffix) {
            found.hit(Reason::UnregisteredDomain, Severity::Notice, span);
            found.mean(below(&[host, ".", index.name(entry)].concat()));
        } else if label.starts_with("xn--") {
            // No name below `.mil` is in another script.
            found.hit(Reason::UnregisteredDomain, Severity::Notice, span);
        }
    } else if label.len() >= 2 || service_at_us(labels, at, &neighbours).is_some() {
        found.hit(Reason::UnregisteredDomain, Severity::Notice, span);
        if let Some(service) = service_at_us(labels, at, &neighbours) {
            found.mean(below(index.name(service)));
        // A name that looks the same is closer than one that is an edit away.
        } else if let Some(entry) = alike.filter(|entry| index.name(entry).len() >= MIN_SUGGESTED) {
            found.mean(below(index.name(entry)));
        } else {
            mean_nearest(index, label, &neighbours, &mut found, below);
        }
    }
    if found.hits.is_empty() {
        Standing::Protected { registered: false }
    } else {
        Standing::Lookalike(found)
    }
}

/// The only service among `neighbours`, if the host before the label is `us`: no other name has that host.
pub(super) fn service_at_us<'a>(
    labels: &Labels<'_>,
    at: usize,
    neighbours: &[&'a ProtectedName],
) -> Option<&'a ProtectedName> {
    if labels.get(at + 1) != "us" {
        return None;
    }
    let mut services = neighbours.iter().filter(|entry| entry.marks.service);
    let only = services.next();
    only.filter(|_| services.next().is_none()).copied()
}

/// Adds the names that may have been meant: the only close one if the label is clearly a slip of it, or
/// the few that are equally close, the likeliest slip first.
pub(super) fn mean_nearest(
    index: &Index,
    label: &str,
    neighbours: &[&ProtectedName],
    found: &mut Lookalike,
    below: impl Fn(&str) -> String,
) {
    let is_long = |name: &&str| name.len() >= MIN_SUGGESTED;
    let names = || neighbours.iter().map(|entry| index.name(entry));
    let mut near: Vec<(Slip, &str)> = Vec::new();
    let add = |near: &mut Vec<_>, name| {
        let candidate = (slip(label, name), name);
        // A few names: the standard library's sort would be larger than this module.
        near.insert(near.partition_point(|other| *other < candidate), candidate);
    };
    names().filter(is_long).for_each(|name| add(&mut near, name));
    // Four letters that differ from an acronym in one letter are probably another acronym.
    if let [(Slip::Unlikely, name)] = near[..]
        && name.len() == MIN_SUGGESTED
        && neighbours.iter().all(|entry| entry.class < Class::Strong)
    {
        return;
    }
    // A shorter name that is equally close becomes a choice beside the longer ones.
    if !near.is_empty() && neighbours.len() > near.len() {
        let is_shorter = |name: &&str| (3..MIN_SUGGESTED).contains(&name.len());
        names().filter(is_shorter).for_each(|name| add(&mut near, name));
        if near.len() == 1 {
            return;
        }
    }
    for (_, name) in near.into_iter().take(MAX_CHOICES) {
        found.mean(below(name));
    }
}

/// The host and the name of a label that lacks the dot between them: `usace` and `army` for `usacearmy`.
pub(super) fn split_host<'a>(
    index: &'a Index,
    label: &'a str,
    suffix: &Suffix,
) -> Option<(&'a str, &'a ProtectedName)> {
    (1..label.len()).find_map(|at| {
        let (host, name) = label.split_at_checked(at)?;
        let host = host.strip_suffix('-').unwrap_or(host);
        let mut named = index.lookup(name).filter(|matched| matched.form == Form::Name);
        let entry = named.find_map(|matched| matched.entry)?;
        // `conusarmy`: a label that ends in the name of a service belongs to that service.
        let is_service =
            entry.class == Class::Strong && entry.marks.service && host.len() >= MIN_HOST;
        (index.suffix_of(entry).text == suffix.text
            && (is_service || registry::is_telling_host(&[host, ".", name].concat())))
        .then_some((host, entry))
    })
}

/// The domain without an extra dot inside a name (`ar.my.mil`) or a repeated suffix (`army.mil.mil`).
fn repair(index: &Index, labels: &Labels<'_>, suffix: &Suffix, at: usize) -> Option<String> {
    let (left, label) = (labels.get(at + 1), labels.get(at));
    if left.is_empty() {
        return None;
    }
    let named = |matched: crate::detect::index::Match<'_>| {
        let entry = matched.entry.filter(|_| matched.form == Form::Name)?;
        let known = entry.class > Class::Weak && index.suffix_of(entry).text == suffix.text;
        known.then(|| labels.corrected(at + 1, index.name(entry), suffix))
    };
    if label == suffix.text {
        return index.lookup(left).find_map(named);
    }
    let mut buffer = [0; 128];
    let whole = joined(&mut buffer, left, label);
    index.lookup(whole).find_map(named).filter(|_| whole.len() >= 4)
}

/// Tries the suffix of each protected domain of the policy.
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    if !scene.index.has_domains() {
        return;
    }
    for at in 1..scene.labels.len {
        if let Some(suffix) = scene.index.suffix_named(scene.labels.rest(at)) {
            examine_protected_domains(scene.index, scene.labels, suffix, found);
        }
    }
}

/// A domain under the suffix of a protected domain, which is not protected itself: `contracter.example`
/// where `contractor.example` is.
fn examine_protected_domains(
    index: &Index,
    labels: &Labels<'_>,
    suffix: &Suffix,
    found: &mut Lookalike,
) {
    if !found.hits.is_empty() {
        return;
    }
    let at = suffix.labels;
    let label = labels.get(at);
    let meant = |name: &str| labels.corrected(at, name, suffix);
    let neighbours = index.neighbours(label, suffix);
    if let Some(longest) = neighbours.iter().map(|entry| index.name(entry).len()).max() {
        // A name of three letters may belong to somebody. Two swapped letters, a doubled letter or a zero for an
        // O are more likely a slip.
        let is_likely = |entry: &&ProtectedName| slip(label, index.name(entry)) == Slip::Likely;
        let is_alike = index.lookup_skeleton(label, suffix).is_some();
        let severity = match longest {
            ..4 if is_alike || longest == 3 && neighbours.iter().all(is_likely) => Severity::Notice,
            ..4 => return,
            4 => Severity::Notice,
            _ => Severity::Warn,
        };
        found.hit(Reason::SuffixTypo, severity, labels.span(at));
        for entry in neighbours {
            found.mean(meant(index.name(entry)));
        }
    } else if let Some(entry) = index.lookup_skeleton(label, suffix)
        && index.name(entry).len() >= 3
    {
        let is_short = index.name(entry).len() < MIN_SUGGESTED;
        let severity = if is_short { Severity::Notice } else { Severity::Warn };
        found.hit(Reason::Confusable, severity, labels.span(at));
        found.mean(meant(index.name(entry)));
    }
}
