//! A protected name and its suffix with more around them: `army.mil.com`, `mil.army.net`, `armymil.com`,
//! `us.army.com`. Other countries' armed forces stand in between, since only what comes before them is
//! unmistakable.

use super::expression::{Before, Expression};
use super::lookalikes::{Family, Made};
use super::rules::{Hint, Rule, Why, parts};
use crate::registry::{self, Class};

/// Suffixes by which people complete or mistake an address.
const SUFFIXES: [&str; 16] = [
    "com", "net", "org", "us", "gov", "edu", "info", "biz", "co", "int", "io", "uk", "ca", "de",
    "fr", "eu",
];

/// Public suffixes of two labels, of which the same is true.
const LONG_SUFFIXES: [&str; 8] =
    ["co.uk", "org.uk", "gov.uk", "com.au", "gov.au", "co.nz", "com.br", "co.jp"];

pub(super) fn add(made: &mut Made<'_>) {
    let state = Expression::Raw("\\.mil\\.[^.@]+\\.gov$".to_owned());
    made.rules.push(Rule::pass("Military departments of US states", state));
    unmistakable(made);
    let entries = registry::foreign_military().map(str::to_owned).collect();
    let foreign = Expression::Listed { entries, before: Before::AnyHost };
    made.rules.push(Rule::pass("Other countries' armed forces", foreign));
    appended(made);
    glued(made);
    swapped(made);
}

/// What no other country has.
fn unmistakable(made: &mut Made<'_>) {
    const NOTE: &str = "A United States name and .mil inside a longer domain";
    made.family(
        |name, class| class == Class::Strong || name == "af",
        &Family {
            note: NOTE,
            host: "us\\.",
            tail: "\\.mil\\.[^@]+",
            samples: &[
                ("us.#.mil.com", "us.#.mil"),
                ("us.#.mil.ru", "us.#.mil"),
                ("us.#.mil.br", "us.#.mil"),
                ("a.us.#.mil.co.uk", "a.us.#.mil"),
                ("us.#.mil.army.mil.br", "us.#.mil"),
            ],
            ..Family::default()
        },
    );
    made.family(
        |_, class| class == Class::Strong,
        &Family {
            note: NOTE,
            tail: "\\.mil\\.[^@]+",
            samples: &[
                ("#.mil.com", "#.mil"),
                ("#.mil.br", "#.mil"),
                ("a.#.mil.ru", "a.#.mil"),
                ("a.#.mil.x.y.net", "a.#.mil"),
            ],
            ..Family::default()
        },
    );
}

fn appended(made: &mut Made<'_>) {
    made.family(
        |_, class| class > Class::Generic,
        &Family {
            note: "A name and .mil inside a longer domain",
            tail: "\\.mil\\.[^@]+",
            samples: &[
                ("#.mil.com", "#.mil"),
                ("a.#.mil.co.uk", "a.#.mil"),
                ("#.mil.xyz", "#.mil"),
                ("#.mil.x.y.net", "#.mil"),
                ("#.mil.nosuchtld", "#.mil"),
            ],
            ..Family::default()
        },
    );
    made.family(
        |_, class| class > Class::Generic,
        &Family {
            note: "A name and .mil- inside a longer domain",
            tail: "\\.mil-[^.@]*\\.[^@]+",
            samples: &[
                ("#.mil-login.net", "#.mil"),
                ("a.#.mil-x.y.com", "a.#.mil"),
                ("#.mil-x.nosuchtld", "#.mil"),
            ],
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
            head: "mil\\.",
            tail: "\\.[^@]+",
            samples: &[
                ("mil.#.com", "#.mil"),
                ("a.mil.#.net", "a.#.mil"),
                ("mil.#.co.uk", "#.mil"),
                ("mil.#.x.y.ru", "#.mil"),
                ("mil.#.nosuchtld", "#.mil"),
            ],
            ..Family::default()
        },
    );
}

fn glued(made: &mut Made<'_>) {
    const NOTE: &str = "No dot between the name and mil";
    let known = |name: &str, class: Class| class > Class::Generic && name.len() >= 3;
    let short = |name: &str, class: Class| class > Class::Generic && name.len() < 3;
    let long = LONG_SUFFIXES.map(|suffix| suffix.replace('.', "\\.")).join("|");
    for (tail, samples) in [
        (
            "-?mil\\.[^.@]+".to_owned(),
            &[
                ("#mil.com", "#.mil"),
                ("#-mil.us", "#.mil"),
                ("a.#mil.ru", "a.#.mil"),
                ("#mil.nosuchtld", "#.mil"),
                ("www.#-mil.ml", "www.#.mil"),
            ][..],
        ),
        (
            format!("-?mil\\.({long})"),
            &[("#mil.co.uk", "#.mil"), ("a.#-mil.com.au", "a.#.mil"), ("#mil.co.nz", "#.mil")],
        ),
        (
            "-?mil".to_owned(),
            &[
                ("#mil", "#.mil"),
                ("a.#mil", "a.#.mil"),
                ("#-mil", "#.mil"),
                ("www.#-mil", "www.#.mil"),
            ],
        ),
    ] {
        let family = Family { note: NOTE, tail: &tail, samples, ..Family::default() };
        made.family(known, &family);
    }
    made.family(
        short,
        &Family {
            note: NOTE,
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
            note: NOTE,
            host: "[^.@]+\\.",
            tail: "mil\\.[^.@]+",
            samples: &[
                ("a.#mil.com", "a.#.mil"),
                ("a.b.#mil.ru", "a.b.#.mil"),
                ("a.#mil.nosuchtld", "a.#.mil"),
            ],
            // A host that every domain has says nothing of whose it is.
            unless: Some("@([^@]*\\.)?www\\.[^.@]+\\.[^.@]+$".to_owned()),
            ..Family::default()
        },
    );
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
        let family = Family { note, head, before, tail, samples, ..Family::default() };
        made.family(|name, class| class == Class::Strong || name == "af", &family);
    }
}

/// A host and name that only the protected organisation has, under another suffix or none.
fn swapped(made: &mut Made<'_>) {
    let prober = made.prober;
    let mut add = |note: &str, tail: &str, samples: &[String]| {
        let mut hinted = Vec::new();
        let mut others = Vec::new();
        for pair in registry::telling_hosts() {
            let domains = || samples.iter().map(|sample| sample.replace('#', pair));
            if domains().all(|domain| prober.warns(&domain)) {
                let meant = |domain: &String| {
                    let hosts = domain.split(pair).next().unwrap_or_default();
                    prober.suggestion(domain) == Some([hosts, pair, ".mil"].concat())
                };
                let list =
                    if domains().all(|domain| meant(&domain)) { &mut hinted } else { &mut others };
                list.push(pair.to_owned());
            }
        }
        for (names, hint) in
            [(hinted, Hint::Name { before: "", suffix: "mil" }), (others, Hint::None)]
        {
            if !names.is_empty() {
                let matches = parts("", "", names, tail);
                made.rules.push(Rule::refuse(note, matches, Why::Lookalike, hint));
            }
        }
    };
    let samples: Vec<_> =
        SUFFIXES.iter().flat_map(|tld| [format!("#.{tld}"), format!("a.#.{tld}")]).collect();
    let tail = format!("\\.({})", SUFFIXES.join("|"));
    add("A host and name of the United States under another suffix", &tail, &samples);
    let bare = ["#".to_owned(), "a.#".to_owned()];
    add("A host and name of the United States without a suffix", "", &bare);
}
