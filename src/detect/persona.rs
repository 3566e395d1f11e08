//! `persona-local-part`: the DoD shows a person's role in the local part (`jane.m.doe.civ@`,
//! `.ctr@`, `.mil@`), in the form of its enterprise mail names. Outside a protected domain such a
//! local part is odd.

use super::examined::Examined;
use super::located::Located;
use super::{Reason, Severity};

/// Civilian, contractor, military, non-appropriated fund.
const PERSONAS: [&str; 4] = ["civ", "ctr", "mil", "naf"];

/// Words that come before a surname: `jan.van.mil@`.
const PARTICLES: [&str; 14] =
    ["af", "al", "da", "de", "del", "den", "der", "di", "du", "la", "le", "ter", "van", "von"];

/// Examines the local part of a mailbox outside protected domains.
pub(super) fn examine(located: &Located<'_>, examined: &mut Examined) {
    let local_part = located.local_part;
    let Some((before, persona)) = local_part.rsplit_once('.') else { return };
    if !PERSONAS.iter().any(|it| it.eq_ignore_ascii_case(persona)) {
        return;
    }
    // The name must have a first name and a surname: `emily.mil@` and `call.ctr@` are names of
    // their own.
    let Some((first, surname)) = before.rsplit_once('.') else { return };
    let is_name = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'\''))
    };
    if PARTICLES.iter().any(|it| it.eq_ignore_ascii_case(surname))
        || !is_name(surname)
        || !first.split('.').all(is_name)
    {
        return;
    }
    // A look-alike domain after such a local part is no coincidence.
    for judged in &mut examined.judged {
        if judged.finding.reason.is_lookalike() {
            judged.severity = judged.severity.max(Severity::Warn);
        }
    }
    let span = located.map_local(&(before.len()..local_part.len()));
    examined.add(Reason::PersonaLocalPart, Severity::Notice, Some(span), None);
}
