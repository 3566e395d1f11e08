//! Labels in which a protected name and its suffix stand out from words that are on no list:
//! `purchasing-stratcom-mil`, `navy-mil-training`, `jagcnet2armymil`, `dstl-mod-uk`.

use super::dressed::{Doubt, Reading, is_name, is_number};
use crate::detect::index::{Form, Index, ProtectedName, Suffix};
use crate::registry::{self, Class};

/// The shortest name, in letters, that stands out at the end of a longer word. Ordinary words end
/// with shorter ones by chance.
const MIN_AT_END: usize = 4;

/// The shortest suffix of several labels, in letters without dots, that stands out at the end of a longer word.
const MIN_JOINED: usize = 5;

/// Reads a label of ASCII that [`super::dressed::read`] could not read, because some words are on no list.
pub(super) fn read<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    let among_unknown =
        || unknown_before_suffix(index, label).or_else(|| around_domain(index, label));
    among_unknown().or_else(|| {
        let suffix = index.protected_suffixes().iter().find(|suffix| suffix.listed)?;
        if !label.as_bytes().contains(&b'-') {
            return name_at_end(index, suffix, label);
        }
        let host_at_end = |word| name_at_end(index, suffix, word).filter(|it| !it.hosts.is_empty());
        among_words(index, suffix, label)
            .or_else(|| label.split('-').find_map(host_at_end))
            .or_else(|| name_at_end(index, suffix, label))
    })
}

/// Reads an unlisted word before a suffix of several labels: `dstl-mod-uk`, `dstlmoduk`.
fn unknown_before_suffix<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    index.protected_suffixes().iter().filter(|suffix| suffix.labels > 1).find_map(|suffix| {
        let apart = label.strip_suffix(&suffix.hyphenated).and_then(|it| it.strip_suffix('-'));
        // A short suffix without its dot ends many words: `electricgov` ends in `icgov`.
        let may_join = suffix.flat.len() >= MIN_JOINED && suffix.first().len() >= 3;
        let joined = label.strip_suffix(&suffix.flat).filter(|_| may_join);
        let before = apart.or(joined).filter(|it| it.len() >= 2)?;
        let is_word = before.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_word.then(|| Reading {
            suffix: Some(suffix),
            unknown: Some(before),
            has_hyphen: apart.is_some(),
            doubt: apart.is_none().then_some(Doubt::EndsWord),
            ..Reading::default()
        })
    })
}

/// Reads a protected domain with hyphens for its dots beside unlisted words: `shape-nato-int`,
/// `nato-int-training`.
fn around_domain<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    if !index.has_domains() {
        return None;
    }
    let is_edge = |at: usize| label.as_bytes().get(at).is_none_or(|byte| *byte == b'-');
    for start in (0..label.len()).filter(|at| at.checked_sub(1).is_none_or(is_edge)) {
        for end in (start + 1..=label.len()).filter(|at| is_edge(*at)) {
            let (Some(word), Some(before)) = (label.get(start..end), label.get(..start)) else {
                continue;
            };
            for matched in index.names_in(word) {
                let Some(entry) = matched.entry else { continue };
                let suffix = index.suffix_of(entry);
                // Beside other words, `gov` alone does not show that `gov.au` is meant.
                let is_whole = word.ends_with(&suffix.flat) || word.ends_with(&suffix.hyphenated);
                if matched.form == Form::Glued && is_whole && !suffix.listed {
                    let words: Vec<&str> = before.split('-').collect();
                    return Some(Reading {
                        names: vec![entry],
                        suffix: Some(suffix),
                        hosts: hosts_in(suffix, &words),
                        has_hyphen: true,
                        ..Reading::default()
                    });
                }
            }
        }
    }
    None
}

/// Reads a name beside its suffix if both are words between hyphens: `purchasing-stratcom-mil`,
/// `navymil-training`. It prefers a strong name. If no name is beside the suffix, a strong name counts
/// anywhere in the label: `army-files-mil`.
fn among_words<'a>(index: &'a Index, suffix: &'a Suffix, label: &'a str) -> Option<Reading<'a>> {
    let words: Vec<&str> = label.split('-').collect();
    let is_suffix = |at: usize| {
        // After a number, the suffix is a unit or a count: in `army-6-mil-tarps`, `6-mil` is a thickness
        // of six thousandths of an inch.
        words.get(at).is_some_and(|word| *word == suffix.text)
            && !at.checked_sub(1).and_then(|it| words.get(it)).is_some_and(|it| is_number(it))
            && !words.get(at + 1).is_some_and(|next| registry::MIL_COMPOUNDS.contains(next))
    };
    // An unlisted word after the suffix may belong to it: `um-dia-mil-sorrisos`, `mil-creek-marines`.
    let is_usual = |word: &&str| {
        let named = index.listed(word).filter(|entry| entry.class > Class::Generic);
        registry::is_dressing(word) && named.is_none()
    };
    let is_last = |at: usize| is_suffix(at) && words.get(at + 1).is_none_or(is_usual);
    let has_suffix = (0..words.len()).any(is_suffix);
    let is_clear = !has_suffix || (0..words.len()).any(is_last);
    let nearness = |at: usize, form: Form, entry: &ProtectedName| {
        let is_beside = is_suffix(at + 1) || at.checked_sub(1).is_some_and(is_suffix);
        let is_whole = match form {
            Form::Name | Form::Us | Form::Guess => is_beside,
            Form::HostGlued | Form::Glued | Form::Reversed => true,
            Form::Suffix | Form::Domain | Form::Foreign => return None,
        };
        let is_listed = index.suffix_of(entry).text == suffix.text && is_name(index, entry);
        match entry.class {
            Class::Strong if is_listed && is_whole => Some(Nearness::Strong),
            Class::Plain if is_listed && is_whole => Some(Nearness::Plain),
            Class::Strong if is_listed && has_suffix && form == Form::Name => Some(Nearness::Apart),
            _ => None,
        }
    };
    let found = words.iter().enumerate().flat_map(|(at, &word)| {
        index.names_in(word).filter_map(move |it| Some((at, word, it.form, it.entry?)))
    });
    let found = found.filter_map(|it| Some((nearness(it.0, it.2, it.3)?, it)));
    let (nearness, (at, word, form, entry)) = found.min_by_key(|(nearness, _)| *nearness)?;
    let before = words.get(..at).unwrap_or_default();
    let mut reading = named_by(index, suffix, entry, form, word, before);
    let is_doubtful = nearness == Nearness::Apart || reading.doubt.is_some();
    if !is_clear && is_doubtful {
        reading.suffix = None;
        reading.doubt = Some(Doubt::Continues);
    } else if is_shop(suffix, &words) {
        reading.doubt = Some(Doubt::Trade);
    }
    Some(reading)
}

