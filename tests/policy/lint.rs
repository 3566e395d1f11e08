//! The findings of `policy lint`.

use milguard::Policy;
use milguard::lint::{Linted, lint};
use milguard::policy::Level;
use serde_json::{Value, json};

fn lint_value(document: &Value) -> Linted {
    lint(document.to_string().as_bytes())
}

/// `level path: message` of all problems in a document that has an id and a version.
fn problems(mut document: Value) -> Vec<String> {
    document["id"] = json!("test");
    document["version"] = json!(1);
    lint_value(&document).problems.iter().map(ToString::to_string).collect()
}

/// Checks that exactly one problem is found and that it begins like this.
fn one(document: Value, start: &str) {
    let shown = document.to_string();
    let found = problems(document);
    assert!(found.len() == 1 && found[0].starts_with(start), "{shown}\n{found:#?}");
}

#[test]
fn lint_finds_nothing_in_a_valid_policy() {
    let document = json!({
        "$schema": "policy.schema.json", "mode": "audit",
        "protected": {"suffixes": ["mod.uk"], "domains": ["contractor.example"]},
        "allow": ["lemmy.ml", "*.health.example"], "deny": ["*.ml", "-*.gov.ml", "-gov.ml"],
        "severity": {"suffix-typo": "block"},
        "override": {"warn": "justification"}, "countdown": 60,
        "texts": {"de": {"title": "Halt", "training": "Mehr"}, "pt-BR": {"body": "Pare"}},
        "trainingUrl": "https://training.example/", "markings": {"words": ["Ptarmigan"]},
        "locked": ["protected", "severity.suffix-typo", "texts.de.title", "override.block"],
    });
    assert_eq!(problems(document), [""; 0]);
    // If the policy names no page, the text is on the link to the lesson.
    assert_eq!(problems(json!({"texts": {"en": {"training": "More"}}})), [""; 0]);
}

#[test]
fn json_errors_have_line_and_column() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "line 1, column 0: EOF"),
        (b"{\"id\": \"x\",\n \"deny\": [}", "line 2, column 11: expected value"),
        (b"{\"id\": \"x\",}", "line 1, column 12: trailing comma"),
        (b"{} {}", "line 1, column 4: trailing characters"),
        (b"{'id': 1}", "line 1, column 2: key must be a string"),
        (b"{\n\n\"id\": \"\xff\"}", "line 3: is not UTF-8"),
        (b"\xff\xfe{\0}\0", "line 1: is not UTF-8"),
        (b"{\"version\": 1e999}", "line 1, column 17: number out of range"),
        (b"// comment\n{}", "line 1, column 1: expected value"),
    ];
    for (text, start) in cases {
        let linted = lint(text);
        assert!(linted.has_errors());
        assert!(linted.problems[0].message.starts_with(start), "{:?}", linted.problems);
    }
    let deep = [b"{\"id\":".repeat(10_000), b"[".repeat(10_000)].concat();
    assert!(lint(&deep).has_errors());
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let text = "\u{feff}{\"id\": \"x\", \"version\": 1}";
    assert_eq!(lint(text.as_bytes()).problems, []);
    assert_eq!(Policy::from_json(text.as_bytes()).expect("valid").id, "x");
}

