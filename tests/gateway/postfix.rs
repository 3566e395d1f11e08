//! The table for Postfix, asked about all known right and wrong addresses.

use std::fs;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use milguard::twins::{Filter, Targets, TwinKind, stream};
use milguard::{Checker, Policy, Severity};

use crate::gateway::table::{Answer, Table};

static DEFAULT: LazyLock<Table> = LazyLock::new(|| Table::of("{}"));

fn checker(policy: &str) -> Checker {
    Checker::new(&serde_json::from_str::<Policy>(policy).unwrap()).unwrap()
}

fn lines(path: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// Asserts that the checker warns of the address too if the table refuses it, with the same
/// suggestion. Returns whether the table answers.
fn assert_no_more(table: &Table, checker: &Checker, address: &str) -> bool {
    let answer = table.answer(address);
    if answer == Answer::Pass {
        return false;
    }
    let report = checker.check_address(address);
    assert!(report.severity >= Severity::Warn, "{address}: {answer:?} but {report:?}");
    // A table keeps hosts in other scripts as they are written; the checker reads them.
    if let Some(hint) = answer.hint().filter(|hint| !hint.contains("xn--")) {
        // Postfix looks addresses up in lower case, including local parts.
        let suggestion = report.suggestion.as_ref().map(|it| it.to_ascii_lowercase());
        assert_eq!(Some(hint), suggestion.as_deref(), "{address}: {report:?}");
    }
    true
}

#[test]
fn a_refusal_names_the_address_that_was_meant() {
    for (address, meant) in [
        ("bob@army.ml", "bob@army.mil"),
        ("bob@us.army.ml", "bob@us.army.mil"),
        ("Bob.Doe@Navy.IL", "bob.doe@navy.mil"),
        ("bob@army.mli", "bob@army.mil"),
        ("bob@army.mil.com", "bob@army.mil"),
        ("bob@us.af.mil.ru", "bob@us.af.mil"),
        ("bob@armymil.com", "bob@army.mil"),
        ("bob@army-mil.us", "bob@army.mil"),
        ("bob@armymil", "bob@army.mil"),
        ("bob@usarmymil.com", "bob@us.army.mil"),
        ("bob@milarmy.com", "bob@army.mil"),
        ("bob@mil.army.net", "bob@army.mil"),
        ("bob@us.army.com", "bob@us.army.mil"),
        ("bob@army.m.il", "bob@army.mil"),
        ("bob@armym.il", "bob@army.mil"),
        ("bob@army.mlil", "bob@army.mil"),
        ("bob@army.milcom", "bob@army.mil"),
        ("bob@arrny.mil", "bob@army.mil"),
        ("bob@xn--rmy-5cd.mil", "bob@army.mil"),
        ("bob@host.xn--rmy-5cd.mil", "bob@host.army.mil"),
        ("bob@centcorn.mil", "bob@centcom.mil"),
        ("bob@disa.xn--il-1b7h", "bob@disa.mil"),
        ("bob@mil.dla.ml", "bob@dla.mil"),
    ] {
        let answer = DEFAULT.answer(address);
        assert_eq!(answer.hint(), Some(meant), "{address}: {answer:?}");
        let Answer::Refused(text) = answer else { panic!("{address}") };
        assert!(text.starts_with("5.1.2 ") && text.is_ascii(), "{text}");
    }
}

#[test]
fn a_refusal_names_no_address_where_nobody_can_tell_the_right_one() {
    for address in [
        "mailto:bob@army.ml",
        "\"mailto:bob\"@army.ml",
        "SMTP:bob@army.mil.com",
        "bob..smith@us.army.ml",
        ".bob@armymil.com",
        "bob(army.mil)@army.ml",
        "bob@navy.milarmy",
        "bob@army-mil.usarmymil",
        "bob@army.mil.centcom.disa.host",
        "bob@unknown.xn--il-1b7h",
    ] {
        let answer = DEFAULT.answer(address);
        assert!(matches!(answer, Answer::Refused(_)), "{address}: {answer:?}");
        assert_eq!(answer.hint(), None, "{address}");
    }
}

#[test]
fn addresses_that_are_or_may_be_right_are_never_refused() {
    let mut count = 0;
    for address in [
        "bob@army.mil",
        "bob@anything.at.all.mil",
        "bob@amry.mil",
        "bob@gmail.com",
        "bob@enfamil.com",
        "bob@eb.mil.br",
        "bob@army.mil.co",
        "bob@mil.wa.gov",
        "bob@sharepoint-mil.us",
        "bob@health.ml",
        "bob@navy.org",
        "bob@centcom.org",
        "bob@army",
        "bob@localhost",
        "postmaster",
        "",
        "bob@",
        "@army.ml",
        "bob@[192.0.2.1]",
        "bob@army..ml",
        "bob@-army.ml",
    ] {
        assert_eq!(DEFAULT.answer(address), Answer::Pass, "{address}");
    }
    for path in ["data/mil-hosts.txt", "data/us-military-nonmil.txt", "data/foreign-military.txt"] {
        for domain in lines(path) {
            let address = format!("bob@{domain}");
            assert_eq!(DEFAULT.answer(&address), Answer::Pass, "{address}");
            count += 1;
        }
    }
    // postfix.test.js tries all 57,311 domains in Postfix itself.
    for domain in lines("data/common-domains.txt").iter().step_by(20) {
        let address = format!("bob@{domain}");
        assert_eq!(DEFAULT.answer(&address), Answer::Pass, "{address}");
        count += 1;
    }
    assert!(count > 8_000, "{count}");
}

#[test]
fn no_line_of_the_corpora_is_refused_that_the_checker_does_not_warn_of() {
    let checker = checker("{}");
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
            if recipient.contains(['<', ' ', ',', '\\', '"']) || !recipient.is_ascii() {
                continue;
            }
            tried += 1;
            warned += usize::from(checker.check_address(&recipient).severity >= Severity::Warn);
            refused += usize::from(assert_no_more(&DEFAULT, &checker, &recipient));
        }
    }
    assert!(tried > 8_000 && warned > 3_000, "{warned} of {tried}");
    assert!(refused * 100 >= warned * 91, "{refused} of {warned}");
}