/// Whether only words for goods follow the suffix, with what shops add to them, and no word before it is one that
/// people put beside protected names: `army-mil-gear`, `us-army-mil-online-shop`.
fn is_shop(suffix: &Suffix, words: &[&str]) -> bool {
    let is_added = |word: &&str| registry::BESIDE_TRADE.contains(word);
    let is_trade = |word: &&str| registry::TRADE.contains(word);
    let mut parts = words.rsplitn(2, |word| word.ends_with(&suffix.text));
    let (Some(after), Some(before)) = (parts.next(), parts.next()) else { return false };
    after.iter().any(&is_trade)
        && after.iter().all(|word| is_trade(word) || is_added(word))
        && before.iter().all(|word| is_added(word) || !registry::is_dressing(word))
}

/// How near a name in a label is to its suffix, the most telling first.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Nearness {
    /// A strong name beside its suffix.
    Strong,
    /// A plain name beside its suffix.
    Plain,
    /// A strong name with other words between it and its suffix.
    Apart,
}

/// The reading of a label in which `word` names an entry, after the words `before` it.
fn named_by<'a>(
    index: &Index,
    suffix: &'a Suffix,
    entry: &'a ProtectedName,
    form: Form,
    word: &str,
    before: &[&'a str],
) -> Reading<'a> {
    let mut reading = Reading { suffix: Some(suffix), has_hyphen: true, ..Reading::default() };
    if form == Form::Guess {
        reading.guess = registry::guessed_name(word);
        return reading;
    }
    let is_host_us = matches!(form, Form::Us | Form::HostGlued);
    reading.has_us = is_host_us && word.starts_with("us")
        || before.last().is_some_and(|word| matches!(*word, "us" | "usa"));
    reading.names.push(entry);
    reading.hosts = hosts_in(suffix, before);
    let is_short = entry.class < Class::Strong && index.name(entry).len() < MIN_AT_END;
    reading.doubt = is_short.then_some(Doubt::ForeignWord);
    reading
}

/// The words before a name, without decoration at their beginning: `usace` for `login-usace-army-mil`.
fn hosts_in<'a>(suffix: &Suffix, words: &[&'a str]) -> Vec<&'a str> {
    let mut hosts = Vec::new();
    for &word in words {
        let is_decoration = word == suffix.text || registry::is_dressing(word);
        if !word.is_empty() && word != "us" && !(hosts.is_empty() && is_decoration) {
            hosts.push(word);
        }
    }
    hosts
}

/// Reads a name and its suffix at the end of a label that begins with other text: `usacearmymil`,
/// `jagcnet2armymil`.
fn name_at_end<'a>(index: &'a Index, suffix: &'a Suffix, label: &'a str) -> Option<Reading<'a>> {
    let glued = label.strip_suffix(&suffix.text)?;
    let before = glued.strip_suffix('-').unwrap_or(glued);
    for start in 1..before.len() {
        let Some((left, name)) = before.split_at_checked(start) else { continue };
        let named = index.listed(name);
        let Some(entry) = named.filter(|it| it.class == Class::Strong && name.len() >= MIN_AT_END)
        else {
            continue;
        };
        let has_hyphen = before.len() < glued.len();
        let reading = Reading { names: vec![entry], has_hyphen, ..Reading::default() };
        return Some(if is_host(left, index, entry) {
            Reading { suffix: Some(suffix), hosts: vec![left], ..reading }
        } else if left.ends_with(|it: char| it == '-' || it.is_ascii_digit()) {
            reading
        } else {
            // Nobody can tell which host the sender meant.
            Reading { doubt: Some(Doubt::EndsWord), ..reading }
        });
    }
    None
}

/// Whether `host` is a known host below the name of the entry.
fn is_host(host: &str, index: &Index, entry: &ProtectedName) -> bool {
    registry::is_telling_host(&[host, ".", index.name(entry)].concat())
}
