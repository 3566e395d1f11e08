//! Rules for hosted mail services. No Gmail, Mimecast or Proofpoint can run them here: a crate with RE2's syntax reads the
//! expressions and matches them as Gmail would, and the checker judges each domain of a list.

use std::fs;

use milguard::gateway::{Format, render};
use milguard::{Checker, Policy, Severity};
use regex::Regex;

fn policy(text: &str) -> Policy {
    serde_json::from_str(text).unwrap()
}

/// A part of the file for Google Workspace.
#[derive(Default)]
struct Setting {
    matches: Vec<Regex>,
    unless: Vec<Regex>,
    is_all: bool,
    action: String,
    notice: String,
}

impl Setting {
    fn refuses(&self, recipients: &str) -> bool {
        let is_found = |list: &[Regex]| list.iter().any(|it| it.is_match(recipients));
        let found = if self.is_all {
            self.matches.iter().all(|it| it.is_match(recipients))
        } else {
            is_found(&self.matches)
        };
        found && !is_found(&self.unless)
    }
}

fn settings(text: &str) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            settings.push(Setting::default());
            continue;
        }
        let setting = settings.last_mut().expect("a part begins with its name");
        let (key, value) = line.split_once(": ").unwrap();
        let expression = || {
            assert!(value.len() <= 1_000, "{} characters", value.len());
            // Syntax that RE2 lacks, or for which Gmail would need an option.
            for missing in ["(?=", "(?!", "(?<", "\\1", "(?>"] {
                assert!(!value.contains(missing), "{missing} in {value}");
            }
            assert!(value.starts_with("(?i)"), "{value}");
            Regex::new(value).unwrap()
        };
        match key {
            "matches" => setting.matches.push(expression()),
            "not matches" => setting.unless.push(expression()),
            "expressions" => setting.is_all = value == "ALL",
            "action" => value.clone_into(&mut setting.action),
            "notice" => value.clone_into(&mut setting.notice),
            other => panic!("{other}"),
        }
    }
    for setting in &settings {
        let count = setting.matches.len() + setting.unless.len();
        assert!((1..=10).contains(&count), "{count} expressions");
        // A negated expression is useful only beside one that has to match.
        assert_eq!(setting.is_all, !setting.unless.is_empty());
    }
    settings
}

fn google(text: &str) -> Vec<Setting> {
    let files = render(&policy(text), Format::GoogleWorkspace).unwrap();
    settings(&files[Format::GoogleWorkspace.main_file()])
}

fn refuses(settings: &[Setting], recipients: &str) -> bool {
    settings.iter().any(|setting| setting.refuses(recipients))
}

fn lines(path: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn google_s_expressions_refuse_a_look_alike_among_any_recipients() {
    let settings = google("{}");
    for address in [
        "bob@army.ml",
        "Bob@US.Army.ML",
        "bob@us.navy.mil.com",
        "bob@army-mil.com",
        "bob@us.af.com",
        "bob@centcom.ml",
        "bob@anything.mli",
    ] {
        for recipients in [
            address.to_owned(),
            format!("ann@example.com, {address}"),
            format!("<{address}>,<ann@example.com>"),
            format!("{address}; ann@army.mil"),
            format!("ann@example.com\n{address}\n"),
        ] {
            assert!(refuses(&settings, &recipients), "{recipients}");
        }
    }
    for recipients in
        ["ann@army.mil, bob@example.com", "ann@army.ml.example.com", "ann@mil.army.example.org"]
    {
        assert!(!refuses(&settings, recipients), "{recipients}");
    }
    assert!(
        settings
            .iter()
            .all(|it| it.action == "Reject message"
                && it.notice.contains("please check the address"))
    );
}

#[test]
fn google_s_expressions_judge_the_corpora_as_the_checker_does_or_milder() {
    let (settings, checker) = (google("{}"), Checker::new(&Policy::default()).unwrap());
    let (mut tried, mut warned, mut refused) = (0, 0, 0);
    for entry in fs::read_dir("tests/corpus").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "tsv")
            || path.ends_with("markings.tsv")
        {
            continue;
        }
        for recipient in lines(path.to_str().unwrap()) {
            // A server sees only an address.
            if recipient.contains(['<', '>', ' ', ',', ';', '\\', '"']) || !recipient.is_ascii() {
                continue;
            }
            let is_warned = checker.check_address(&recipient).severity >= Severity::Warn;
            let is_refused = refuses(&settings, &recipient);
            assert!(is_warned || !is_refused, "{recipient} is refused");
            tried += 1;
            warned += usize::from(is_warned);
            refused += usize::from(is_refused);
        }
    }
    assert!(tried > 8_000 && warned > 3_000, "{warned} of {tried}");
    assert!(refused * 100 >= warned * 60, "{refused} of {warned}");
    for path in [
        "data/common-domains.txt",
        "data/mil-hosts.txt",
        "data/us-military-nonmil.txt",
        "data/foreign-military.txt",
    ] {
        for domain in lines(path).iter().step_by(10) {
            assert!(!refuses(&settings, &format!("bob@{domain}")), "{domain}");
        }
    }
}

