//! `unregistered-domain`: below a protected suffix, not a registered name, but one edit from one:
//! `amry.mil`.
//!
//! The mail bounces or stays inside, and the public list of names is incomplete, so this is worth a
//! line and no more. Names of three letters and fewer have too many neighbours to suggest one.

use super::super::index::{Form, Index, Suffix};
use super::{Labels, Lookalike, Standing};
use crate::detect::{Reason, Severity};
use crate::registry::Class;

/// The shortest name that a suggestion is made for.
const MIN_SUGGESTED: usize = 4;

/// A domain below a protected suffix; `name` is what stands before it.
pub(super) fn examine(index: &Index, labels: &Labels<'_>, suffix: &Suffix, name: &str) -> Standing {
    let at = suffix.text.split('.').count();
    let label = labels.get(at);
    let span = labels.span(at);
    let hosts = labels.hosts(at);
    let mut found = Lookalike::default();
    let below = |name: &str| [hosts, name, ".", &suffix.text].concat();

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
            Form::Us | Form::UsGlued => found.mean(below(&["us.", index.name(entry)].concat())),
            Form::Glued | Form::Reversed => found.mean(below(index.name(entry))),
            Form::Skeleton | Form::Suffix | Form::Foreign => continue,
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

    let neighbours = index.neighbours(label, suffix);
    if neighbours.is_empty() {
        if let Some(entry) = index.lookup_skeleton(label, suffix) {
            found.hit(Reason::Confusable, Severity::Warn, span);
            found.mean(below(index.name(entry)));
        }
    } else if label.len() >= 3 && neighbours.iter().any(|entry| index.name(entry).len() >= 3) {
        found.hit(Reason::UnregisteredDomain, Severity::Notice, span);
        if let [entry] = neighbours[..]
            && index.name(entry).len() >= MIN_SUGGESTED
        {
            found.mean(below(index.name(entry)));
        }
    }
    if found.hits.is_empty() {
        Standing::Protected { registered: false }
    } else {
        Standing::Lookalike(found)
    }
}

/// A dot too many inside a name (`ar.my.mil`), or the suffix twice (`army.mil.mil`).
fn repair(index: &Index, labels: &Labels<'_>, suffix: &Suffix, at: usize) -> Option<String> {
    let (left, label) = (labels.get(at + 1), labels.get(at));
    if left.is_empty() {
        return None;
    }
    let hosts = labels.hosts(at + 1);
    let named = |matched: super::super::index::Match<'_>| {
        let entry = matched.entry.filter(|_| matched.form == Form::Name)?;
        let known = entry.class > Class::Weak && index.suffix_of(entry).text == suffix.text;
        known.then(|| [hosts, index.name(entry), ".", &suffix.text].concat())
    };
    if label == suffix.text {
        return index.lookup(left).find_map(named);
    }
    index.lookup_joined(left, label).find_map(named).filter(|_| left.len() + label.len() >= 4)
}

/// A domain under the suffix of a protected domain, which is not protected itself: `contracter.example`
/// where `contractor.example` is.
pub(super) fn examine_protected_domains(
    index: &Index,
    labels: &Labels<'_>,
    suffix: &Suffix,
    name: &str,
    found: &mut Lookalike,
) {
    if !found.hits.is_empty() || name.is_empty() {
        return;
    }
    let at = suffix.text.split('.').count();
    let label = labels.get(at);
    let meant = |name: &str| [labels.hosts(at), name, ".", &suffix.text].concat();
    let neighbours = index.neighbours(label, suffix);
    if let Some(longest) = neighbours.iter().map(|entry| index.name(entry).len()).max() {
        let severity = match longest {
            ..4 => return,
            4 => Severity::Notice,
            _ => Severity::Warn,
        };
        found.hit(Reason::SuffixTypo, severity, labels.span(at));
        for entry in neighbours {
            found.mean(meant(index.name(entry)));
        }
    } else if let Some(entry) = index.lookup_skeleton(label, suffix)
        && index.name(entry).len() >= MIN_SUGGESTED
    {
        found.hit(Reason::Confusable, Severity::Warn, labels.span(at));
        found.mean(meant(index.name(entry)));
    }
}
