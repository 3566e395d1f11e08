//! Reading and checking documents.

use milguard::lint::lint;
use milguard::policy::{
    CompiledPolicy, GatewayAction, Listed, Mode, Mute, Override, Reporting, limits,
};
use milguard::{Checker, Policy, Reason, Severity};
use serde_json::json;

fn read(document: serde_json::Value) -> Policy {
    serde_json::from_value(document).expect("a policy")
}

fn compile(document: serde_json::Value) -> CompiledPolicy {
    read(document).compile().expect("a valid policy")
}

/// The paths of all problems.
fn paths(document: serde_json::Value) -> Vec<String> {
    read(document).problems().into_iter().map(|problem| problem.path).collect()
}

#[test]
fn an_empty_document_is_the_default() {
    let policy = read(json!({}));
    assert_eq!(policy, Policy::default());
    assert_eq!(policy.validate(), Ok(()));
    assert!(policy.protected.builtin && policy.protected.suffixes.is_empty());
    assert_eq!(policy.compile().unwrap().protected.suffixes, ["mil"]);
    assert_eq!((policy.mode, policy.mute), (Mode::Enforce, Mute::RealDomains));
    assert_eq!(
        (policy.overrides.warn, policy.overrides.block),
        (Override::Allowed, Override::Never)
    );
    assert!(policy.markings.enabled);
}

#[test]
fn a_policy_with_every_member_is_read_and_written_back() {
    let policy = read(json!({
        "$schema": "policy.schema.json", "id": "acme", "version": 7, "mode": "audit",
        "protected": {"suffixes": ["mod.uk"], "domains": ["army.nl"]},
        "allow": ["a.example"], "deny": ["*.ml"],
        "severity": {"suffix-typo": "block"}, "mute": "off",
        "override": {"warn": "justification", "block": "allowed"}, "countdown": 5,
        "texts": {"de": {"title": "Halt", "training": "Mehr dazu"}},
        "trainingUrl": "https://training.example/misdirected?x=1#y", "reporting": "domain",
        "markings": {"enabled": false, "words": ["Project Ptarmigan"]},
        "onFailure": "block",
        "gateway": {"warn": "hold", "block": "header", "sendAnywayTag": "[send anyway]"},
        "locked": ["mode", "override.block", "gateway.warn"],
    }));
    assert_eq!(policy.validate(), Ok(()));
    assert_eq!(policy.severity[&Reason::SuffixTypo], Severity::Block);
    assert_eq!(policy.reporting, Reporting::Domain);
    assert_eq!(policy.gateway.warn, GatewayAction::Hold);
    let written = serde_json::to_value(&policy).unwrap();
    assert_eq!(read(written.clone()), policy);
    assert_eq!(written["override"]["warn"], "justification");
}

#[test]
fn a_send_anyway_tag_has_to_be_plain_and_short() {
    for tag in ["[send anyway]", "!go", &"x".repeat(40)] {
        assert_eq!(read(json!({"gateway": {"sendAnywayTag": tag}})).validate(), Ok(()), "{tag}");
    }
    for tag in ["", "ab", " ok ", "sénd", "a\r\nBcc: x", &"x".repeat(41)] {
        let error = read(json!({"gateway": {"sendAnywayTag": tag}})).validate().unwrap_err();
        assert_eq!(error.path, "gateway.sendAnywayTag", "{tag:?}");
    }
}

#[test]
fn clients_ignore_members_that_they_do_not_know() {
    let policy = read(json!({
        "later": {"than": ["this"]}, "protected": {"later": 1}, "texts": {"en": {"later": 1}},
        "severity": {"later-reason": {"any": "thing"}, "confusable": "block"},
    }));
    assert_eq!(policy.validate(), Ok(()));
    assert_eq!(policy.severity.len(), 1);
}

#[test]
fn protected_names_are_stored_as_a_labels_without_duplicates() {
    let compiled = compile(json!({"protected": {
        "builtin": false, "suffixes": ["MOD.uk", "mil", "Mil"], "domains": ["Straße.example", "army.nl"],
    }}));
    assert_eq!(compiled.protected.suffixes, ["mod.uk", "mil"]);
    assert_eq!(compiled.protected.domains, ["xn--strae-oqa.example", "army.nl"]);
}