/// Labels that mean something to one rule or another, and some that mean nothing.
const LABELS: [&str; 62] = [
    "army",
    "navy",
    "af",
    "us",
    "mil",
    "ml",
    "il",
    "mli",
    "mi",
    "l",
    "m",
    "com",
    "net",
    "gov",
    "br",
    "ru",
    "co",
    "uk",
    "www",
    "mail",
    "health",
    "cloud",
    "disa",
    "dla",
    "ng",
    "ai",
    "centcom",
    "usarmy",
    "armymil",
    "army-mil",
    "milarmy",
    "usarmymil",
    "mailarmymil",
    "mil-login",
    "milx",
    "x",
    "a-b",
    "wa",
    "host",
    "amc",
    "xn--rmy-5cd",
    "arrny",
    "rnil",
    "mit",
    "ril",
    "nosuchtld",
    "local",
    "corp",
    "idf",
    "gr",
    "armym",
    "navymi",
    "amry",
    "mill",
    "mlil",
    "id",
    "test",
    "mil-",
    "-mil",
    "xn--",
    "smil",
    "eb",
];

/// Domains put together from labels that mean something, which is where rules get in each other's way.
fn made_up(count: usize) -> impl Iterator<Item = String> {
    // Numerical Recipes' generator: the same domains in every run.
    let mut state = 1_u32;
    let mut next = move |limit: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % limit
    };
    (0..count).map(move |_| {
        let labels = 1 + next(5);
        let labels: Vec<_> = (0..labels).map(|_| LABELS[next(LABELS.len())]).collect();
        format!("bob@{}", labels.join("."))
    })
}

#[test]
fn no_made_up_domain_is_refused_that_the_checker_does_not_warn_of() {
    let checker = checker("{}");
    let refused = made_up(12_000).filter(|it| assert_no_more(&DEFAULT, &checker, it)).count();
    assert!(refused > 1_500, "{refused}");
}

#[test]
fn almost_every_address_that_the_checker_warns_of_is_refused() {
    // Mistyped hosts, each with its right form.
    let mut missed = Vec::new();
    let mut tried = 0;
    let checker = checker("{}");
    for host in lines("data/mil-hosts.txt").iter().step_by(7) {
        let name = host.strip_suffix(".mil").unwrap();
        for mistyped in [
            format!("{name}.ml"),
            format!("{name}.il"),
            format!("{name}.mi"),
            format!("{name}.mli"),
            format!("{name}.mil.com"),
            format!("{name}mil.com"),
        ] {
            let address = format!("bob@{mistyped}");
            if checker.check_address(&address).severity < Severity::Warn {
                continue;
            }
            tried += 1;
            if !assert_no_more(&DEFAULT, &checker, &address) {
                missed.push(address);
            }
        }
    }
    assert!(tried > 3_000, "{tried}");
    assert!(missed.len() * 1_000 <= tried, "{} of {tried}: {missed:?}", missed.len());
}

#[test]
fn every_twin_that_the_checker_warns_of_is_refused() {
    let targets = ["army.mil", "navy.mil", "centcom.mil", "disa.mil"].map(str::to_owned);
    let targets = Targets::of_domains(&Policy::default(), &targets).unwrap();
    let filter = Filter {
        severity: Severity::Warn,
        kinds: TwinKind::ALL.into_iter().filter(|kind| *kind != TwinKind::TldSwap).collect(),
        ..Filter::default()
    };
    let mut missed = Vec::new();
    let mut tried = 0;
    let _: ControlFlow<()> = stream(&targets, &filter, |twin| {
        tried += 1;
        if DEFAULT.answer(&format!("bob@{}", twin.domain)) == Answer::Pass {
            missed.push(twin.domain);
        }
        ControlFlow::Continue(())
    });
    assert!(tried > 500, "{tried}");
    // A host joined to a name has many forms, three of which have a rule.
    missed.retain(|domain| !domain.contains("mil."));
    assert!(missed.len() * 50 < tried, "{} of {tried}: {missed:?}", missed.len());
}

