//! Domains in other scripts, and how a person reads them.

use std::ops::Range;

use super::index::Index;
use super::lookalike::{self, Hit, Lookalike, Standing};
use super::{Reason, Severity};
use crate::address;
use crate::domain::{self, Canonical};

/// Stands for a character that resembles no letter, digit, hyphen or dot.
const UNLIKE: char = '?';

/// A domain, and how it reads.
pub(super) struct Seen {
    pub(super) standing: Standing,
    /// The text in which the spans of `standing` count. It has as many labels as the domain.
    pub(super) spanned: String,
}

/// The canonical form. If only an A-label cannot be decoded, the domain as written: such names are
/// registered, and the DNS accepts them.
pub(super) fn canonicalize(domain: &str) -> Option<Canonical> {
    domain::canonicalize(domain).or_else(|| {
        let plain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        // `split_plain` refuses `xn--`, so it sees digits in the place of hyphens.
        let masked = plain.replace('-', "0");
        address::split_plain(&["a@", &masked].concat())?;
        Some(Canonical { ascii: plain.clone(), unicode: plain })
    })
}

/// Compares a domain with the protected ones, in its spelling and in the spelling that a person
/// reads.
pub(super) fn examine(index: &Index, canonical: &Canonical) -> Seen {
    let ascii = canonical.ascii.as_str();
    let standing = lookalike::examine(index, ascii);
    // Below a protected name in ASCII, a host may have any name.
    let genuine = matches!(standing, Standing::Protected { .. })
        && index
            .below_suffix(ascii)
            .is_some_and(|name| !name.split('.').any(lookalike::is_a_label));
    if genuine || canonical.unicode.is_ascii() {
        return Seen { standing, spanned: ascii.to_owned() };
    }
    // A character that resembles no ASCII character counts as wrong.
    let folded: String = domain::fold(&canonical.unicode)
        .chars()
        .map(|character| if character.is_ascii() { character } else { UNLIKE })
        .collect();
    let Some(mut found) = confusable(index, &canonical.unicode, &folded, &standing) else {
        return Seen { standing, spanned: ascii.to_owned() };
    };
    for meant in found.meant.iter_mut().filter(|meant| meant.chars().any(|c| c == UNLIKE)) {
        // A host label in another script is kept as it is.
        let restored = meant.split('.').map(|label| {
            let mut both = folded.split('.').zip(ascii.split('.'));
            both.find(|(folded, _)| *folded == label).map_or(label, |(_, ascii)| ascii)
        });
        let restored: Vec<&str> = restored.collect();
        *meant = restored.join(".");
    }
    Seen { standing: Standing::Lookalike(found), spanned: folded }
}

/// Judges a domain with characters that read as ASCII: a person reads it as another domain. Spans
/// count in `folded`.
fn confusable(
    index: &Index,
    unicode: &str,
    folded: &str,
    standing: &Standing,
) -> Option<Lookalike> {
    let mut found = match lookalike::examine(index, folded) {
        // A name in another script below `.mil` itself: it is not registered, and resembles no
        // registered one.
        Standing::Protected { .. }
            if folded.chars().any(|c| c == UNLIKE)
                && matches!(standing, Standing::Protected { .. }) =>
        {
            return None;
        }
        Standing::Protected { .. } => {
            Lookalike { meant: vec![folded.to_owned()], ..Lookalike::default() }
        }
        Standing::Lookalike(found)
            if found.hits.iter().any(|hit| {
                hit.severity >= Severity::Warn || hit.reason == Reason::UnregisteredDomain
            }) || matches!(standing, Standing::Protected { .. }) =>
        {
            found
        }
        Standing::Lookalike(_) | Standing::Unrelated => return None,
    };
    // The labels that read as something else.
    let mut start = 0;
    let mut span: Option<Range<usize>> = None;
    for (seen, read) in unicode.split('.').zip(folded.split('.')) {
        if seen != read {
            span = Some(span.map_or(start, |span| span.start)..start + read.len());
        }
        start += read.len() + 1;
    }
    found.hits.retain(|hit| hit.reason != Reason::Confusable);
    let span = span.unwrap_or(0..folded.len());
    found.hits.insert(0, Hit { reason: Reason::Confusable, severity: Severity::Warn, span });
    Some(found)
}
