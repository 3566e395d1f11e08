//! `confusable`: the domain reads like a protected one but is a different one: `аrmy.mil` with a
//! Cyrillic а, `army.rnil`, `arrny.mil`.

use super::super::{Labels, Lookalike, Scene};
use crate::detect::index::{Index, Suffix};
use crate::detect::{Reason, Severity};

/// Tries each protected suffix.
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    for suffix in scene.index.protected_suffixes() {
        examine_suffix(scene.index, scene.labels, suffix, found);
    }
}

/// A last label that reads like a protected suffix and is more than one edit away (`rnil`).
fn examine_suffix(index: &Index, labels: &Labels<'_>, suffix: &Suffix, found: &mut Lookalike) {
    let size = suffix.labels;
    let typed = labels.rest(size);
    if !found.hits.is_empty() || labels.len <= size || !suffix.reads_like(typed) {
        return;
    }
    let end = labels.domain.len();
    found.hit(Reason::Confusable, Severity::Warn, end - typed.len()..end);
    let name = labels.get(size);
    if let Some(meant) = index.nearest(name, suffix) {
        found.mean(labels.corrected(size, meant, suffix));
    }
}
