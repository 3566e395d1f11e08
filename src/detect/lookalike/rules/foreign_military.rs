//! `foreign-military`: another country's armed forces or ministry of defence: `eb.mil.br`,
//! `mod.uk`. The checker suggests nothing instead: a sender who writes there may well mean it.

use super::super::{Lookalike, Scene};
use crate::detect::{Reason, Severity};

/// Replaces all other findings, unless one of them is unmistakable (`us.army.mil.ru`).
pub(in crate::detect) fn whole(scene: &Scene<'_>, found: &mut Lookalike) {
    if !found.is_foreign || found.hits.iter().any(|hit| hit.reason == Reason::SuffixEmbedded) {
        return;
    }
    found.hits.clear();
    found.meant.clear();
    found.hit(Reason::ForeignMilitary, Severity::Notice, 0..scene.labels.domain.len());
}
