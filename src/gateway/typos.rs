//! A protected name before a suffix that is nearly `.mil`. The first rules are for existing top-level
//! domains, where strangers have addresses; the later ones exclude all other existing ones, so that
//! nobody can have a matching address.

use super::expression::{Before, Expression, Hosts};
use super::family::{Family, Made};
use super::rule::Rule;
use crate::registry::{self, Class};
use crate::twins::one_edit_from;

pub(super) fn add(made: &mut Made<'_>) {
    delegated(made);
    dots(made);
    let entries = registry::tlds().filter(|tld| *tld != "mil").map(str::to_owned).collect();
    let existing = Expression::Listed { entries, before: Before::SomeHost };
    made.rules.push(Rule::pass("Top-level domains that exist", existing));
    let bare = Expression::Raw("@[^.@]+$".to_owned());
    made.rules.push(Rule::pass("Names without a dot", bare));
    undelegated(made);
}

/// `army.ml`, `army.il`.
fn delegated(made: &mut Made<'_>) {
    for tld in one_edit_from("mil").iter().filter(|tld| registry::is_tld(tld)) {
        let sample = |text: &str| text.replace("TLD", tld);
        let alone = [sample("#.TLD"), sample("a.#.TLD"), sample("www.#.TLD"), sample("mail.#.TLD")];
        let alone: Vec<_> =
            alone.iter().zip(["#.mil", "a.#.mil", "www.#.mil", "mail.#.mil"]).collect();
        let alone: Vec<(&str, &str)> =
            alone.into_iter().map(|(sample, meant)| (sample.as_str(), meant)).collect();
        let tail = ["\\.", tld].concat();
        let note = format!(".{tld} instead of .mil");
        let known = Family { note: &note, tail: &tail, samples: &alone, ..Family::default() };
        made.family(|_, class| class > Class::Generic, &known);
        // `us` and one of the three services that use it, without the dot between them.
        // In `us.usarmy`, the host `us` repeats the `us` of the next label. These expressions come first,
        // and their answer names `us` once.
        for (head, typed) in
            [("us\\.us", "us.us"), ("us\\.us-", "us.us-"), ("us", "us"), ("us-", "us-")]
        {
            let samples = [format!("{typed}#.{tld}"), format!("a.{typed}#.{tld}")];
            let samples = [(samples[0].as_str(), "us.#.mil"), (samples[1].as_str(), "a.us.#.mil")];
            let before = "us.";
            made.family(
                |name, _| matches!(name, "army" | "navy" | "af"),
                &Family {
                    note: &note,
                    head,
                    before,
                    tail: &tail,
                    samples: &samples,
                    ..Family::default()
                },
            );
        }
        // A word such as `health` needs a host before it to be equally clear.
        let hosted = [alone[1], alone[3]];
        let generic = Family {
            hosts: Hosts::EndIn("[^.@]+\\."),
            samples: &hosted,
            unless: Some(format!("@(([^@]*\\.)?www|mil)\\.[^.@]+\\.{tld}$")),
            ..known
        };
        made.family(|_, class| class <= Class::Generic, &generic);
    }
}

/// `army.m.il`, `armym.il`.
fn dots(made: &mut Made<'_>) {
    for (tail, typed) in [
        ("\\.m\\.il", "m.il"),
        ("\\.mi\\.l", "mi.l"),
        ("\\.m\\.l", "m.l"),
        ("\\.m\\.i\\.l", "m.i.l"),
    ] {
        let samples = [format!("#.{typed}"), format!("a.#.{typed}"), format!("www.#.{typed}")];
        let samples: Vec<_> =
            samples.iter().map(String::as_str).zip(["#.mil", "a.#.mil", "www.#.mil"]).collect();
        let note = "Dots inside the suffix";
        let family = Family { note, tail, samples: &samples, ..Family::default() };
        made.family(|_, _| true, &family);
    }
    for (tail, typed) in [("m\\.il", "m.il"), ("mi\\.l", "mi.l")] {
        let samples = [format!("#{typed}"), format!("a.#{typed}"), format!("us.#{typed}")];
        let samples: Vec<_> =
            samples.iter().map(String::as_str).zip(["#.mil", "a.#.mil", "us.#.mil"]).collect();
        let note = "The dot at another place";
        let drops_front = false;
        let family = Family { note, drops_front, tail, samples: &samples, ..Family::default() };
        made.family(|name, class| class > Class::Generic && name.len() >= 3, &family);
    }
}