const LISTS: &str = r#"{
    "deny": ["*.ml", "-*.gov.ml", "bad.example", "worse.example", "eve+x@fine.example", "*.mil"],
    "allow": ["lemmy.ml", "army.il", "bob@bad.example", "armymil.com"],
    "protected": {"suffixes": ["mil"], "domains": ["o-neill-example.com"]}
}"#;

#[test]
fn google_s_lists_become_expressions_and_exceptions() {
    let settings = google(LISTS);
    let checker = Checker::new(&policy(LISTS)).unwrap();
    for (address, is_refused) in [
        ("ann@shop.ml", true),
        ("ann@army.ml", true),
        ("ann@health.gov.ml", false),
        ("ann@lemmy.ml", false),
        ("ann@army.il", false),
        ("ann@navy.il", true),
        ("ann@bad.example", true),
        ("bob@bad.example", false),
        ("eve+x@fine.example", true),
        ("eve@fine.example", false),
        ("ann@army.mil", false),
        ("ann@o-neill-example.com", false),
        ("ann@o-neil-example.com", true),
        ("ann@armymil.com", false),
    ] {
        assert_eq!(refuses(&settings, address), is_refused, "{address}");
        let warned = checker.check_address(address).severity >= Severity::Warn;
        assert!(warned || !is_refused, "{address}");
    }
    // Google applies an exception for one recipient to the whole message.
    assert!(!refuses(&settings, "ann@navy.il, ann@army.il"));
}

#[test]
fn in_audit_mode_google_delivers() {
    let settings = google(r#"{"mode": "audit"}"#);
    assert!(
        settings.iter().all(|it| it.action.starts_with("Modify message") && it.notice.is_empty())
    );
    assert!(refuses(&settings, "bob@army.ml"));
}

#[test]
fn a_list_holds_domains_that_the_checker_warns_of_and_no_others() {
    for format in [Format::Mimecast, Format::Proofpoint] {
        for (text, expected, others) in [
            (
                "{}",
                &["army.ml", "navy.ml", "armymil.com"][..],
                &["army.mil", "health.ml", "example.com"][..],
            ),
            (
                LISTS,
                &["army.ml", "worse.example", "o-neil-example.com"],
                &["army.il", "bad.example", "armymil.com", "lemmy.ml"],
            ),
        ] {
            let checker = Checker::new(&policy(text)).unwrap();
            let files = render(&policy(text), format).unwrap();
            assert_eq!(files.len(), 2);
            let domains: Vec<&str> = files[format.main_file()].lines().collect();
            assert!(domains.is_sorted() && domains.len() > 1_000, "{}", domains.len());
            for domain in &domains {
                assert!(domain.is_ascii() && !domain.contains(['@', '*', ' ']), "{domain}");
                let report = checker.check_address(&format!("bob@{domain}"));
                assert!(report.severity >= Severity::Warn, "{domain}: {report:?}");
            }
            for domain in expected {
                assert!(domains.contains(domain), "{domain} in {format:?}");
            }
            for domain in others {
                assert!(!domains.contains(domain), "{domain} in {format:?}");
            }
            let guide = &files[format.guide_file()];
            assert!(guide.contains("UNTESTED") && guide.contains(format.main_file()), "{guide}");
        }
        let audit = render(&policy(r#"{"mode": "audit"}"#), format).unwrap();
        assert!(audit[format.guide_file()].contains("audit mode"));
    }
}