#[test]
fn the_more_specific_list_decides_and_deny_wins_a_tie() {
    let compiled = compile(json!({
        "allow": ["lemmy.ml", "*.gov.ml", "eve@bank.ml", "same.example"],
        "deny": ["*.ml", "bob@lemmy.ml", "bank.ml", "same.example", "-out.ml"],
    }));
    let cases = [
        ("ann", "lemmy.ml", Some(Listed::Allow)),
        ("bob", "lemmy.ml", Some(Listed::Deny)),
        ("ann", "army.ml", Some(Listed::Deny)),
        ("ann", "a.gov.ml", Some(Listed::Allow)),
        ("eve", "bank.ml", Some(Listed::Allow)),
        ("ann", "bank.ml", Some(Listed::Deny)),
        ("ann", "same.example", Some(Listed::Deny)),
        ("ann", "out.ml", None),
        ("ann", "other.example", None),
    ];
    for (local_part, domain, want) in cases {
        assert_eq!(compiled.listed(local_part, domain), want, "{local_part}@{domain}");
    }
}

#[test]
fn every_problem_names_its_path() {
    let found = paths(json!({
        "id": "a b", "version": 0,
        "protected": {"suffixes": [".mil", "mil"], "domains": ["army", "ok.example", "*.x.y"]},
        "allow": ["*army*"], "deny": ["ok.ml", "@"],
        "countdown": 61,
        "texts": {"english": {"title": ""}, "de": {"body": "x\u{202e}y", "title": "a".repeat(101)}},
        "trainingUrl": "http://training.example/",
        "markings": {"words": ["ab", "fine", "- -", "two\nlines"]},
    }));
    let want = [
        "id",
        "version",
        "protected.suffixes[0]",
        "protected.domains[0]",
        "protected.domains[2]",
        "allow[0]",
        "deny[1]",
        "countdown",
        "texts.de.title",
        "texts.de.body",
        "texts.english",
        "texts.english.title",
        "trainingUrl",
        "markings.words[0]",
        "markings.words[2]",
        "markings.words[3]",
    ];
    assert_eq!(found, want);
}

#[test]
fn policies_with_too_many_entries_are_refused() {
    let names = |n: usize| (0..n).map(|i| format!("d{i}.example")).collect::<Vec<_>>();
    let words = |n: usize| (0..n).map(|i| format!("word{i}")).collect::<Vec<_>>();
    let most = json!({
        "protected": {"suffixes": names(limits::SUFFIXES), "domains": names(limits::DOMAINS)},
        "allow": names(limits::PATTERNS), "deny": names(limits::PATTERNS),
        "markings": {"words": words(limits::WORDS)}, "locked": vec!["mode"; limits::LOCKED],
    });
    assert_eq!(paths(most), [""; 0]);
    let more = json!({
        "protected": {"suffixes": names(limits::SUFFIXES + 1), "domains": names(limits::DOMAINS + 1)},
        "allow": names(limits::PATTERNS + 1), "deny": names(limits::PATTERNS + 1),
        "markings": {"words": words(limits::WORDS + 1)}, "locked": vec!["mode"; limits::LOCKED + 1],
    });
    let lists =
        ["protected.suffixes", "protected.domains", "allow", "deny", "markings.words", "locked"];
    assert_eq!(paths(more), lists);
    assert_eq!(paths(json!({"deny": vec!["*"; 5_000]})).len(), 1_000);
}

#[test]
fn a_policy_has_to_protect_something() {
    assert_eq!(paths(json!({"protected": {"builtin": false}})), ["protected"]);
    let domains_only = json!({"protected": {"builtin": false, "domains": ["army.nl"]}});
    assert_eq!(paths(domains_only), [""; 0]);
}