#[test]
fn errors_name_the_path_and_what_is_allowed() {
    one(json!({"mod": "audit"}), "error: mod: is not known here; did you mean \"mode\"?");
    one(json!({"xyzzy": 1}), "error: xyzzy: is not known here; allowed: \"$schema\", \"id\", ");
    one(
        json!({"protected": {"suffix": ["mil"]}}),
        "error: protected.suffix: is not known here; did you mean \"suffixes\"?",
    );
    one(
        json!({"severity": {"sufix-typo": "warn"}}),
        "error: severity.sufix-typo: is not known here; did you mean \"suffix-typo\"?",
    );
    one(
        json!({"severity": {"confusable": "warning"}}),
        "error: severity.confusable: is \"warning\"; allowed: \"pass\", \"notice\", \"warn\"",
    );
    one(
        json!({"severity": {"malformed": "pass"}}),
        "error: severity.malformed: must be notice, warn or block",
    );
    one(
        json!({"severity": {"unexpanded-group": "pass"}}),
        "error: severity.unexpanded-group: must be notice, warn or block",
    );
    one(json!({"mode": "Audit"}), "error: mode: is \"Audit\"; did you mean \"audit\"?");
    one(json!({"mode": null}), "error: mode: is null; allowed: \"enforce\", \"audit\"");
    one(json!({"countdown": 61}), "error: countdown: is 61; allowed is 0 to 60");
    one(json!({"countdown": -1}), "error: countdown: is -1; allowed is 0 to 60");
    one(
        json!({"countdown": 1.5}),
        "error: countdown: is a number with a fraction; allowed is a whole number",
    );
    one(json!({"deny": "*.ml"}), "error: deny: is a text; allowed is a list");
    one(json!({"deny": ["a.example", 3]}), "error: deny[1]: is a whole number; allowed is a text");
    one(json!({"deny": ["*army*"]}), "error: deny[0]: \"*army*\" is not a pattern; write *.ml");
    one(
        json!({"trainingUrl": "http://training.example/"}),
        "error: trainingUrl: is not an https:// address",
    );
    one(
        json!({"texts": {"de": {"titel": "Halt"}}}),
        "error: texts.de.titel: is not known here; did you mean \"title\"?",
    );
    one(json!({"markings": {"enabled": "yes"}}), "error: markings.enabled: is a text; allowed is");
    let top = lint(b"[]");
    assert_eq!(top.problems[0].to_string(), "error: is a list; allowed is an object");
}

#[test]
fn an_error_names_the_entry_that_the_author_means() {
    let meant = |member: Value, entry: &str| {
        let linted = lint(member.to_string().as_bytes());
        let problems = linted.problems.iter().filter(|it| it.level == Level::Error);
        let texts: Vec<_> = problems.map(ToString::to_string).collect();
        assert_eq!(texts.len(), 1, "{member}: {texts:?}");
        texts[0].rsplit_once(entry).map(|(_, said)| said.to_owned()).unwrap_or_default()
    };
    for written in [
        "http://partner.com",
        "HTTPS://www.Partner.com:8443/contact?x=1#y",
        "@partner.com",
        "partner.com.",
        "partner.com/",
        "<partner.com>",
        "partner.com,",
    ] {
        for list in ["allow", "deny"] {
            let said = meant(json!({ list: [written] }), "(to remove it again)");
            assert_eq!(said, "; did you mean partner.com?", "{written}");
        }
    }
    for (written, said) in [
        ("mailto:amy@partner.com", "; did you mean amy@partner.com?"),
        ("Amy <amy@partner.com>", "; did you mean amy@partner.com?"),
        (".partner.com", "; did you mean *.partner.com?"),
        ("partner.com, other.com", "; write each of them as an entry of its own"),
        ("partner.com;amy@other.com", "; write each of them as an entry of its own"),
        ("partner.com other.com", "; write each of them as an entry of its own"),
        ("Amy <amy@x.com>, Bob <bob@y.com>", "; write each of them as an entry of its own"),
        ("Amy <amy@x.com> Bob <bob@y.com>", "; write each of them as an entry of its own"),
        ("https://a.com/x, https://b.com/y", "; write each of them as an entry of its own"),
        ("Doe, Amy <amy@partner.com>", "; did you mean amy@partner.com?"),
        ("*army*", ""),
        ("army mil", ""),
        ("http://", ""),
    ] {
        assert_eq!(meant(json!({ "allow": [written] }), "(to remove it again)"), said, "{written}");
    }
    for (written, said) in [
        ("http://ourcompany.com", "; did you mean ourcompany.com?"),
        ("bob@ourcompany.com", "; did you mean ourcompany.com?"),
        ("*.ourcompany.com", "; did you mean ourcompany.com?"),
        ("OurCompany.COM.", "; did you mean ourcompany.com?"),
        ("ourcompany.com, other.com", "; write each of them as an entry of its own"),
        ("bob@ourcompany.com, ann@other.com", "; write each of them as an entry of its own"),
        ("Amy <amy@army.nl>, Bob <bob@navy.nl>", "; write each of them as an entry of its own"),
        ("ourcompany", ""),
    ] {
        let document = json!({ "protected": { "domains": [written] } });
        assert_eq!(meant(document, ": army.nl"), said, "{written}");
    }
    let document = json!({ "protected": { "suffixes": ["*.mod.uk"] } });
    assert_eq!(meant(document, "mod.uk, nato.int"), "; did you mean mod.uk?");
}

