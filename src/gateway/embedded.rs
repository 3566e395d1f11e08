//! A protected name and its suffix with other text around them: `army.mil.com`, `mil.army.net`,
//! `armymil.com`, `us.army.com`. The rules for other countries' armed forces come in the middle, since
//! only the rules before them are unmistakable.

use std::collections::BTreeMap;

use super::expression::{Expression, Hosts};
use super::family::{self, Family, Made};
use super::rule::{Hint, Rule, Why, parts};
use super::unclear::SLIP;
use crate::registry::{self, Class};

/// Suffixes by which people complete or mistake an address, the best known first.
pub(super) const SUFFIXES: [&str; 16] = [
    "com", "net", "org", "us", "gov", "edu", "info", "biz", "co", "int", "io", "uk", "ca", "de",
    "fr", "eu",
];

/// Public suffixes of two labels that people add or mistake in the same way.
const LONG_SUFFIXES: [&str; 8] =
    ["co.uk", "org.uk", "gov.uk", "com.au", "gov.au", "co.nz", "com.br", "co.jp"];

const NOTE_GLUED: &str = "No dot between the name and mil";

pub(super) fn add(made: &mut Made<'_>) {
    made.rules.push(family::states());
    unmistakable(made);
    made.rules.push(family::foreign());
    appended(made);
    glued_to_host(made);
    glued(made);
    swapped(made);
}

/// Names that no other country uses.
fn unmistakable(made: &mut Made<'_>) {
    const NOTE: &str = "A United States name and .mil inside a longer domain";
    made.family(
        |name, class| class == Class::Strong || name == "af",
        &Family {
            note: NOTE,
            hosts: Hosts::EndIn("us\\."),
            tail: "\\.mil\\.[^.@]+",
            samples: &[
                ("us.#.mil.com", "us.#.mil"),
                ("us.#.mil.ru", "us.#.mil"),
                ("us.#.mil.br", "us.#.mil"),
                ("mil.a.us.#.mil.net", "a.us.#.mil"),
            ],
            ..Family::default()
        },
    );
    made.family(
        |_, class| class == Class::Strong,
        &Family {
            note: NOTE,
            tail: "\\.mil\\.[^.@]+",
            samples: &[
                ("#.mil.com", "#.mil"),
                ("#.mil.br", "#.mil"),
                ("mil.a.#.mil.ru", "a.#.mil"),
            ],
            ..Family::default()
        },
    );
}

fn appended(made: &mut Made<'_>) {
    made.family(
        |_, class| class > Class::Generic,
        &Family {
            note: "A name and .mil- inside a longer domain",
            tail: "\\.mil-[^.@]*\\.[^.@]+",
            samples: &[
                ("#.mil-login.net", "#.mil"),
                ("mil.a.#.mil-x.com", "a.#.mil"),
                ("#.mil-x.nosuchtld", "#.mil"),
            ],
            unless: Some(family::compounds()),
            ..Family::default()
        },
    );
    made.family(
        |_, _| true,
        &Family {
            note: "A name and .mil before another suffix",
            tail: "\\.mil\\.[^.@]+",
            samples: &[
                ("#.mil.com", "#.mil"),
                ("a.#.mil.net", "a.#.mil"),
                ("#.mil.xyz", "#.mil"),
                ("www.#.mil.nosuchtld", "www.#.mil"),
            ],
            ..Family::default()
        },
    );
    made.family(
        |_, class| class == Class::Strong,
        &Family {
            note: ".mil before the name",
            hosts: Hosts::None,
            drops_front: false,
            head: "mil\\.",
            tail: "\\.[^.@]+",
            samples: &[
                ("mil.#.com", "#.mil"),
                ("mil.#.ru", "#.mil"),
                ("mil.#.ml", "#.mil"),
                ("mil.#.milx", "#.mil"),
                ("mil.#.nosuchtld", "#.mil"),
            ],
            ..Family::default()
        },
    );
}

