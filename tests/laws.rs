//! Properties that hold for every input, not only for the lines of the corpus.

use milguard::address::parse_address_list;
use milguard::domain::{canonicalize, fold, skeleton};
use milguard::registry::{Class, is_seen_name, is_tld, mil_names};
use milguard::{Checker, Message, Policy, Reason, Recipient, Report, Severity};
use proptest::prelude::*;
use std::sync::LazyLock;

static CHECKER: LazyLock<Checker> =
    LazyLock::new(|| Checker::new(&Policy::default()).expect("the built-in policy is valid"));

fn check_all(addresses: &[String]) -> Report {
    let recipients: Vec<Recipient<'_>> =
        addresses.iter().map(|address| Recipient { address, ..Recipient::default() }).collect();
    CHECKER.check(&Message { recipients: &recipients, ..Message::default() })
}

/// A name registered below `.mil` that may be suggested.
fn name() -> impl Strategy<Value = &'static str> {
    let names: Vec<_> =
        mil_names().filter(|(_, class)| *class > Class::Weak).map(|(name, _)| name).collect();
    prop::sample::select(names)
}

/// Addresses of the kinds that matter: protected, look-alike, ordinary, odd.
fn recipient() -> impl Strategy<Value = String> {
    let domain = prop_oneof![
        (name(), "mil|ml|il|mli|mill|com|mil\\.com|com\\.ml|rnil")
            .prop_map(|(n, s)| format!("{n}.{s}")),
        (name(), "mil|-mil|milx").prop_map(|(n, s)| format!("{n}{s}")),
        "[a-z]{1,8}\\.(com|ml|de|mil|gov\\.ml)",
        "(us|mail|x)\\.(army|navy|af|foo)\\.(mil|ml|com|nl)",
    ]
    .boxed();
    prop_oneof![
        8 => ("[a-z.]{1,12}", domain.clone()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        2 => (domain.clone(), domain).prop_map(|(a, b)| format!("team: ann@{a}, bob@{b};")),
        1 => "[ -~]{0,30}",
        1 => any::<String>(),
    ]
}

/// All strings of letters one edit from `text`.
fn one_edit(text: &str) -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').collect();
    let chars: Vec<char> = text.chars().collect();
    let mut edits = Vec::new();
    let mut push = |edit: Vec<char>| edits.push(edit.into_iter().collect::<String>());
    for at in 0..=chars.len() {
        let (left, right) = chars.split_at(at);
        for letter in &letters {
            push([left, &[*letter], right].concat());
            if let [_, rest @ ..] = right {
                push([left, &[*letter], rest].concat());
            }
        }
        if let [_, rest @ ..] = right {
            push([left, rest].concat());
        }
        if let [a, b, rest @ ..] = right {
            push([left, &[*b, *a], rest].concat());
        }
    }
    edits.retain(|edit| edit != text && !edit.is_empty());
    edits
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_spans_are_within_it(text in any::<String>(), name in any::<String>()) {
        let recipient = Recipient { address: &text, name: Some(&name), field: None };
        let report = CHECKER.check(&Message { recipients: &[recipient], ..Message::default() });
        for finding in &report.recipients[0].findings {
            if let Some(span) = finding.span.clone() {
                prop_assert!(text.get(span).is_some());
            }
        }
    }

    #[test]
    fn no_special_characters_panic(text in "[a.@mil <>\"(),;:\\[\\]\\\\аіｍ。\u{202e}\r\n\t-]{0,60}") {
        let report = CHECKER.check_address(&text);
        for finding in &report.findings {
            if let Some(span) = finding.span.clone() {
                prop_assert!(text.get(span).is_some(), "{text:?} {finding:?}");
            }
        }
        if parse_address_list(&text).is_err() {
            prop_assert!(report.severity > Severity::Pass, "{text:?} passed though it is malformed");
        }
    }

    #[test]
    fn protected_domains_always_pass(host in "([a-z0-9]{1,8}\\.){0,3}", name in name(), local in "[a-z]{1,9}") {
        let report = CHECKER.check_address(&format!("{local}@{host}{name}.mil"));
        prop_assert_eq!(report.severity, Severity::Pass);
        prop_assert!(report.findings.is_empty());
    }

    #[test]
    fn a_suggestion_is_protected_itself(address in recipient()) {
        if let Some(suggestion) = CHECKER.check_address(&address).suggestion {
            let again = CHECKER.check_address(&suggestion);
            prop_assert_eq!(again.severity, Severity::Pass, "{} -> {}", address, suggestion);
        }
    }

    #[test]
    fn a_further_recipient_never_lowers_the_verdict(
        mut addresses in prop::collection::vec(recipient(), 1..6),
        more in recipient(),
    ) {
        let before = check_all(&addresses);
        addresses.push(more);
        let after = check_all(&addresses);
        prop_assert!(after.severity >= before.severity);
        for (before, after) in before.recipients.iter().zip(&after.recipients) {
            prop_assert!(after.severity >= before.severity, "{addresses:?}");
        }
    }

    #[test]
    fn the_order_of_recipients_does_not_matter(addresses in prop::collection::vec(recipient(), 1..6)) {
        let forward = check_all(&addresses);
        let reversed: Vec<String> = addresses.iter().rev().cloned().collect();
        let mut backward = check_all(&reversed);
        backward.recipients.reverse();
        prop_assert_eq!(forward, backward);
    }

    #[test]
    fn checks_are_deterministic(addresses in prop::collection::vec(recipient(), 1..4)) {
        prop_assert_eq!(check_all(&addresses), check_all(&addresses));
    }

    #[test]
    fn the_case_of_letters_does_not_matter(address in recipient()) {
        let lower = CHECKER.check_address(&address.to_ascii_lowercase());
        let upper = CHECKER.check_address(&address.to_ascii_uppercase());
        prop_assert_eq!(lower.severity, upper.severity);
    }

    #[test]
    fn canonical_form_is_idempotent(domain in "[a-zA-Zäßаі。．.-]{1,20}") {
        if let Some(once) = canonicalize(&domain) {
            prop_assert_eq!(canonicalize(&once.ascii), Some(once.clone()));
            prop_assert_eq!(canonicalize(&once.unicode).map(|it| it.ascii), Some(once.ascii));
        }
    }

    #[test]
    fn folding_and_skeletons_are_idempotent(text in "[a-z0-9.а-яαéíñø-]{0,20}") {
        let folded = fold(&text).into_owned();
        prop_assert_eq!(fold(&folded), folded.as_str());
        let once: Vec<u8> = skeleton(&folded).collect();
        let text = String::from_utf8_lossy(&once).into_owned();
        prop_assert_eq!(skeleton(&text).collect::<Vec<u8>>(), once);
    }
}