/// `army.mli`, `army.mlil`, `army.milcom`.
fn undelegated(made: &mut Made<'_>) {
    let missing: Vec<String> = one_edit_from("mil")
        .into_iter()
        .filter(|text| !text.contains('.') && !registry::is_tld(text))
        .collect();
    let tail = format!("\\.({})", missing.join("|"));
    made.family(
        |_, _| true,
        &Family {
            note: "A near miss of .mil that does not exist",
            tail: &tail,
            samples: &[
                ("#.mli", "#.mil"),
                ("a.#.mill", "a.#.mil"),
                ("www.#.mi", "www.#.mil"),
                ("us.#.nil", "us.#.mil"),
                ("#.mil-", "#.mil"),
            ][..4],
            ..Family::default()
        },
    );
    let two = two_edits().join("|");
    made.family(
        |_, class| class > Class::Generic,
        &Family {
            note: "Two slips away from .mil",
            tail: &format!("\\.({two})"),
            samples: &[
                ("#.mlli", "#.mil"),
                ("a.#.rnil", "a.#.mil"),
                ("www.#.mkl1", "www.#.mil"),
                ("us.#.mjkl", "us.#.mil"),
            ],
            ..Family::default()
        },
    );
    made.family(
        |_, _| true,
        &Family {
            note: ".mil and the next word without a space",
            tail: "\\.mil[^.@]+",
            samples: &[
                ("#.milcom", "#.mil"),
                ("a.#.militaryone", "a.#.mil"),
                ("www.#.milx", "www.#.mil"),
                ("us.#.mil-com", "us.#.mil"),
            ],
            ..Family::default()
        },
    );
}

/// Expressions for the strings that are at most two edits from `mil`, each with brackets where any
/// character may stand.
pub(super) fn two_edits() -> Vec<String> {
    let edit = |text: &str| {
        let mut made = Vec::new();
        for at in 0..=text.len() {
            let (left, right) = text.split_at(at);
            made.push([left, "*", right].concat());
            let mut rest = right.chars();
            if let Some(first) = rest.next() {
                made.push([left, rest.as_str()].concat());
                made.push([left, "*", rest.as_str()].concat());
                if let Some(second) = rest.next() {
                    made.push(format!("{left}{second}{first}{}", rest.as_str()));
                }
            }
        }
        made
    };
    let mut all: Vec<String> = edit("mil").iter().flat_map(|once| edit(once)).collect();
    all.extend(edit("mil"));
    all.sort_unstable();
    all.dedup();
    // The restricted distance allows no edit inside a transposed pair. A `*` stands for a letter
    // that is not in `mil`, since a letter that fits by chance would prove nothing.
    let is_near = |text: &String| {
        let mut others = "xyz".chars();
        let letters = text.chars().map(|c| if c == '*' { others.next().unwrap_or('z') } else { c });
        !text.is_empty() && strsim::osa_distance(&letters.collect::<String>(), "mil") <= 2
    };
    all.retain(is_near);
    // Whether the wide expression matches all that the narrow one does.
    let covers = |wide: &str, narrow: &str| {
        wide != narrow
            && wide.len() == narrow.len()
            && wide.bytes().zip(narrow.bytes()).all(|(w, n)| w == b'*' || w == n)
    };
    let wide = all.clone();
    all.retain(|narrow| !wide.iter().any(|it| covers(it, narrow)));
    all.iter().map(|text| text.replace('*', "[a-z0-9-]")).collect()
}