/// `usarmymil` as the last label. These rules come before those for other labels, because the
/// checker takes the last of two such labels.
fn glued_to_host(made: &mut Made<'_>) {
    for (head, before, tail, samples) in [
        ("us", "us.", "mil", [("us#mil", "us.#.mil"), ("mil.a.us#mil", "a.us.#.mil")]),
        ("us-", "us.", "-mil", [("us-#-mil", "us.#.mil"), ("mil.a.us-#-mil", "a.us.#.mil")]),
        ("mail", "mail.", "mil", [("mail#mil", "mail.#.mil"), ("mil.a.mail#mil", "a.mail.#.mil")]),
    ] {
        let family =
            Family { note: NOTE_GLUED, head, tail, samples: &samples, before, ..Family::default() };
        made.family(|name, class| class == Class::Strong || name == "af", &family);
    }
}

fn glued(made: &mut Made<'_>) {
    glued_to_long_names(made);
    glued_to_short_names(made);
    glued_before_names(made);
    glued_among_words(made);
    glued_between_host_and_suffix(made);
}

fn glued_to_long_names(made: &mut Made<'_>) {
    let known = |name: &str, class: Class| class > Class::Generic && name.len() >= 3;
    let long = LONG_SUFFIXES.map(|suffix| suffix.replace('.', "\\.")).join("|");
    for (tail, samples) in [
        (
            "-?mil".to_owned(),
            &[
                ("#mil", "#.mil"),
                ("a.#mil", "a.#.mil"),
                ("#-mil", "#.mil"),
                ("mil.www.#-mil", "www.#.mil"),
            ][..],
        ),
        (
            "-?mil\\.[^.@]+".to_owned(),
            &[
                ("#mil.com", "#.mil"),
                ("#-mil.us", "#.mil"),
                ("a.#mil.ru", "a.#.mil"),
                ("#mil.nosuchtld", "#.mil"),
                ("mil.www.#-mil.ml", "www.#.mil"),
            ],
        ),
        (
            format!("-?mil\\.({long})"),
            &[("#mil.co.uk", "#.mil"), ("a.#-mil.com.au", "a.#.mil"), ("#mil.co.nz", "#.mil")],
        ),
    ] {
        let family = Family { note: NOTE_GLUED, tail: &tail, samples, ..Family::default() };
        made.family(known, &family);
    }
}

fn glued_to_short_names(made: &mut Made<'_>) {
    let short = |name: &str, class: Class| class > Class::Generic && name.len() < 3;
    made.family(
        short,
        &Family {
            note: NOTE_GLUED,
            tail: "-mil\\.[^.@]+",
            samples: &[
                ("#-mil.com", "#.mil"),
                ("a.#-mil.ru", "a.#.mil"),
                ("www.#-mil.de", "www.#.mil"),
                ("a.#-mil.nosuchtld", "a.#.mil"),
                ("#-mil.us", "#.mil"),
                ("#-mil.nosuchtld", "#.mil"),
            ],
            ..Family::default()
        },
    );
    made.family(
        short,
        &Family {
            note: NOTE_GLUED,
            hosts: Hosts::EndIn("[^.@]+\\."),
            tail: "mil\\.[^.@]+",
            samples: &[
                ("a.#mil.com", "a.#.mil"),
                ("a.b.#mil.ru", "a.b.#.mil"),
                ("a.#mil.nosuchtld", "a.#.mil"),
            ],
            // A host label that every domain has does not show whose domain it is.
            unless: Some("@(([^@]*\\.)?www|mil)\\.[^.@]+\\.[^.@]+$".to_owned()),
            ..Family::default()
        },
    );
}

fn glued_before_names(made: &mut Made<'_>) {
    for (head, samples) in [
        ("mil", [("mil#.com", "#.mil"), ("a.mil#.ru", "a.#.mil"), ("mil#.nosuchtld", "#.mil")]),
        ("mil-", [("mil-#.com", "#.mil"), ("a.mil-#.ru", "a.#.mil"), ("mil-#.nosuchtld", "#.mil")]),
    ] {
        let samples = &samples;
        let note = "mil before the name";
        let tail = "\\.[^.@]+";
        let family = Family { note, head, tail, samples, ..Family::default() };
        made.family(|_, class| class == Class::Strong, &family);
    }
}

