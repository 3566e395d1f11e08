//! Layers, and the explanation by `policy show`.

use milguard::Policy;
use milguard::policy::{Layer, Merged, Mode, Refused, explain};
use serde_json::{Value, json};

fn merge(documents: &[Value]) -> Merged {
    let layers = documents.iter().enumerate().map(|(number, document)| {
        Layer::read(format!("layer {number}"), document.to_string().as_bytes()).expect("valid")
    });
    Policy::merge(layers.collect())
}

#[test]
fn no_layer_gives_the_default_policy() {
    let merged = merge(&[]);
    assert_eq!(merged.policy(), Policy::default());
    assert!(explain(&merged).iter().all(|statement| statement.layers.is_empty()));
}

#[test]
fn a_layer_replaces_values_merges_members_and_extends_lists() {
    let merged = merge(&[
        json!({
            "id": "org", "countdown": 3, "deny": ["a.example"], "severity": {"confusable": "block"},
            "override": {"warn": "justification"}, "texts": {"de": {"title": "Halt"}},
            "trainingUrl": "https://org.example/",
        }),
        json!({
            "id": "group", "countdown": 5, "deny": ["b.example", "a.example", "-a.example"],
            "severity": {"suffix-typo": "notice"}, "override": {"block": "justification"},
            "texts": {"de": {"body": "Prüfen"}, "fr": {"title": "Attention"}}, "trainingUrl": null,
        }),
    ]);
    let document = Value::Object(merged.document.clone());
    let want = json!({
        "id": "group", "countdown": 5, "deny": ["a.example", "b.example", "-a.example"],
        "severity": {"confusable": "block", "suffix-typo": "notice"},
        "override": {"warn": "justification", "block": "justification"},
        "texts": {"de": {"title": "Halt", "body": "Prüfen"}, "fr": {"title": "Attention"}},
        "trainingUrl": null,
    });
    assert_eq!(document, want);
    assert_eq!(merged.refused, []);
    let origins: Vec<(&str, usize)> =
        merged.origins.iter().map(|(path, &layer)| (path.as_str(), layer)).collect();
    let want = [
        ("countdown", 1),
        ("deny[0]", 0),
        ("deny[1]", 1),
        ("deny[2]", 1),
        ("id", 1),
        ("override.block", 1),
        ("override.warn", 0),
        ("severity.confusable", 0),
        ("severity.suffix-typo", 1),
        ("texts.de.body", 1),
        ("texts.de.title", 0),
        ("texts.fr.title", 1),
        ("trainingUrl", 1),
    ];
    assert_eq!(origins, want);
}

#[test]
fn a_layer_that_adds_a_suffix_keeps_mil_protected() {
    let merged = merge(&[json!({"protected": {"suffixes": ["mod.uk"]}}), json!({})]);
    assert_eq!(merged.policy().compile().unwrap().protected.suffixes, ["mil", "mod.uk"]);
    let locked = json!({"protected": {"builtin": true}, "locked": ["protected.builtin"]});
    let merged = merge(&[locked, json!({"protected": {"builtin": false, "suffixes": ["mod.uk"]}})]);
    assert!(merged.policy().protected.builtin);
    assert_eq!(merged.refused[0].path, "protected.builtin");
}

#[test]
fn a_lower_layer_cannot_change_a_locked_value() {
    let merged = merge(&[
        json!({"mode": "enforce", "deny": ["*.ml"], "locked": ["mode", "deny", "severity", "texts.de"]}),
        json!({
            "mode": "audit", "deny": ["b.example"], "severity": {"confusable": "pass"},
            "texts": {"de": {"title": "x"}, "en": {"title": "Stop"}}, "locked": ["countdown"],
        }),
        json!({"mode": "enforce", "countdown": 9, "reporting": "off", "locked": []}),
    ]);
    let refused: Vec<_> =
        merged.refused.iter().map(|it| (it.layer, it.path.as_str(), it.locked_by)).collect();
    let want = [
        (1, "mode", 0),
        (1, "deny", 0),
        (1, "severity.confusable", 0),
        (1, "texts.de.title", 0),
        (2, "countdown", 1),
    ];
    assert_eq!(refused, want, "the same value as before is no change");
    let policy = merged.policy();
    assert_eq!((policy.mode, policy.countdown), (Mode::Enforce, 0));
    assert_eq!(policy.deny, ["*.ml"]);
    assert_eq!(policy.texts.keys().collect::<Vec<_>>(), ["en"]);
    assert_eq!(merged.locked_by("texts.de.title"), Some(0));
    assert_eq!(merged.locked_by("texts.den"), None);
}

#[test]
fn a_layer_cannot_unlock_a_value_and_may_set_a_value_that_it_locks() {
    let merged = merge(&[
        json!({"locked": ["mode"]}),
        json!({"locked": [], "mode": "audit", "countdown": 4}),
        json!({"locked": ["countdown"], "countdown": 7}),
    ]);
    assert_eq!(merged.refused, [Refused { layer: 1, path: "mode".into(), locked_by: 0 }]);
    assert_eq!(merged.policy().countdown, 7);
}

#[test]
fn a_layer_with_errors_is_not_merged() {
    let problems = Layer::read("bad", br#"{"mode": "of"}"#).expect_err("no such mode");
    assert_eq!(problems[0].path, "mode");
    assert!(Layer::read("bad", b"[]").is_err());
    assert!(Layer::read("bad", b"").is_err());
}

#[test]
fn statements_say_where_each_value_comes_from() {
    let merged = merge(&[
        json!({"deny": ["*.ml", "-*.gov.ml"], "locked": ["override"]}),
        json!({"deny": ["b.example"], "mode": "audit"}),
    ]);
    let statements = explain(&merged);
    let find = |path: &str| {
        statements.iter().find(|statement| statement.path == path).expect("a statement")
    };
    assert_eq!(find("mode").sentence, "Senders see nothing; clients only report findings.");
    assert_eq!(find("mode").layers, [1]);
    let deny = find("deny");
    assert_eq!(deny.sentence, "Mail is blocked to *.ml and b.example, but not to *.gov.ml.");
    assert_eq!(deny.layers, [0, 1]);
    assert_eq!(deny.parts, [(0, "*.ml and -*.gov.ml".into()), (1, "b.example".into())]);
    let locked = find("override.warn");
    assert_eq!((locked.layers.as_slice(), locked.locked_by), (&[][..], Some(0)));
}

#[test]
fn long_lists_are_bounded_and_shown_by_their_first_entries() {
    let domains: Vec<_> = (0..100_000).map(|n| format!("d{n}.example")).collect();
    let merged = merge(&[json!({"deny": domains}), json!({"deny": ["last.example"]})]);
    assert_eq!(merged.policy().deny.len(), 100_001);
    let errors = merged.policy().problems();
    assert_eq!(errors.len(), 1, "each layer is within the limit, both together are not");
    let statements = explain(&merged);
    let deny = statements.iter().find(|it| it.path == "deny").expect("a statement");
    let want = "Mail is blocked to d0.example, d1.example, d2.example, d3.example, d4.example and \
                99996 more.";
    assert_eq!(deny.sentence, want);
}
