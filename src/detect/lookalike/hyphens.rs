//! Labels in which a protected name and its suffix stand out from words that are on no list:
//! `purchasing-stratcom-mil`, `navy-mil-training`, `jagcnet2armymil`, `dstl-mod-uk`.

use super::dressed::{Doubt, Reading, is_name};
use crate::detect::index::{Entry, Form, Index, Suffix};
use crate::registry::{self, Class};

/// The shortest name, in letters, that stands out at the end of a longer word. Ordinary words end
/// with shorter ones by chance.
const MIN_AT_END: usize = 4;

/// The shortest suffix of several labels, in letters without dots, that stands out at the end of a longer word.
const MIN_JOINED: usize = 5;

/// The most hyphens of a label to look at beside a protected domain.
const MAX_HYPHENS: usize = 6;

/// Reads a label of ASCII that cannot be read to its end as words.
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

/// `dstl-mod-uk`, `dstlmoduk`: an unlisted word, followed by a suffix of several labels.
fn unknown_before_suffix<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    index.protected_suffixes().iter().filter(|suffix| suffix.labels > 1).find_map(|suffix| {
        let apart = label.strip_suffix(&suffix.hyphenated).and_then(|it| it.strip_suffix('-'));
        // `electricgov` ends in `icgov`, as many words do.
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

/// `shape-nato-int`, `nato-int-training`: a protected domain with hyphens for its dots, beside unlisted words.
fn around_domain<'a>(index: &'a Index, label: &'a str) -> Option<Reading<'a>> {
    if !index.has_domains() {
        return None;
    }
    let bytes = label.bytes().enumerate();
    let hyphens = bytes.filter(|(_, byte)| *byte == b'-').map(|(at, _)| at).take(MAX_HYPHENS);
    let starts = std::iter::once(0).chain(hyphens.clone().map(|at| at + 1));
    starts.clone().find_map(|start| {
        let ends = hyphens.clone().chain([label.len()]).filter(|end| *end > start);
        ends.filter_map(|end| label.get(start..end)).find_map(|word| {
            let mut domains = index.names_in(word).filter(|matched| matched.form == Form::Glued);
            let entry = domains.find_map(|it| it.entry.filter(|it| !index.suffix_of(it).listed))?;
            let suffix = index.suffix_of(entry);
            // The first label of `gov.au` alone is too little beside other words.
            let is_whole = word.ends_with(&suffix.flat) || word.ends_with(&suffix.hyphenated);
            let words: Vec<&str> = label.get(..start)?.split('-').collect();
            is_whole.then(|| Reading {
                names: vec![entry],
                suffix: Some(suffix),
                has_hyphen: true,
                hosts: hosts_in(suffix, &words),
                ..Reading::default()
            })
        })
    })
}

/// `purchasing-stratcom-mil`, `navymil-training`: a name beside its suffix, both between hyphens. A strong name
/// may stand anywhere: `army-files-mil`.
fn among_words<'a>(index: &'a Index, suffix: &'a Suffix, label: &'a str) -> Option<Reading<'a>> {
    let words: Vec<&str> = label.split('-').collect();
    let is_suffix = |at: usize| {
        words.get(at).is_some_and(|word| *word == suffix.text)
            && !words.get(at + 1).is_some_and(|next| registry::MIL_COMPOUNDS.contains(next))
    };
    let has_suffix = (0..words.len()).any(is_suffix);
    words.iter().enumerate().find_map(|(at, &word)| {
        let before = at.checked_sub(1);
        let is_beside = before.is_some_and(is_suffix) || is_suffix(at + 1);
        let before = before.and_then(|before| words.get(before));
        index.names_in(word).find_map(|matched| {
            let entry = matched.entry.filter(|entry| {
                is_name(index, entry)
                    && entry.class > Class::Generic
                    && index.suffix_of(entry).text == suffix.text
            })?;
            let is_strong = has_suffix && entry.class == Class::Strong;
            let mut reading =
                Reading { suffix: Some(suffix), has_hyphen: true, ..Reading::default() };
            match matched.form {
                Form::Name if is_beside || is_strong => {}
                Form::Us if is_beside => reading.has_us = true,
                Form::HostGlued => reading.has_us = word.starts_with("us"),
                Form::Glued | Form::Reversed => {}
                Form::Guess if is_beside => {
                    reading.guess = registry::guessed_name(word);
                    return Some(reading);
                }
                _ => return None,
            }
            reading.names = vec![entry];
            reading.has_us |= before.is_some_and(|word| matches!(*word, "us" | "usa"));
            reading.hosts = hosts_in(suffix, words.get(..at).unwrap_or_default());
            let is_short = entry.class < Class::Strong && index.name(entry).len() < MIN_AT_END;
            reading.doubt = is_short.then_some(Doubt::ForeignWord);
            Some(reading)
        })
    })
}

/// The words before a name that are no decoration: `usace` of `login-usace-army-mil`.
fn hosts_in<'a>(suffix: &Suffix, words: &[&'a str]) -> Vec<&'a str> {
    let is_decoration = |word: &&&str| **word == suffix.text || registry::is_dressing(word);
    let hosts = words.iter().skip_while(is_decoration);
    hosts.copied().filter(|word| !word.is_empty() && *word != "us").collect()
}

/// `usacearmymil`, `jagcnet2armymil`: a name and its suffix at the end of a label that begins with something else.
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
            // Nobody can tell the host that was meant.
            Reading { doubt: Some(Doubt::EndsWord), ..reading }
        });
    }
    None
}

/// Whether a host of this name occurs below the name of an entry.
fn is_host(host: &str, index: &Index, entry: &Entry) -> bool {
    registry::is_telling_host(&[host, ".", index.name(entry)].concat())
}
