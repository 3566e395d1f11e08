//! Addresses for which no expression can give the checker's suggestion: their local part is invalid as
//! written (`mailto:bob@army.ml`, `bob..x@army.ml`), or their domain has two slips, which the checker
//! weighs against each other (`army-mil.usarmymil`).
//!
//! These rules come first and refuse the certain cases without a suggestion; no later rule sees
//! these addresses.

use super::expression::{Before, Expression, Hosts};
use super::family::{self, Family, Made};
use super::probe::Prober;
use super::rule::Rule;
use crate::policy::Protected;
use crate::registry::{self, Class};

/// A label that contains a name and its suffix, or only the suffix.
pub(super) const SLIP: &str = "([^.@]*mil(-[^.@]*)?|mil(army|navy|af|[a-z]+com))";

/// Local parts that are not a dot-atom (RFC 5322 §3.2.3).
const LOCAL_PARTS: [&str; 6] = [
    // The range holds the dot, the slash and the digits.
    "^[^@]*[^a-z.-9!#$%&'*+=?^_`{|}~@-]",
    // A dot at the beginning, or a slash as in an X.500 name.
    "^[^a-z0-9!#$%&'*+=?^_`{|}~@-]",
    "\\.\\.",
    "\\.@",
    "@.*@",
    "^[^@]{65}",
];

/// An expression for addresses with an unclear local part.
pub(super) fn local_part() -> Expression {
    Expression::Raw(format!("({})", LOCAL_PARTS.join("|")))
}

/// The rules for all unclear addresses.
pub(super) fn rules(prober: &Prober, protected: &Protected) -> Vec<Rule> {
    let is_mil = protected.suffixes.iter().any(|suffix| suffix == "mil");
    let mut unclear: Vec<String> = LOCAL_PARTS.map(str::to_owned).to_vec();
    if is_mil {
        unclear.extend(two_slips());
    }
    let entries = [protected.suffixes.clone(), protected.domains.clone()].concat();
    let protected = Expression::Listed { entries, before: Before::AnyHost };
    let mut made = Made { prober, rules: Vec::new() };
    made.rules.push(Rule::pass("Protected, but unclear", protected));
    if is_mil {
        certain(&mut made);
    }
    made.rules.push(Rule::pass("Unclear", Expression::Raw("@".to_owned())));
    let only = Expression::Raw(format!("({})", unclear.join("|")));
    made.rules.into_iter().map(|rule| Rule { only: Some(only.clone()), ..rule }).collect()
}

/// Domains with two slips.
fn two_slips() -> Vec<String> {
    let strong = registry::mil_names().filter(|(_, class)| *class == Class::Strong);
    let strong = strong.map(|(name, _)| name).collect::<Vec<_>>().join("|");
    vec![
        // A `mil` that is neither the first label nor the last but one: the text after it may be a slip as
        // well.
        "[^.@]\\.mil(-[^.@]*)?\\.[^.@]+\\.[^.@]".to_owned(),
        // A leading `mil`, which the checker moves behind the name or drops.
        "@mil\\.([^.@]+\\.[^.@]+\\.[^.@]|us-?(army|navy|af)\\.)".to_owned(),
        // A name follows `.mil` without a dot: the sender may mean that name, or the one before `.mil`.
        format!("\\.mil-?({strong})$"),
        // The last label contains a `mil`, and so does another label.
        "mil[^@]*\\.[^.@]*mil[^.@]*$".to_owned(),
        // The last dot is in the wrong place, and an earlier label has another slip.
        "mil[^@]*\\.[^.@]+(m\\.il|mi\\.l)$".to_owned(),
    ]
}

/// Domains of which the checker warns whatever else they contain.
fn certain(made: &mut Made<'_>) {
    let strong = |name: &str, class: Class| class == Class::Strong || name == "af";
    let known = |_: &str, class: Class| class > Class::Generic;
    made.rules.push(family::states());
    let family = Family {
        note: "Two slips, or an invalid local part",
        is_hinted: false,
        ..Family::default()
    };
    for (hosts, samples) in [
        (Hosts::EndIn("us\\."), &[("us.#.mil.br", ""), ("armymil.us.#.mil.x.army.mil.br", "")]),
        (Hosts::Any, &[("#.mil.br", ""), ("armymil.#.mil.x.army.mil.br", "")]),
    ] {
        made.family(strong, &Family { hosts, tail: "\\.mil\\.[^@]+", samples, ..family.clone() });
    }
    made.rules.push(family::foreign());
    for (head, tail, samples) in [
        ("mil\\.", "\\.[^@]+", &["mil.#.com", "army.mil.#.x.net", "a.mil.#.armymil"][..]),
        ("", "\\.(ml|il|mit|ril)", &["#.ml", "armymil.#.il", "army.mil.x.#.mit", "mil.a.#.ril"]),
        (
            "",
            "\\.mil(-[^.@]*)?\\.[^@]+",
            &["#.mil.com", "#.mil-x.y.net", "armymil.#.mil.armymil", "#.mil.mil.x.nosuchtld"],
        ),
        ("", "\\.mil[^.@]+", &["#.milcom", "army.mil.#.milarmy", "armymil.#.mil-x"]),
    ] {
        let samples: Vec<_> = samples.iter().map(|sample| (*sample, "")).collect();
        let unless = Some(family::compounds());
        let family = Family { head, tail, samples: &samples, unless, ..family.clone() };
        if head.is_empty() { made.family(known, &family) } else { made.family(strong, &family) }
    }
    let samples = ["#mil", "#-mil.com", "army.mil.x.#mil.ru", "usarmymil.#mil"];
    let samples = samples.map(|sample| (sample, ""));
    let glued = Family { tail: "-?mil(\\.[^.@]+)?", samples: &samples, ..family.clone() };
    made.family(|name, class| class > Class::Generic && name.len() >= 3, &glued);
    for head in ["us", "mail"] {
        let samples = [[head, "#mil"].concat(), ["army-mil.", head, "#mil.com"].concat()];
        let samples = [(&*samples[0], ""), (&*samples[1], "")];
        let tail = "mil(\\.[^.@]+)?";
        made.family(strong, &Family { head, tail, samples: &samples, ..family.clone() });
    }
    let suffixes = ["mil".to_owned()];
    let samples = ["unknown", "army.mil.x", "armymil", "mil.army"];
    made.rules.extend(family::below_misses(made.prober, &suffixes, &samples));
}
