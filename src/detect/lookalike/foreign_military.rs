//! `foreign-military`: another country's armed forces or ministry of defence: `eb.mil.br`,
//! `mod.uk`. Never "corrected": whoever writes there may well mean it.

use super::{Labels, Lookalike};
use crate::detect::{Reason, Severity};

/// Called for a domain that belongs to another country's military. Only unmistakable evidence
/// (`us.army.mil.ru`) stands beside it.
pub(super) fn examine(labels: &Labels<'_>, found: &mut Lookalike) {
    if found.hits.iter().any(|hit| hit.reason == Reason::SuffixEmbedded) {
        return;
    }
    found.hits.clear();
    found.meant.clear();
    found.hit(Reason::ForeignMilitary, Severity::Notice, 0..labels.domain.len());
}