#[test]
fn every_mistyped_suffix_is_flagged_after_every_name() {
    for edit in one_edit("mil") {
        for (name, class) in mil_names() {
            let report = CHECKER.check_address(&format!("bob@host.{name}.{edit}"));
            let expected = if is_tld(&edit) && class <= Class::Weak {
                Severity::Notice
            } else {
                Severity::Warn
            };
            assert!(report.severity >= expected, "host.{name}.{edit}: {report:?}");
        }
    }
}

#[test]
fn every_edit_of_a_long_name_is_noticed_below_mil() {
    let names: Vec<_> = mil_names().map(|(name, _)| name).collect();
    for name in mil_names().filter(|(_, class)| *class > Class::Weak).map(|(name, _)| name) {
        for edit in one_edit(name) {
            if name.len() < 4 {
                continue;
            }
            let report = CHECKER.check_address(&format!("bob@{edit}.mil"));
            if names.contains(&edit.as_str()) || is_seen_name(&edit) {
                assert_eq!(report.severity, Severity::Pass, "{edit}");
            } else {
                assert!(report.severity >= Severity::Notice, "{edit} is one edit from {name}");
            }
        }
    }
}

#[test]
fn every_reason_can_be_set_by_policy() {
    for reason in Reason::ALL {
        let mut policy = Policy::default();
        policy.severity.insert(reason, Severity::Block);
        policy.deny.push("*.evil.example".into());
        policy.allow.push("friend.ml".into());
        let checker = Checker::new(&policy).unwrap();
        let examples = [
            "bob@army.ml",
            "bob@us.army.com",
            "bob@army.mil.com",
            "bob@armymil.com",
            "bob@аrmy.mil",
            "bob@amry.mil",
            "bob@eb.mil.br",
            "\"ann@army.mil\" <bob@gmail.com>",
            "jane.q.doe.civ@gmail.com",
            "bob@very.evil.example",
            "bob@friend.ml",
            "bob@@army",
            "Friends <Friends>",
        ];
        let recipients: Vec<Recipient<'_>> = examples
            .iter()
            .chain(&["ann@army.mil"])
            .map(|address| Recipient { address, ..Recipient::default() })
            .collect();
        let report = checker.check(&Message { recipients: &recipients, ..Message::default() });
        let blocked = report.recipients.iter().any(|recipient| {
            recipient.severity == Severity::Block
                && recipient.findings.iter().any(|finding| finding.reason == reason)
        });
        assert!(blocked, "{reason:?}");
    }
}

#[test]
fn no_recipient_hangs_the_checker() {
    let list = "a@b,".repeat(16_000);
    let name = "x ".repeat(500_000) + "@army.mil";
    let many_ats = "@army.ml ".repeat(7_000);
    let unlisted: Vec<String> = (0..20_000).map(|number| format!("a@unit{number}.mil")).collect();
    let recipients: Vec<Recipient<'_>> = [list.as_str(), &many_ats, "bob@gmail.com"]
        .into_iter()
        .chain(unlisted.iter().map(String::as_str))
        .map(|address| Recipient { address, name: Some(&name), field: None })
        .collect();
    let report = CHECKER.check(&Message { recipients: &recipients, ..Message::default() });
    assert_eq!(report.recipients.len(), recipients.len());
}

#[test]
fn a_policy_with_thousands_of_domains_protects_each_of_them() {
    let mut policy = Policy::default();
    policy.protected.domains =
        (0..5_000).map(|number| format!("mail.company{number}.com")).collect();
    policy.protected.domains.push("army.nl".into());
    let checker = Checker::new(&policy).unwrap();
    for (address, severity) in [
        ("bob@mail.company0.com", Severity::Pass),
        ("bob@x.mail.company4999.com", Severity::Pass),
        ("bob@mail.somewhere.com", Severity::Pass),
        ("bob@army.nl", Severity::Pass),
        ("bob@us.army.ml", Severity::Warn),
    ] {
        assert_eq!(checker.check_address(address).severity, severity, "{address}");
    }
}
