//! The fast path for ordinary domains gives the checker's verdicts.

use std::collections::{HashMap, HashSet};
use std::fs;

use milguard::scan::{Blocks, Format, scan_bytes};
use milguard::{Checker, Policy, Severity};

use crate::scan::run::options;

/// The first column of every table of the corpus: the recipients.
fn corpus(folder: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "tsv" || it == "txt") {
            let text = fs::read_to_string(&path).unwrap();
            texts.extend(text.lines().filter(|it| !it.starts_with('#')).map(|line| {
                let text = line.split('\t').next().unwrap_or_default();
                if text.contains('@') { text.to_owned() } else { format!("bob@{text}") }
            }));
        }
    }
    texts
}

/// The recipients of a folder of the corpus, and other local parts at the same domains.
fn variants(folder: &str) -> Vec<String> {
    let locals = ["bob", "jane.q.doe.civ", "b..b", "/o=x", "é"];
    let mut domains = HashSet::new();
    let mut all = Vec::new();
    for text in corpus(folder) {
        if let Some((_, domain)) = text.rsplit_once('@')
            && domains.insert(domain.to_owned())
        {
            all.extend(locals.iter().map(|local| format!("{local}@{domain}")));
        }
        all.push(text);
    }
    all
}

fn agree(policy: &Policy, addresses: &[String], least: Severity) {
    let checker = Checker::new(policy).unwrap();
    // The addresses become a list, whose lines are trimmed and may be comments. Each appears twice,
    // so that the scan meets every domain again. tests/scan/formats.rs tests lines of several
    // words.
    let wanted = |it: &&String| {
        it.contains('@')
            && !it.starts_with('#')
            && !it.contains(|c: char| c.is_ascii_whitespace())
            && !it.contains(['{', '}', '['])
            && it.len() <= 400
    };
    let addresses: Vec<&String> = addresses.iter().filter(wanted).collect();
    let mut text = String::new();
    for address in addresses.iter().chain(&addresses) {
        text.push_str(address);
        text.push('\n');
    }
    let mut options = options(policy, least);
    options.format = Some(Format::List);
    let (deliveries, outcome) = scan_bytes(text.as_bytes(), &options, Blocks::Usual).unwrap();
    assert_eq!(outcome.totals.recipients, 2 * addresses.len() as u64);
    let found: HashMap<u64, _> = deliveries.iter().map(|it| (it.record, it)).collect();
    for (index, address) in addresses.iter().chain(&addresses).enumerate() {
        let report = checker.check_address(address);
        let reported = found.get(&(index as u64 + 1));
        assert_eq!(reported.is_some(), report.severity >= least, "{address:?}");
        if let Some(delivery) = reported {
            let reasons: Vec<_> = report.findings.iter().map(|it| it.reason).collect();
            assert_eq!(delivery.recipient, address.as_str());
            assert_eq!(delivery.verdict.severity, report.severity, "{address:?}");
            assert_eq!(delivery.verdict.reasons, reasons, "{address:?}");
            assert_eq!(delivery.verdict.suggestion, report.suggestion, "{address:?}");
        }
    }
}

#[test]
fn a_scan_judges_the_corpus_as_the_checker_does() {
    let addresses = variants("tests/corpus");
    assert!(addresses.len() > 5_000, "{}", addresses.len());
    for least in [Severity::Notice, Severity::Warn] {
        agree(&Policy::default(), &addresses, least);
    }
}

#[test]
fn a_scan_judges_by_a_policy_as_the_checker_does() {
    let addresses = variants("tests/corpus/policy");
    let mut policies = 0;
    for entry in fs::read_dir("tests/corpus/policy").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "json") {
            let policy: Policy = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            policies += 1;
            for least in [Severity::Notice, Severity::Warn] {
                agree(&policy, &addresses, least);
            }
        }
    }
    assert!(policies > 5);
}

#[test]
fn an_address_on_a_list_is_judged_apart_from_others_at_its_domain() {
    let policy = Policy {
        deny: vec!["bob@Example.com".into(), "*.ml".into(), "-ann@lemmy.ml".into()],
        allow: vec!["eve@b\u{fc}cher.example".into()],
        ..Policy::default()
    };
    let addresses: Vec<String> = [
        "ann@example.com",
        "bob@example.com",
        "BOB@EXAMPLE.COM",
        "ann@lemmy.ml",
        "bob@lemmy.ml",
        "eve@xn--bcher-kva.example",
    ]
    .map(str::to_owned)
    .into();
    agree(&policy, &addresses, Severity::Notice);
}
