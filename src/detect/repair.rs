//! `malformed`: a text that the checker cannot read never passes. Where exactly one small repair leads to a protected
//! address (`bob@army mil`, `bob@army,mil`, `bob@army.mil'`), the checker suggests that address.

use super::examined::Examined;
use super::index::Index;
use super::lookalike::{self, Standing};
use super::{Checker, Reason, Severity, idn};
use crate::address::{self, Mailbox};
use crate::policy::Listed;
use crate::registry;
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
        let end = after.find(|c: char| {
            is_mark(c) || c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '.')
        });
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
    let plain = spelled(after_angle(text));
    let core = after_angle(&plain).trim_matches(is_noise);
    let core = core.strip_prefix("mailto:").unwrap_or(core);
    if let Some((local_part, domain)) = core.rsplit_once('@') {
        let local_part = local_part.trim_end_matches(|c: char| c == '@' || c.is_whitespace());
        let local_part = after_heading(local_part);
        let local_part = local_part.trim_matches(|c: char| c == '.' || is_noise(c));
        // `Bob at Navy` says where Bob works.
        let is_address = domain.as_bytes().contains(&b'.')
            || !text.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b" at "));
        if address::is_dot_atom(local_part) {
            let mut is_found = false;
            for (domain, is_near) in repaired_domains(&checker.index, domain) {
                let is_near = is_near && is_address && !is_found;
                is_found |= try_domain(checker, local_part, &domain, is_near, examined);
            }
        }
    } else {
        for (local_part, domain) in repaired_ats(core) {
            try_domain(checker, local_part, &domain.to_ascii_lowercase(), false, examined);
        }
    }
}

/// The text after the last `<`, if the text contains one.
fn after_angle(text: &str) -> &str {
    text.rsplit_once('<').map_or(text, |(_, angle_addr)| angle_addr)
}

/// Adds the address if its domain is a registered protected one; a look-alike of one counts as well
/// where `is_near` says that the repair changed next to nothing. Returns whether it is such a look-alike.
fn try_domain(
    checker: &Checker,
    local_part: &str,
    domain: &str,
    is_near: bool,
    examined: &mut Examined,
) -> bool {
    if address::split_plain(&[local_part, "@", domain].concat()).is_none() {
        return false;
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
            return true;
        }
        _ => {}
    }
    false
}

/// The texts, in lower case, that stand for an `@`, a dot or a blank where people write addresses out or
/// programs encode them.
const SPELLED: [(&str, &str); 18] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("%40", "@"),
    ("&#64;", "@"),
    (" at ", "@"),
    ("(at)", "@"),
    ("[at]", "@"),
    ("{at}", "@"),
    ("(@)", "@"),
    ("[@]", "@"),
    ("＠", "@"),
    ("﹫", "@"),
    (" dot ", "."),
    ("(dot)", "."),
    ("[dot]", "."),
    ("{dot}", "."),
    ("(.)", "."),
    ("[.]", "."),
];

/// Replaces written-out and encoded signs: `bob AT army DOT mil`, `bob[at]army[.]mil` and `bob%40army.mil`
/// become `bob@army.mil`. If the text has an `@` already, no word becomes a second one.
fn spelled(text: &str) -> String {
    let has_at = text.as_bytes().contains(&b'@');
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let is_there = |(form, sign): &&(&str, &str)| {
            let start = rest.as_bytes().get(..form.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(form.as_bytes()))
                && !(has_at && *sign == "@" && !form.as_bytes().contains(&b'@'))
        };
        if let Some((form, sign)) = SPELLED.iter().find(is_there) {
            plain.truncate(plain.trim_end().len());
            plain.push_str(sign);
            rest = rest.get(form.len()..).unwrap_or_default().trim_start();
        } else {
            plain.push(character);
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
    }
    plain
}

/// The local part without a heading before it: `bob` for `E-mail: bob`, `• bob` and `Bob Smith - bob`. A heading
/// ends in a mark or in punctuation, and holds no other address.
fn after_heading(local_part: &str) -> &str {
    // The standard library's tables of letters would be larger than this module.
    let ends_heading = |c: char| is_mark(c) || c.is_ascii_punctuation();
    match local_part.rsplit_once(' ') {
        Some((heading, last))
            if heading.trim_end().ends_with(ends_heading)
                && !heading.as_bytes().contains(&b'@') =>
        {
            last
        }
        _ => local_part,
    }
}

/// A domain without noise or what follows it, and the possible readings of characters that it cannot
/// contain: a separator typed instead of the dot, a key hit too often, a key beside the right one.
fn repaired_domains(index: &Index, domain: &str) -> Vec<(String, bool)> {
    let domain = domain.trim_matches(|c: char| is_noise(c) || c == '.').to_ascii_lowercase();
    let after_scheme = domain.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    let domain = before_remark(after_scheme.unwrap_or(&domain));
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_separator = |c: char| c == '.' || c.is_ascii() && !is_host(c);
    let dotted: Vec<&str> = domain.split(is_separator).filter(|it| !it.is_empty()).collect();
    let plain = domain.split(|c: char| !is_host(c)).next().unwrap_or(domain).to_owned();
    // `army.ml phone 555`: the text after a whole domain does not belong to it. In `us.af ml`, the ending does.
    let is_whole = plain
        .rsplit_once('.')
        .is_some_and(|(_, last)| registry::is_tld(last) && index.listed(last).is_none());
    let dotted = dotted.join(".");
    // `army.mil?subject=Orders`, `army.mil tel. 555`: a domain that is right as it is comes first, and a right one
    // before a look-alike.
    let mut repaired = vec![(plain.clone(), false), (dotted.clone(), false)];
    if is_whole {
        repaired.push((plain, true));
    }
    repaired.push((dotted, true));
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

/// The domain without a remark after it: `army.ml` for `army.ml - bob` and `army.ml (work)`.
fn before_remark(domain: &str) -> &str {
    let is_remark = |(at, character): &(usize, char)| {
        let after = domain.as_bytes().get(at + 1);
        *character == ' ' && after.is_some_and(|byte| b"-/|([".contains(byte))
    };
    domain.char_indices().find(is_remark).and_then(|(at, _)| domain.get(..at)).unwrap_or(domain)
}

/// The possible readings of a text without `@`: one of its characters was typed on the same key instead.
fn repaired_ats(text: &str) -> impl Iterator<Item = (&str, &str)> {
    // Other characters of the key for `@` on US, UK, German and French keyboards.
    ["2", "\"", "'", "#", "q", "Q", "à", "!", "%", "&", " "]
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
        || is_mark(character)
        || "<>()[]{}\"'`´,;:!?*|\\/".chars().any(|it| it == character)
}

/// Whether a character is a quotation mark, bullet, dash or stop of running text. No host name contains one,
/// although UTS #46 lets some pass.
pub(super) fn is_mark(character: char) -> bool {
    "“”„‟‘’‚‛«»‹›…、•·–—".chars().any(|it| it == character)
}
