//! `malformed`: the checker never passes a text that it cannot read as clean. Where exactly one small repair leads to
//! a protected address (`bob@army mil`, `bob@army,mil`, `bob@army.mil'`), the checker suggests that
//! address.

use super::examined::Examined;
use super::lookalike::{self, Standing};
use super::{Checker, Reason, Severity, idn};
use crate::address::{self, Mailbox};
use crate::policy::Listed;
use crate::text::invisible::is_invisible;

/// The longest text to repair, in bytes; mistyped addresses are shorter.
const MAX_LEN: usize = 400;

/// The most `@` of a text to look at. Each costs a try, and no mistyped address has more.
const MAX_ATS: usize = 16;

/// A text that is not an address. `at` is the byte where the error is.
pub(super) fn malformed(checker: &Checker, text: &str, at: usize) -> Examined {
    let mut examined = Examined::default();
    let end = text.get(at..).and_then(|rest| rest.chars().next()).map(|c| at + c.len_utf8());
    examined.add(Reason::Malformed, Severity::Notice, end.map(|end| at..end), None);
    if text.len() <= MAX_LEN {
        repair(checker, text, &mut examined);
    }
    domains_in(checker, text, &mut examined);
    examined
}

/// Judges the domains that can be read nevertheless, because some systems deliver to
/// `bob..x@army.ml`.
fn domains_in(checker: &Checker, text: &str, examined: &mut Examined) {
    for (at, _) in text.match_indices('@').take(MAX_ATS) {
        let after = text.get(at + 1..).unwrap_or_default();
        let after = after.get(..after.floor_char_boundary(MAX_LEN)).unwrap_or(after);
        let end = after
            .find(|c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
        let domain = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
        let domain = domain.trim_end_matches('.');
        let Some(canonical) = idn::canonicalize(domain) else { continue };
        if checker.lists.listed("", &canonical.ascii) == Some(Listed::Deny) {
            let span = Some(at + 1..at + 1 + domain.len());
            examined.add(Reason::DeniedByPolicy, Severity::Block, span, None);
        }
        if let Standing::Lookalike(found) = idn::examine(&checker.index, &canonical).standing {
            for hit in found.hits.into_iter().filter(|hit| hit.severity >= Severity::Warn) {
                let span = Some(at + 1..at + 1 + domain.len());
                examined.add(hit.reason, hit.severity, span, None);
            }
        }
    }
}

/// `bob@army_mil`: the host name is possible, so this is malformed only if it reads as a protected
/// one.
pub(super) fn underscore(checker: &Checker, mailbox: &Mailbox) -> Option<Examined> {
    if !mailbox.domain.as_bytes().contains(&b'_') {
        return None;
    }
    let mut examined = Examined::default();
    let text = [mailbox.local_part.as_str(), "@", &mailbox.domain].concat();
    repair(checker, &text, &mut examined);
    if examined.meant.is_empty() {
        return None;
    }
    examined.add(Reason::Malformed, Severity::Notice, Some(mailbox.domain_span.clone()), None);
    Some(examined)
}

fn repair(checker: &Checker, text: &str, examined: &mut Examined) {
    // Of a mailbox with a display name, only the address is used.
    let core = text.rsplit_once('<').map_or(text, |(_, angle_addr)| angle_addr);
    let core = core.trim_matches(is_noise);
    let core = core.strip_prefix("mailto:").unwrap_or(core);
    if let Some((local_part, domain)) = core.rsplit_once('@') {
        let local_part = local_part.trim_end_matches(|c: char| c == '@' || c.is_whitespace());
        let local_part = local_part.trim_matches(is_noise);
        if address::is_dot_atom(local_part) {
            for (domain, is_near) in repaired_domains(domain) {
                try_domain(checker, local_part, &domain, is_near, examined);
            }
        }
    } else {
        for (local_part, domain) in repaired_ats(core) {
            try_domain(checker, local_part, &domain.to_ascii_lowercase(), false, examined);
        }
    }
}

/// Adds the address if its domain is a registered protected one; a look-alike of one counts as well
/// where `is_near` says that the repair changed next to nothing.
fn try_domain(
    checker: &Checker,
    local_part: &str,
    domain: &str,
    is_near: bool,
    examined: &mut Examined,
) {
    if address::split_plain(&[local_part, "@", domain].concat()).is_none() {
        return;
    }
    match lookalike::examine(&checker.index, domain) {
        Standing::Protected { registered: true } => {
            examined.add_meant([local_part, "@", domain].concat());
        }
        Standing::Lookalike(found) if is_near && examined.meant.is_empty() => {
            for hit in found.hits {
                examined.add(hit.reason, hit.severity, None, None);
            }
            for meant in
                found.meant.into_iter().filter(|meant| lookalike::is_sound(&checker.index, meant))
            {
                examined.add_meant([local_part, "@", &meant].concat());
            }
        }
        _ => {}
    }
}

/// A domain without noise, and the possible readings of characters that it cannot contain: a
/// separator typed instead of the dot, a key hit too often, a key beside the right one.
fn repaired_domains(domain: &str) -> Vec<(String, bool)> {
    let domain = domain.trim_matches(|c: char| is_noise(c) || c == '.').to_ascii_lowercase();
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_separator = |c: char| c == '.' || c.is_ascii() && !is_host(c);
    let dotted: Vec<&str> = domain.split(is_separator).filter(|it| !it.is_empty()).collect();
    let mut repaired = vec![(dotted.join("."), true)];
    let mut wrong = domain.char_indices().filter(|(_, c)| !is_host(*c));
    if let (Some((at, character)), None) = (wrong.next(), wrong.next()) {
        let left = domain.get(..at).unwrap_or_default();
        let right = domain.get(at + character.len_utf8()..).unwrap_or_default();
        repaired.push(([left, right].concat(), false));
        for key in ('a'..='z').chain('0'..='9').chain(['-']) {
            repaired.push(([left, key.encode_utf8(&mut [0; 4]), right].concat(), false));
        }
    }
    repaired
}

/// The possible readings of a text without `@`: another character of the same key, or the word.
fn repaired_ats(text: &str) -> impl Iterator<Item = (&str, &str)> {
    // Other characters of the key for `@` on US, UK, German and French keyboards, and what people
    // write instead of `@`.
    [
        "2", "\"", "'", "#", "q", "Q", "à", "!", "%", "&", " ", " at ", " AT ", "(at)", "[at]",
        "＠", "﹫",
    ]
    .into_iter()
    // Compares windows, because the standard library's search for a text would add 2 KB of code.
    .flat_map(move |at| {
        let windows = text.as_bytes().windows(at.len()).enumerate();
        let found = windows.filter(move |(_, window)| *window == at.as_bytes());
        found.map(move |(start, _)| (start, at.len()))
    })
    .filter_map(move |(start, length)| {
        Some((text.get(..start)?.trim(), text.get(start + length..)?.trim()))
    })
    .filter(|(local_part, _)| address::is_dot_atom(local_part))
}

/// Whether a character may surround an address without being a part of it.
fn is_noise(character: char) -> bool {
    character.is_whitespace()
        || is_invisible(character)
        || "<>()[]{}\"'`´,;:!?*|\\/“”‘’«»„".chars().any(|it| it == character)
}
