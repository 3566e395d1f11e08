//! `persona-local-part`: the DoD shows a person's role in the local part (`jane.m.doe.civ@`,
//! `.ctr@`, `.mil@`), in the form of its enterprise mail names. Outside a protected domain such a
//! local part is odd.

use super::examined::Examined;
use super::located::Located;
use super::{Reason, Severity};

/// The codes for civilian, contractor, military, non-appropriated fund and foreign guest.
const PERSONAS: [&str; 5] = ["civ", "ctr", "mil", "naf", "nfg"];

/// The codes for foreign military, foreign national, local national, non-governmental organisation, retired and
/// volunteer. They occur in other addresses too (`radio.jazz.fm@`), so the name must have a middle initial or a
/// number.
const RARE_PERSONAS: [&str; 6] = ["fm", "fn", "ln", "ngo", "ret", "vol"];

/// Words that come before a surname: `jan.van.mil@`.
const PARTICLES: [&str; 14] =
    ["af", "al", "da", "de", "del", "den", "der", "di", "du", "la", "le", "ter", "van", "von"];

/// Whether the last word of a local part is one of the codes, so that [`examine`] may have a finding.
pub(crate) fn has_code(local_part: &[u8]) -> bool {
    let Some(dot) = local_part.iter().rposition(|&byte| byte == b'.') else { return false };
    let word = local_part.get(dot + 1..).unwrap_or_default();
    matches!(word.len(), 2 | 3) && (is_of(&PERSONAS, word) || is_of(&RARE_PERSONAS, word))
}

fn is_of(codes: &[&str], word: &[u8]) -> bool {
    codes.iter().any(|code| code.as_bytes().eq_ignore_ascii_case(word))
}

/// Examines the local part of a mailbox outside protected domains.
pub(super) fn examine(located: &Located<'_>, examined: &mut Examined) {
    let local_part = located.local_part;
    if !has_code(local_part.as_bytes()) {
        return;
    }
    let Some((before, persona)) = local_part.rsplit_once('.') else { return };
    // `jane.doe.4.ctr`: the DoD numbers people of the same name.
    let is_number = |word: &str| word.len() <= 4 && word.bytes().all(|it| it.is_ascii_digit());
    let numbered = before.rsplit_once('.').filter(|(_, number)| is_number(number));
    let name = numbered.map_or(before, |(name, _)| name);
    // The name must have a first name and a surname: `emily.mil@` and `call.ctr@` are names of
    // their own.
    let Some((first, surname)) = name.rsplit_once('.') else { return };
    let has_initial = first.rsplit_once('.').is_some_and(|(_, initial)| initial.len() == 1);
    if is_of(&RARE_PERSONAS, persona.as_bytes()) && numbered.is_none() && !has_initial {
        return;
    }
    let is_name = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'\''))
    };
    // `emily.j.mil@`: a middle initial, after which comes the surname. No surname is `civ`, or has a number before it, and a
    // look-alike domain is reason enough.
    let is_surname = ["mil", "ctr"].iter().any(|it| it.eq_ignore_ascii_case(persona))
        && numbered.is_none()
        && !examined.judged.iter().any(|judged| judged.finding.reason.is_lookalike());
    if surname.len() == 1 && is_surname
        || PARTICLES.iter().any(|it| it.eq_ignore_ascii_case(surname))
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