/// `navy-mil-yards.com`, `market-navy-mil.com`: hyphens show where the name and `mil` begin and end.
fn glued_among_words(made: &mut Made<'_>) {
    for (head, tail, samples) in [
        (
            "",
            "-?mil-[^.@]*[^.@-]\\.[^.@]+",
            [("#-mil-yards.com", "#.mil"), ("a.#mil-yards.ru", "a.#.mil")],
        ),
        (
            "[^.@]*[^.@-]-",
            "-mil(-[^.@]*[^.@-])?\\.[^.@]+",
            [("market-#-mil.com", "#.mil"), ("a.market-#-mil-yards.ru", "a.#.mil")],
        ),
    ] {
        let family = Family {
            note: "A name and mil among words with hyphens",
            drops_front: false,
            head,
            tail,
            samples: &samples,
            unless: Some(family::goods()),
            is_hinted: false,
            ..Family::default()
        };
        made.family(|_, class| class == Class::Strong, &family);
    }
}

fn glued_between_host_and_suffix(made: &mut Made<'_>) {
    for (head, before, tail, samples) in [
        ("us", "us.", "mil\\.[^.@]+", [("us#mil.com", "us.#.mil"), ("a.us#mil.ru", "a.us.#.mil")]),
        (
            "us-",
            "us.",
            "-mil\\.[^.@]+",
            [("us-#-mil.com", "us.#.mil"), ("a.us-#-mil.ru", "a.us.#.mil")],
        ),
        (
            "mail",
            "mail.",
            "mil\\.[^.@]+",
            [("mail#mil.com", "mail.#.mil"), ("a.mail#mil.ru", "a.mail.#.mil")],
        ),
    ] {
        let samples = &samples;
        let note = "No dots between a host, the name and mil";
        let family = Family { note, head, tail, samples, before, ..Family::default() };
        made.family(|name, class| class == Class::Strong || name == "af", &family);
    }
}

/// A host and a name that only the protected organisation has, under another suffix or none.
fn swapped(made: &mut Made<'_>) {
    swapped_to(made, "A host and name of the United States under another suffix", &SUFFIXES);
    swapped_to(made, "A host and name of the United States without a suffix", &[""]);
}

/// Makes one rule for all pairs of host and name of which the checker warns under the same
/// suffixes; "" means that no suffix follows.
fn swapped_to(made: &mut Made<'_>, note: &str, suffixes: &[&str]) {
    let prober = made.prober;
    let domains = |pair: &str, suffix: &str| {
        let dot = if suffix.is_empty() { "" } else { "." };
        ["", "a."].map(|hosts| (hosts, [hosts, pair, dot, suffix].concat()))
    };
    let mut groups: BTreeMap<Vec<&str>, [Vec<String>; 2]> = BTreeMap::new();
    for pair in registry::telling_hosts() {
        let is_warned =
            |suffix: &&str| domains(pair, suffix).iter().all(|(_, domain)| prober.warns(domain));
        let warned: Vec<&str> = suffixes.iter().copied().filter(is_warned).collect();
        let is_hinted =
            warned.iter().flat_map(|suffix| domains(pair, suffix)).all(|(hosts, domain)| {
                prober.suggestion(&domain) == Some([hosts, pair, ".mil"].concat())
            });
        if !warned.is_empty() {
            groups.entry(warned).or_default()[usize::from(!is_hinted)].push(pair.to_owned());
        }
    }
    for (warned, [hinted, others]) in groups {
        let tail =
            if warned == [""] { String::new() } else { format!("\\.({})", warned.join("|")) };
        for (names, hint) in
            [(hinted, Hint::Name { before: "", suffix: "mil" }), (others, Hint::None)]
        {
            if !names.is_empty() {
                let rule = Rule::refuse(note, parts("", names, &tail), Why::Lookalike, hint);
                // This evidence is weak, and the checker ignores it if a host looks like a slip.
                let unless = vec![Expression::Raw(format!("@([^@]*\\.)?{SLIP}\\.[^.@]+\\.[^.@]"))];
                made.rules.push(Rule { unless, ..rule });
            }
        }
    }
}
