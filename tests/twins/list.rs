//! The listed twins of all registered names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::thread;

use milguard::twins::{Filter, Reach, Target, Targets, Twin, TwinKind, most_likely, stream};
use milguard::{Checker, Policy, Severity, registry};

fn all(targets: &Targets) -> Vec<Twin> {
    let mut twins = Vec::new();
    let _: ControlFlow<()> = stream(targets, &Filter::default(), |twin| {
        twins.push(twin);
        ControlFlow::Continue(())
    });
    twins
}

fn targets(domains: &[&str]) -> Targets {
    let domains: Vec<_> = domains.iter().map(|&domain| domain.to_owned()).collect();
    Targets::of_domains(&Policy::default(), &domains).unwrap()
}

#[test]
fn every_twin_of_every_name_is_flagged_and_listed_once() {
    let twins = all(&Targets::of_policy(&Policy::default()).unwrap());
    let distinct: BTreeSet<_> = twins.iter().map(|twin| twin.domain.as_str()).collect();
    assert_eq!(distinct.len(), twins.len());
    assert!(twins.len() > 200_000, "{}", twins.len());
    let checker = Checker::new(&Policy::default()).unwrap();
    // The local part differs from the generator's, because it must not matter.
    thread::scope(|scope| {
        for part in twins.chunks(twins.len().div_ceil(2)) {
            let checker = &checker;
            scope.spawn(move || {
                for twin in part {
                    let report = checker.check_address(&format!("bob@{}", twin.domain));
                    assert_eq!(report.severity, twin.severity, "{twin:?}");
                    assert!(report.severity >= Severity::Notice, "{twin:?}");
                    let last = twin.domain.rsplit('.').next().unwrap();
                    let reach = match (last, registry::is_tld(last)) {
                        ("mil", _) => Reach::Inside,
                        (_, true) => Reach::Stranger,
                        (_, false) => Reach::Nowhere,
                    };
                    assert_eq!(twin.reach, reach, "{twin:?}");
                }
            });
        }
    });
}

#[test]
fn slips_that_really_happen_are_covered() {
    let twins = all(&targets(&["army.mil", "us.army.mil"]));
    let listed: BTreeMap<_, _> = twins.iter().map(|twin| (twin.domain.as_str(), twin)).collect();
    for (domain, kind) in [
        ("army.ml", TwinKind::TldSwap),
        ("army.il", TwinKind::TldSwap),
        ("army.mit", TwinKind::TldSwap),
        ("army.ril", TwinKind::TldSwap),
        ("army.mi", TwinKind::TldSwap),
        ("army.org", TwinKind::TldSwap),
        ("us.army.ml", TwinKind::TldSwap),
        ("us.army.com", TwinKind::TldSwap),
        ("army.mil.com", TwinKind::Various),
        ("us.army.mil.com", TwinKind::Various),
        ("armymil.com", TwinKind::Various),
        ("army-mil.com", TwinKind::Various),
        ("milarmy.com", TwinKind::Various),
        ("usarmy.mil", TwinKind::Various),
        ("usarmy.ml", TwinKind::Various),
        ("usarmymil.com", TwinKind::Various),
        ("armym.il", TwinKind::Various),
        ("army.m.il", TwinKind::Subdomain),
        ("ar.my.mil", TwinKind::Subdomain),
        ("ar-my.mil", TwinKind::Hyphenation),
        ("amry.mil", TwinKind::Transposition),
        ("arrny.mil", TwinKind::Homoglyph),
        ("xn--rmy-5cd.mil", TwinKind::Homoglyph),
    ] {
        let twin = listed.get(domain).unwrap_or_else(|| panic!("{domain} is missing"));
        assert_eq!(twin.kind, kind, "{domain}");
        assert_eq!(twin.of, "army.mil");
    }
}