#[test]
fn recipients_that_cannot_be_judged_never_pass() {
    for reason in Reason::ALL {
        let never_passes = matches!(reason, Reason::Malformed | Reason::UnexpandedGroup);
        for severity in ["pass", "notice", "warn", "block"] {
            let policy = read(json!({"severity": {reason.as_str(): severity}}));
            let path = format!("severity.{}", reason.as_str());
            if never_passes && severity == "pass" {
                let error = policy.validate().unwrap_err();
                assert_eq!(error.path, path);
                assert!(error.message.contains("notice, warn or block"), "{error}");
                assert!(Checker::new(&policy).is_err());
            } else {
                assert_eq!(policy.validate(), Ok(()), "{path}: {severity}");
            }
        }
    }
}

/// JSON knows one kind of number (RFC 8259 §6), and so do the clients in JavaScript.
#[test]
fn a_whole_number_may_have_any_notation() {
    for (written, version) in [
        ("1", 1),
        ("1.0", 1),
        ("5.0", 5),
        ("5e0", 5),
        ("1.2e1", 12),
        ("9007199254740991.0", limits::VERSION),
    ] {
        let text = format!(r#"{{"id": "x", "version": {written}, "countdown": 5.0}}"#);
        let policy = Policy::from_json(text.as_bytes()).expect(written);
        assert_eq!((policy.version, policy.countdown), (version, 5), "{written}");
        assert_eq!(lint(text.as_bytes()).problems, [], "{written}");
    }
    for written in [
        "0",
        "0.0",
        "-0",
        "-1",
        "-1.0",
        "1.5",
        "0.1",
        "1e300",
        "-1e300",
        "9007199254740992",
        "9007199254740992.0",
        "18446744073709551615",
        "18446744073709551616",
        "\"1\"",
        "null",
        "[1]",
    ] {
        let text = format!(r#"{{"id": "x", "version": {written}}}"#);
        assert!(Policy::from_json(text.as_bytes()).is_err(), "{written}");
        assert!(lint(text.as_bytes()).has_errors(), "{written}");
    }
    for written in ["60.0", "-0", "0.0"] {
        let text = format!(r#"{{"id": "x", "version": 1, "countdown": {written}}}"#);
        assert!(Policy::from_json(text.as_bytes()).is_ok(), "{written}");
        assert_eq!(lint(text.as_bytes()).problems, [], "{written}");
    }
    for written in ["60.5", "61.0", "4294967296.0", "4294967297"] {
        let text = format!(r#"{{"id": "x", "version": 1, "countdown": {written}}}"#);
        assert!(Policy::from_json(text.as_bytes()).is_err(), "{written}");
    }
}

#[test]
fn a_training_url_has_to_be_https_and_plain() {
    let good = [
        "https://example.org",
        "https://example.org:8443/a?b=c#d",
        "https://[2001:db8::1]/x",
        "https://xn--bcher-kva.example/%20",
    ];
    let bad = [
        "",
        "http://example.org",
        "HTTPS://example.org",
        "https://",
        "https:///x",
        "https://:443/",
        "https://user@example.org/",
        "https://example.org/a b",
        "https://example.org/\"onload",
        "https://example.org/<script>",
        "javascript:alert(1)",
        "https://exa mple.org",
        "https://example.org\n",
        "https://example.org@evil.example",
        "https://example.org\\@evil",
        " https://example.org",
        "https://example.org:port/",
        "https://bücher.example",
    ];
    for url in good {
        assert_eq!(read(json!({"trainingUrl": url})).validate(), Ok(()), "{url}");
    }
    for url in bad {
        assert_eq!(paths(json!({"trainingUrl": url})), ["trainingUrl"], "{url}");
    }
}

#[test]
fn mil_stays_protected_when_more_is_added() {
    let more = json!({"protected": {"suffixes": ["mod.uk"], "domains": ["army.nl"]}});
    assert_eq!(compile(more).protected.suffixes, ["mil", "mod.uk"]);
    let dropped = json!({"protected": {"builtin": false, "suffixes": ["mod.uk"]}});
    assert_eq!(compile(dropped).protected.suffixes, ["mod.uk"]);
}