#[test]
fn the_rules_follow_lists_as_the_checker_does() {
    for name in ["lists", "domains", "severities", "mod-uk", "many-patterns"] {
        let policy = fs::read_to_string(format!("tests/corpus/policy/{name}.json")).unwrap();
        let (table, checker) = (Table::of(&policy), checker(&policy));
        let cases = lines(&format!("tests/corpus/policy/{name}.tsv"));
        for address in
            cases.iter().filter(|it| it.is_ascii() && !it.contains(['<', ' ', '\\', '"']))
        {
            assert_no_more(&table, &checker, address);
        }
        for address in made_up(1_000) {
            assert_no_more(&table, &checker, &address);
        }
    }
}

#[test]
fn the_more_specific_entry_of_deny_and_allow_decides() {
    let policy = r#"{
        "deny": ["*.ml", "-*.gov.ml", "bad.example", "*.evil.example", "eve@fine.example", "*.mil"],
        "allow": ["lemmy.ml", "good.evil.example", "*.fine.evil.example", "bob@bad.example", "army.il"],
        "protected": {"suffixes": ["mil"], "domains": ["contractor.example"]}
    }"#;
    let (table, checker) = (Table::of(policy), checker(policy));
    for (address, is_refused, hint) in [
        ("ann@shop.ml", true, None),
        ("ann@ml", false, None),
        ("ann@health.gov.ml", false, None),
        ("ann@lemmy.ml", false, None),
        ("ann@x.lemmy.ml", true, None),
        ("ann@army.ml", true, Some("ann@army.mil")),
        ("ann@army.il", false, None),
        ("ann@navy.il", true, Some("ann@navy.mil")),
        ("ann@bad.example", true, None),
        ("bob@bad.example", false, None),
        ("ann@evil.example", false, None),
        ("ann@x.evil.example", true, None),
        ("ann@good.evil.example", false, None),
        ("ann@a.fine.evil.example", false, None),
        ("eve@fine.example", true, None),
        ("ann@fine.example", false, None),
        ("ann@army.mil", false, None),
        ("ann@contractor.example", false, None),
        ("ann@contracter.example", true, Some("ann@contractor.example")),
        ("ann@host.contracter.example", true, Some("ann@host.contractor.example")),
    ] {
        let answer = table.answer(address);
        assert_eq!(answer != Answer::Pass, is_refused, "{address} {answer:?}");
        assert_eq!(answer.hint(), hint, "{address}");
        assert_no_more(&table, &checker, address);
        let warned = checker.check_address(address).severity >= Severity::Warn;
        assert_eq!(warned, is_refused, "{address}");
    }
}

#[test]
fn a_policy_in_audit_mode_logs_and_refuses_nothing() {
    let table = Table::of(r#"{"mode": "audit", "deny": ["bad.example"]}"#);
    for address in ["bob@army.ml", "bob@bad.example", "bob@foo.mli"] {
        assert!(matches!(table.answer(address), Answer::Logged(_)), "{address}");
    }
    assert_eq!(table.answer("bob@army.ml").hint(), Some("bob@army.mil"));
    assert_eq!(table.answer("bob@army.mil"), Answer::Pass);
}

#[test]
fn a_severity_below_warn_refuses_nothing() {
    let table = Table::of(
        r#"{"severity": {"suffix-typo": "notice", "denied-by-policy": "notice"},
                              "deny": ["bad.example"]}"#,
    );
    for address in ["bob@army.ml", "bob@army.mli", "bob@bad.example"] {
        assert_eq!(table.answer(address), Answer::Pass, "{address}");
    }
    assert!(matches!(table.answer("bob@army.mil.com"), Answer::Refused(_)));
}

#[test]
fn texts_of_the_policy_are_written_so_that_no_table_misreads_them() {
    let table = Table::of(
        r#"{"deny": ["bad.example"], "trainingUrl": "https://example.mil/look-alikes",
            "texts": {"en": {"blocked": "Ask the $0 \"help desk\"\n#1 über 'it'"}}}"#,
    );
    let Answer::Refused(text) = table.answer("bob@bad.example") else { panic!() };
    assert_eq!(text, "5.1.2 Ask the 0 help desk 1 ?ber it. See https://example.mil/look-alikes");
    let Answer::Refused(text) = table.answer("bob@army.ml") else { panic!() };
    assert!(text.ends_with("did you mean bob@army.mil? See https://example.mil/look-alikes"));
}
