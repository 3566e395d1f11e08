//! Guesses the domain or pattern that the author of a wrong entry means: for example instead of a
//! web address, a mail address or a name with an extra dot.

use serde_json::Value;

use crate::policy::{ListEntry, PolicyError};

/// The lists whose entries are domains.
const NAMES: [&str; 2] = ["protected.domains", "protected.suffixes"];

/// The lists whose entries are patterns.
const PATTERNS: [&str; 2] = ["allow", "deny"];

/// The characters that people write between entries.
const SEPARATORS: [char; 3] = [',', ';', ' '];

/// Adds to the error about an entry of a list what to write instead, if that is clear.
pub(super) fn complete(error: &mut PolicyError, document: &Value) {
    let Some((list, index)) = error.path.strip_suffix(']').and_then(|path| path.split_once('['))
    else {
        return;
    };
    let takes_patterns = PATTERNS.contains(&list);
    if !takes_patterns && !NAMES.contains(&list) {
        return;
    }
    let entries = list.split('.').try_fold(document, |value, name| value.get(name));
    let entry = index.parse().ok().and_then(|index: usize| entries?.get(index)?.as_str());
    let Some(entry) = entry else { return };
    match meant(entry, takes_patterns) {
        Meant::One(meant) => error.message.push_str(&["; did you mean ", &meant, "?"].concat()),
        Meant::Several => error.message.push_str("; write each of them as an entry of its own"),
        Meant::Unclear => {}
    }
}

/// The correction that the author of an invalid entry probably needs.
enum Meant {
    One(String),
    Several,
    Unclear,
}

fn meant(text: &str, takes_patterns: bool) -> Meant {
    // A name may hold a comma: `Doe, Amy <amy@partner.com>`.
    let mut entries = text.split([',', ';']).filter_map(|part| one(part, takes_patterns));
    let (first, second) = (entries.next(), entries.next());
    let has_two = |mark| text.matches(mark).count() > 1;
    if second.is_some() || holds_several(text, takes_patterns) {
        return Meant::Several;
    }
    match first {
        // A suggestion for one entry would lose the other.
        Some(_) if has_two("@") || has_two("://") => Meant::Several,
        Some(entry) => Meant::One(entry),
        None => Meant::Unclear,
    }
}

/// The entry that the author of `text` means.
fn one(text: &str, takes_patterns: bool) -> Option<String> {
    // Of `Amy <amy@partner.com>`, only the address counts.
    let text = text.rsplit_once('<').map_or(text, |(_, address)| address);
    let text = text.trim_end_matches(['>', ',', ';']).trim().to_lowercase();
    let text = text.strip_prefix("mailto:").unwrap_or(&text);
    let (text, is_web) = match text.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (text, false),
    };
    let text = text.split(['/', '?', '#']).next()?;
    let text = if is_web { text.split(':').next()? } else { text };
    let text = if is_web { text.strip_prefix("www.").unwrap_or(text) } else { text };
    let text = text.trim_end_matches('.');
    let text = match text.rsplit_once('@') {
        Some((local_part, domain))
            if local_part.is_empty() || !takes_patterns && !local_part.contains(SEPARATORS) =>
        {
            domain
        }
        _ => text,
    };
    let meant = match (text.strip_prefix('.'), text.strip_prefix("*.")) {
        (Some(name), _) if takes_patterns => format!("*.{name}"),
        (Some(name), _) | (_, Some(name)) if !takes_patterns => name.to_owned(),
        _ => text.to_owned(),
    };
    is_entry(&meant, takes_patterns).then_some(meant)
}

fn is_entry(text: &str, takes_patterns: bool) -> bool {
    let has_fitting_form = takes_patterns || !text.contains(['*', '@']);
    has_fitting_form
        && text.contains('.')
        && !text.starts_with('-')
        && ListEntry::parse(text).is_some()
}

/// Whether `text` has several entries in one line.
fn holds_several(text: &str, takes_patterns: bool) -> bool {
    let parts = text.split(SEPARATORS).filter(|part| !part.is_empty());
    let mut n = 0;
    for part in parts {
        if !is_entry(part, takes_patterns) {
            return false;
        }
        n += 1;
    }
    n > 1
}
