//! `name-mismatch`: the text beside the address (display name, comment, quoted local part) shows a
//! protected address, but the mail goes elsewhere: `"bob@army.mil" <bob@evil.example>`.

use super::examined::Examined;
use super::lookalike::{self, Standing};
use super::repair::is_mark;
use super::{Checker, Reason, Severity};
use crate::text::invisible::is_invisible;
use crate::{address, domain};

/// The shortest domain below a suffix: `a.b`.
const MIN_DOMAIN: usize = 3;

/// How many bytes of each text are read: more than any display name holds.
const MAX_SHOWN: usize = 1_000;

/// Looks for protected addresses in `texts`, the texts beside a mailbox outside protected domains.
pub(super) fn examine(checker: &Checker, texts: &[&str], examined: &mut Examined) {
    for shown in texts.iter().flat_map(|text| addresses(text)) {
        let (local_part, domain) = shown.rsplit_once(is_at).unwrap_or(("", shown));
        let domain = domain.trim_start_matches('.');
        // In `bob@army.mil's phone`, the address ends before the apostrophe.
        let domain = domain.split('\'').next().unwrap_or(domain);
        if domain.len() < MIN_DOMAIN {
            continue;
        }
        let Some(domain) = domain::canonicalize(domain).map(|it| it.ascii) else { continue };
        if !matches!(lookalike::examine(&checker.index, &domain), Standing::Protected { .. }) {
            continue;
        }
        examined.add(Reason::NameMismatch, Severity::Warn, None, None);
        // If there is another finding, the address itself shows better what was meant.
        let is_sound = lookalike::is_sound(&checker.index, &domain);
        if examined.judged.len() == 1 && is_sound && address::is_dot_atom(local_part) {
            examined.add_meant([local_part, "@", &domain].concat());
        }
    }
}

/// The words that read as an address or the end of one: `bob@army.mil`, `@army.mil`, `.army.mil`.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let text = text.get(..text.floor_char_boundary(MAX_SHOWN)).unwrap_or(text);
    let is_break =
        |c: char| c.is_whitespace() || is_mark(c) || "<>()[]{}\",;:|!?/*".chars().any(|it| it == c);
    text.split(is_break)
        .filter(|word| word.chars().any(is_at) || word.starts_with('.'))
        .map(|word| word.trim_matches(is_noise))
}

/// Whether a character reads as `@`: the full-width and small forms do, although no mail system delivers to
/// them.
fn is_at(character: char) -> bool {
    matches!(character, '@' | '＠' | '﹫')
}

/// Punctuation around a word, and invisible characters that hide what it says.
fn is_noise(character: char) -> bool {
    matches!(character, '.' | '\'' | '`') || is_invisible(character)
}
