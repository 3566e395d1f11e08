//! Allow and deny patterns.

use milguard::policy::{Patterns, Specificity, limits};
use proptest::prelude::*;

fn list(patterns: &[&str]) -> Patterns {
    let patterns: Vec<_> = patterns.iter().map(|&p| p.to_owned()).collect();
    Patterns::compile(&patterns).expect("patterns")
}

#[test]
fn each_form_of_pattern_matches_the_addresses_it_names() {
    let patterns = list(&["*.ml", "lemmy.ml", "bob@Lemmy.ml", "*@all.example"]);
    let cases = [
        ("x", "ml", None),
        ("x", "army.ml", Some(Specificity::Below(1))),
        ("x", "a.b.c.ml", Some(Specificity::Below(1))),
        ("x", "lemmy.ml", Some(Specificity::Domain)),
        ("x", "www.lemmy.ml", Some(Specificity::Below(1))),
        ("bob", "lemmy.ml", Some(Specificity::Address)),
        ("BoB", "lemmy.ml", Some(Specificity::Address)),
        ("\"bob\"", "lemmy.ml", Some(Specificity::Address)),
        ("bobby", "lemmy.ml", Some(Specificity::Domain)),
        ("x", "all.example", Some(Specificity::Domain)),
        ("x", "sub.all.example", None),
        ("x", "xml", None),
        ("x", "lemmy.ml.example", None),
        ("", "", None),
        ("", "lemmy.ml", Some(Specificity::Domain)),
        ("x", ".", None),
    ];
    for (local_part, domain, want) in cases {
        assert_eq!(patterns.matches(local_part, domain), want, "{local_part}@{domain}");
    }
}

#[test]
fn a_pattern_with_a_minus_removes_addresses_from_a_list() {
    let patterns = list(&["-*.gov.ml", "*.ml", "lemmy.ml", "-eve@lemmy.ml", "-orange.ml"]);
    let cases = [
        ("x", "health.gov.ml", None),
        ("x", "a.health.gov.ml", None),
        ("x", "gov.ml", Some(Specificity::Below(1))),
        ("x", "orange.ml", None),
        ("x", "mail.orange.ml", Some(Specificity::Below(1))),
        ("EVE", "lemmy.ml", None),
        ("bob", "lemmy.ml", Some(Specificity::Domain)),
    ];
    for (local_part, domain, want) in cases {
        assert_eq!(patterns.matches(local_part, domain), want, "{local_part}@{domain}");
    }
}

#[test]
fn the_more_specific_match_is_greater() {
    let patterns = list(&["*.ml", "*.gov.ml", "a.gov.ml", "b@a.gov.ml"]);
    let found = ["x.ml", "x.gov.ml", "a.gov.ml"].map(|domain| patterns.matches("x", domain));
    assert!(found.is_sorted() && found.iter().all(Option::is_some), "{found:?}");
    assert!(patterns.matches("b", "a.gov.ml") > patterns.matches("x", "a.gov.ml"));
}

#[test]
fn names_in_patterns_are_compared_as_a_labels() {
    let patterns = list(&["*.Bücher.Example", "ABC.ml", "jürgen@straße.example"]);
    assert!(patterns.matches("x", "a.xn--bcher-kva.example").is_some());
    assert!(patterns.matches("x", "abc.ml").is_some());
    assert!(patterns.matches("jürgen", "xn--strae-oqa.example").is_some());
}

#[test]
fn texts_that_are_not_patterns_are_refused() {
    let bad = [
        "",
        "-",
        "*",
        "*.",
        "-*.",
        ".",
        ".ml",
        "ml.",
        "@",
        "@lemmy.ml",
        "bob@",
        "*@*.ml",
        "*army*",
        "a.*.ml",
        "*.*.ml",
        "**.ml",
        "*ml",
        "b*b@lemmy.ml",
        "a b@lemmy.ml",
        "lemmy .ml",
        " lemmy.ml",
        "lemmy.ml ",
        "lemmy..ml",
        "--lemmy.ml",
        "a@b@lemmy.ml",
        "\"bob\"@lemmy.ml",
        "bob@[192.0.2.1]",
        "https://lemmy.ml",
        "lemmy.ml/x",
        "a,b",
        "-@",
        "under_score.ml",
        "\u{202e}lemmy.ml",
        "bob\u{a0}@lemmy.ml",
        "bob\0@lemmy.ml",
    ];
    for pattern in bad {
        let list = ["*.ml".to_owned(), pattern.to_owned()];
        let error = Patterns::compile(&list).expect_err(pattern);
        assert_eq!((error.index, error.pattern.as_str()), (1, pattern));
    }
    let long = format!("{}.ml", "a".repeat(2_000_000));
    assert_eq!(Patterns::compile(&[long]).expect_err("too long").pattern.len(), 80);
}

#[test]
fn every_pattern_of_a_long_list_is_found() {
    let name = |n: usize| format!("d{n}.example");
    let mut patterns: Vec<_> = (0..limits::PATTERNS).map(name).collect();
    patterns.extend((0..1_000).map(|n| format!("user{n}@{}", name(n))));
    patterns.extend(patterns.clone());
    let compiled = Patterns::compile(&patterns).expect("patterns");
    assert_eq!(compiled.len(), limits::PATTERNS + 1_000);
    for n in 0..limits::PATTERNS {
        let user = format!("User{n}");
        let want = if n < 1_000 { Specificity::Address } else { Specificity::Domain };
        assert_eq!(compiled.matches(&user, &name(n)), Some(want));
    }
    assert_eq!(compiled.matches("x", &name(limits::PATTERNS)), None);
}

/// How a pattern matches according to the documentation, statement by statement.
fn described(pattern: &str, local_part: &str, domain: &str) -> Option<Specificity> {
    match pattern.split_once('@') {
        Some(("*", name)) => (name == domain).then_some(Specificity::Domain),
        Some((local, name)) => {
            let same = name == domain && local.eq_ignore_ascii_case(local_part);
            same.then_some(Specificity::Address)
        }
        None => match pattern.strip_prefix('*') {
            Some(suffix) => {
                let labels = u8::try_from(suffix.matches('.').count()).expect("few labels");
                domain.ends_with(suffix).then_some(Specificity::Below(labels))
            }
            None => (pattern == domain).then_some(Specificity::Domain),
        },
    }
}

fn described_list(patterns: &[String], local_part: &str, domain: &str) -> Option<Specificity> {
    let mut best = None;
    for pattern in patterns {
        match pattern.strip_prefix('-') {
            Some(out) if described(out, local_part, domain).is_some() => return None,
            Some(_) => {}
            None => best = best.max(described(pattern, local_part, domain)),
        }
    }
    best
}

proptest! {
    /// Few letters, so that patterns and addresses often meet.
    #[test]
    fn look_ups_agree_with_the_description(
        patterns in prop::collection::vec(r"-?(\*\.|\*@|[abA]@)?[ab](\.[ab]){0,3}", 0..12),
        local_part in "[abAB]{1,2}",
        domain in r"[ab](\.[ab]){0,4}",
    ) {
        let compiled = Patterns::compile(&patterns).expect("patterns");
        let want = described_list(&patterns, &local_part, &domain);
        prop_assert_eq!(compiled.matches(&local_part, &domain), want);
    }

    #[test]
    fn no_pattern_panics(patterns in prop::collection::vec(".{0,12}", 0..4), local_part: String, domain: String) {
        if let Ok(compiled) = Patterns::compile(&patterns) {
            compiled.matches(&local_part, &domain);
        }
    }
}