#[test]
fn all_edits_of_distance_one_are_covered_except_registered_names() {
    let alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-";
    // Names that public lists contain count as registered.
    let seen = std::fs::read_to_string("data/seen-names.txt").unwrap();
    let seen = seen.lines().filter(|line| !line.starts_with('#'));
    let registered: BTreeSet<_> = registry::mil_names().map(|(name, _)| name).chain(seen).collect();
    let checker = Checker::new(&Policy::default()).unwrap();
    for name in ["af", "dla", "army", "uscg", "centcom"] {
        let domain = format!("{name}.mil");
        let twins = all(&targets(&[&domain]));
        let listed: BTreeSet<_> = twins.iter().map(|twin| twin.domain.as_str()).collect();
        // This is independent of the generator: every string that the alphabet allows.
        let mut edits = BTreeSet::new();
        for at in 0..=name.len() {
            let (left, right) = name.split_at(at);
            for letter in alphabet.chars() {
                edits.insert(format!("{left}{letter}{right}"));
            }
            let mut rest = right.chars();
            let Some(first) = rest.next() else { continue };
            let after = rest.as_str();
            edits.insert(format!("{left}{after}"));
            for letter in alphabet.chars() {
                edits.insert(format!("{left}{letter}{after}"));
            }
            if let Some(second) = rest.next() {
                edits.insert(format!("{left}{second}{first}{}", rest.as_str()));
            }
        }
        let mut missing = Vec::new();
        for edit in edits {
            let is_label = !edit.starts_with('-') && !edit.ends_with('-');
            if is_label && edit != name && !registered.contains(edit.as_str()) {
                let domain = format!("{edit}.mil");
                // The checker ignores one letter below `.mil`.
                let passes =
                    checker.check_address(&format!("x@{domain}")).severity == Severity::Pass;
                assert!(!passes || edit.len() < 2, "{domain}");
                if !passes && !listed.contains(domain.as_str()) {
                    missing.push(domain);
                }
            }
        }
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

#[test]
fn the_likeliest_twins_come_first() {
    let twins = all(&targets(&["army.mil"]));
    assert!(twins.is_sorted_by_key(|twin| std::cmp::Reverse(twin.score)));
    assert_eq!(twins[0].domain, "army.ml");
    let place = |domain: &str| twins.iter().position(|twin| twin.domain == domain).unwrap();
    for (first, second) in [
        ("army.ml", "army.il"),
        ("army.il", "army.plumbing"),
        ("army.mil.com", "army.mil.biz"),
        // A domain that nobody can own is not a danger.
        ("army.ril", "army.mi"),
        ("army.org", "amry.mil"),
        ("amry.mil", "arqy.mil"),
        // A neighbouring key is likelier than any other.
        ("army.mul", "army.mzl"),
    ] {
        assert!(place(first) < place(second), "{first} before {second}");
    }
}

#[test]
fn the_best_known_names_have_the_likeliest_twins() {
    let targets = Targets::of_policy(&Policy::default()).unwrap();
    let filter = Filter { only_delegated: true, ..Filter::default() };
    let best = most_likely(&targets, &filter, 20);
    assert_eq!(best.len(), 20);
    assert!(best.is_sorted_by_key(|twin| std::cmp::Reverse(twin.score)));
    let domains: Vec<_> = best.iter().map(|twin| twin.domain.as_str()).collect();
    for domain in ["army.ml", "navy.ml", "af.ml"] {
        assert!(domains.contains(&domain), "{domain} in {domains:?}");
    }
}

#[test]
fn other_domains_are_protected_as_soon_as_they_are_named() {
    for (domain, twin) in [
        ("contractor.example.com", "exmaple.com"),
        ("contractor-group.co.uk", "contractorgroup.co.uk"),
        ("contractor-group.co.uk", "contractor-group.cok.uk"),
        ("newunit.mil", "newunit.ml"),
        ("Müller-Rüstung.de", "xn--mller-rstung-klb4e.de"),
    ] {
        let twins = all(&targets(&[domain]));
        assert!(!twins.is_empty(), "{domain}");
        let found = twins.iter().any(|it| it.domain == twin);
        assert!(found || domain.starts_with('M'), "{twin} of {domain}: {:?}", &twins[..5]);
    }
}

#[test]
fn a_domain_that_policy_allows_is_not_a_twin() {
    let policy: Policy =
        serde_json::from_str(r#"{"allow": ["army.ml"], "protected": {"domains": ["rtx.com"]}}"#)
            .unwrap();
    let twins = all(&Targets::of_domains(&policy, &["army.mil".to_owned()]).unwrap());
    assert!(twins.iter().all(|twin| twin.domain != "army.ml"));
    assert!(twins.iter().any(|twin| twin.domain == "army.il"));
    let of: BTreeSet<_> = Targets::of_policy(&policy).unwrap().iter().map(Target::domain).collect();
    assert!(of.contains("rtx.com") && of.contains("army.mil"));
}