#[test]
fn all_errors_are_found_at_once() {
    let linted = lint(
        br#"{"id": 5, "mode": "x", "deny": ["@", "ok.example", "*"], "later": 1, "mode": "audit"}"#,
    );
    let errors = linted.problems.iter().filter(|problem| problem.level == Level::Error);
    let paths: Vec<_> = errors.map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["mode", "id", "later", "deny[0]", "deny[2]"]);
}

#[test]
fn a_member_that_appears_twice_is_an_error() {
    let linted =
        lint(br#"{"id": "x", "version": 1, "deny": [], "markings": {"words": [], "words": []}}"#);
    assert_eq!(linted.problems.len(), 1);
    assert_eq!(linted.problems[0].path, "markings.words");
    for (document, path) in [
        (
            r#"{"id": "x", "version": 1, "severity": {"confusable": "pass", "confusable": "warn"}}"#,
            "severity.confusable",
        ),
        (r#"{"id": "x", "version": 1, "texts": {"de": {}, "de": {}}}"#, "texts.de"),
        (r#"{"id": "x", "id": "x", "version": 1}"#, "id"),
        (
            r#"{"id": "x", "version": 1, "protected": {"domains": ["a.example"], "domains": []}}"#,
            "protected.domains",
        ),
    ] {
        let problems = lint(document.as_bytes()).problems;
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, [format!("error: {path}: appears twice; keep one of them")]);
        let error = Policy::from_json(document.as_bytes()).expect_err(path).to_string();
        let name = path.rsplit('.').next().unwrap_or_default();
        assert!(error.contains(&format!("duplicate field `{name}`")), "{error}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn each_likely_mistake_is_a_warning() {
    one(
        json!({"allow": ["*.ml"]}),
        "warning: allow[0]: opens all of .ml, where anybody can register",
    );
    one(
        json!({"allow": ["army.ml"]}),
        "warning: allow[0]: allows what Milguard would stop as suffix-typo",
    );
    one(
        json!({"allow": ["x@us.army.mil.com"]}),
        "warning: allow[0]: allows what Milguard would stop",
    );
    one(
        json!({"allow": ["ml"]}),
        "warning: allow[0]: is the name ml itself; names below it are *.ml",
    );
    one(
        json!({"deny": ["army.mil"]}),
        "warning: deny[0]: has no effect: all that it matches is protected",
    );
    one(json!({"deny": ["*.mil"]}), "warning: deny[0]: has no effect");
    one(json!({"deny": ["x@a.army.mil"]}), "warning: deny[0]: has no effect");
    one(
        json!({"deny": ["*.uk"], "protected": {"suffixes": ["mod.uk"]}}),
        "warning: deny[0]: doesn't act on mod.uk, which is protected",
    );
    one(json!({"deny": ["a.example", "A.example"]}), "warning: deny[1]: is the same as deny[0]");
    one(json!({"deny": ["a.example", "*@a.example"]}), "warning: deny[1]: is the same as deny[0]");
    one(
        json!({"allow": ["a.example"], "deny": ["b.example", "a.example"]}),
        "warning: deny[1]: is also allow[0]; deny wins",
    );
    one(json!({"deny": ["-*.gov.ml"]}), "warning: deny[0]: removes nothing from this list");
    one(
        json!({"deny": ["*.ml", "-x.example"]}),
        "warning: deny[1]: removes nothing from this list",
    );
    one(
        json!({"deny": ["-b@x.example", "a@x.example"]}),
        "warning: deny[0]: removes nothing from this list",
    );
    one(
        json!({"deny": ["*.ml", "-*.gov.ml"]}),
        "warning: deny[1]: removes the names below gov.ml, but not gov.ml itself",
    );
    one(
        json!({"protected": {"builtin": false, "suffixes": ["mod.uk"]}}),
        "warning: protected.builtin: is off: names below .mil are not protected",
    );
    one(
        json!({"protected": {"suffixes": ["com"]}}),
        "warning: protected.suffixes[0]: protects the whole top-level domain",
    );
    one(
        json!({"protected": {"domains": ["abc.example"]}}),
        "warning: protected.domains[0]: \"abc.example\" is short",
    );
    one(json!({"locked": ["mode", "overide"]}), "warning: locked[1]: \"overide\" names nothing");
    one(
        json!({"locked": ["severity.typo"]}),
        "warning: locked[0]: \"severity.typo\" names nothing",
    );
    one(json!({"locked": ["version"]}), "warning: locked[0]: \"version\" names nothing");
    one(json!({"locked": ["mode.x"]}), "warning: locked[0]: \"mode.x\" names nothing");
    one(json!({"locked": ["deny[0]"]}), "warning: locked[0]: \"deny[0]\" names nothing");
    one(json!({"severity": {"allowed-by-policy": "warn"}}), "warning: severity.allowed-by-policy:");
    one(json!({"severity": {"denied-by-policy": "notice"}}), "warning: severity.denied-by-policy:");
    one(json!({"override": {"warn": "never", "block": "allowed"}}), "warning: override.block:");
    one(
        json!({"override": {"warn": "justification"}, "reporting": "off"}),
        "warning: reporting: is off, so that nobody reads",
    );
    one(
        json!({"markings": {"enabled": false, "words": ["Ptarmigan"]}}),
        "warning: markings.words: have no effect",
    );
    let missing: Vec<_> = lint(b"{}").problems.iter().map(|it| it.path.clone()).collect();
    assert_eq!(missing, ["id", "version"]);
}

#[test]
fn entries_that_exclude_something_cause_no_warning() {
    for deny in [
        json!(["*.ml", "-orange.ml"]),
        json!(["a.gov.ml", "-*.gov.ml"]),
        json!(["*.gov.ml", "-*.gov.ml"]),
        json!(["x@a.gov.ml", "-*.gov.ml"]),
        json!(["x@a.example", "-a.example"]),
        json!(["a.example", "-x@a.example"]),
        json!(["*.b.example", "-*.a.b.example", "-a.b.example"]),
    ] {
        assert_eq!(problems(json!({"deny": deny})), [""; 0], "{deny}");
    }
}

#[test]
fn a_hundred_thousand_valid_patterns_cause_no_warning() {
    let mut list: Vec<_> = (0..50_000).map(|n| format!("d{n}.example")).collect();
    list.extend((0..50_000).map(|n| format!("-x@d{n}.example")));
    assert_eq!(problems(json!({"deny": list, "allow": ["*.zone.example"]})), [""; 0]);
}

#[test]
fn no_document_makes_lint_panic() {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{202e}💥"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"": {"": ""}}),
    ];
    let names = [
        "$schema",
        "id",
        "version",
        "mode",
        "protected",
        "allow",
        "deny",
        "severity",
        "mute",
        "override",
        "countdown",
        "texts",
        "trainingUrl",
        "reporting",
        "markings",
        "onFailure",
        "gateway",
        "locked",
        "",
    ];
    for name in names {
        for value in &odd {
            for document in
                [json!({name: value}), json!({name: [value]}), json!({name: {name: value}})]
            {
                let linted = lint_value(&document);
                // Clients accept every policy that lint accepts.
                if !linted.has_errors() {
                    Policy::from_json(document.to_string().as_bytes()).expect("a valid policy");
                }
            }
        }
    }
}
