//! The bulk figures, over every line of the lists in `data/`: recall and suggestions on all known hosts
//! mistyped in the same way, false alarms on real domains. `--nocapture` prints them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and prints its figures"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use milguard::{Checker, Policy, RecipientReport, Severity};

/// The results for one list.
#[derive(Default)]
struct Figures {
    cases: usize,
    by_severity: BTreeMap<Severity, usize>,
    right: usize,
    wrong: Vec<String>,
    too_mild: Vec<String>,
}

struct Bulk {
    checker: Checker,
    generic: BTreeSet<String>,
}

impl Bulk {
    fn new() -> Self {
        Self {
            checker: Checker::new(&Policy::default()).unwrap(),
            generic: lines("tests/corpus/generic-names.txt").into_iter().collect(),
        }
    }

    fn check(&self, domain: &str) -> RecipientReport {
        self.checker.check_address(&format!("jane.doe@{domain}"))
    }

    /// Checks `mistyped(host)` for every known host below `.mil`; `floor` is the mildest right verdict.
    fn hosts(
        &self,
        title: &str,
        mistyped: impl Fn(&str) -> String,
        floor: impl Fn(&str) -> Severity,
    ) -> Figures {
        let mut figures = Figures::default();
        for host in lines("data/mil-hosts.txt").iter().chain(&lines("data/mil-domains.txt")) {
            let host = host.strip_suffix(".mil").unwrap();
            let domain = mistyped(host);
            let report = self.check(&domain);
            figures.add(&report);
            if report.severity < floor(host) {
                figures.too_mild.push(format!("{domain}: {}", report.severity.as_str()));
            }
            match report.suggestion {
                Some(found) if found == format!("jane.doe@{host}.mil") => figures.right += 1,
                Some(found) => figures.wrong.push(format!("{domain}: {found}")),
                None => {}
            }
        }
        figures.print(title);
        figures
    }

    /// The mildest right verdict below a delegated suffix, where a generic name may be someone
    /// else's.
    fn floor_if_delegated(&self, host: &str) -> Severity {
        let name = host.rsplit('.').next().unwrap();
        if self.generic.contains(name) { Severity::Notice } else { Severity::Warn }
    }
}

impl Figures {
    fn add(&mut self, report: &RecipientReport) {
        self.cases += 1;
        *self.by_severity.entry(report.severity).or_default() += 1;
    }

    fn at_least(&self, severity: Severity) -> usize {
        self.by_severity.range(severity..).map(|(_, count)| count).sum()
    }

    fn print(&self, title: &str) {
        let count = |severity| self.by_severity.get(&severity).copied().unwrap_or_default();
        println!(
            "{title:<34}{:>8} checked{:>8} pass{:>8} notice{:>8} warn{:>8} suggestions right{:>6} wrong",
            self.cases,
            count(Severity::Pass),
            count(Severity::Notice),
            count(Severity::Warn),
            self.right,
            self.wrong.len()
        );
    }

    /// No verdict is milder than its floor, no suggestion is wrong, and at least 98 % of the cases
    /// get the right one.
    fn must_hold(&self) {
        assert!(self.too_mild.is_empty(), "too mild:\n{}", self.too_mild.join("\n"));
        assert!(self.wrong.is_empty(), "wrong suggestions:\n{}", self.wrong.join("\n"));
        assert!(self.right * 100 >= self.cases * 98, "{} of {} suggested", self.right, self.cases);
    }
}

fn lines(path: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let all = text.split('\n').filter(|line| !line.is_empty() && !line.starts_with("# "));
    all.map(str::to_owned).collect()
}

#[test]
fn hosts_with_ml_instead_of_mil_are_stopped() {
    let bulk = Bulk::new();
    let figures =
        bulk.hosts(".ml", |host| format!("{host}.ml"), |host| bulk.floor_if_delegated(host));
    figures.must_hold();
}

#[test]
fn hosts_with_another_delegated_suffix_are_flagged() {
    let bulk = Bulk::new();
    for suffix in ["il", "mit", "ril"] {
        let mistyped = |host: &str| format!("{host}.{suffix}");
        bulk.hosts(&format!(".{suffix}"), mistyped, |_| Severity::Notice).must_hold();
    }
}

#[test]
fn hosts_with_com_appended_are_stopped() {
    let bulk = Bulk::new();
    let floor = |host: &str| {
        if bulk.generic.contains(host) { Severity::Notice } else { Severity::Warn }
    };
    bulk.hosts(".mil.com", |host| format!("{host}.mil.com"), floor).must_hold();
}

#[test]
fn hosts_without_the_dot_before_mil_are_stopped() {
    let bulk = Bulk::new();
    let floor = |host: &str| {
        // After one or two letters, `mil` may be part of an ordinary word.
        let short = host.len() <= 2 || bulk.generic.contains(host);
        if short { Severity::Notice } else { Severity::Warn }
    };
    bulk.hosts("last dot dropped", |host| format!("{host}mil"), floor).must_hold();
}

#[test]
fn hosts_with_a_suffix_that_is_not_a_tld_are_stopped() {
    let bulk = Bulk::new();
    let tlds: BTreeSet<String> = lines("data/tlds.txt").into_iter().collect();
    let suffixes: Vec<String> =
        one_edit("mil").into_iter().filter(|suffix| !tlds.contains(suffix)).collect();
    assert_eq!(suffixes.len(), 177, "the strings one edit from mil that are not TLDs");
    let mut all = Figures::default();
    let hosts = lines("data/mil-hosts.txt");
    for suffix in &suffixes {
        for host in &hosts {
            let host = host.strip_suffix(".mil").unwrap();
            let domain = format!("{host}.{suffix}");
            let report = bulk.check(&domain);
            all.add(&report);
            if report.severity < Severity::Warn {
                all.too_mild.push(format!("{domain}: {}", report.severity.as_str()));
            }
            match report.suggestion {
                Some(found)
                    if found.strip_prefix("jane.doe@").and_then(|d| d.strip_suffix(".mil"))
                        == Some(host) =>
                {
                    all.right += 1;
                }
                Some(found) => all.wrong.push(format!("{domain}: {found}")),
                None => {}
            }
        }
    }
    all.print("one edit, no TLD");
    all.must_hold();
}

/// All strings one edit (optimal string alignment) from `word`, letters only.
fn one_edit(word: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for at in 0..=word.len() {
        let (left, right) = word.split_at(at);
        let after = right.get(1..).unwrap_or_default();
        for letter in 'a'..='z' {
            found.insert(format!("{left}{letter}{right}"));
            if !right.is_empty() {
                found.insert(format!("{left}{letter}{after}"));
            }
        }
        if !right.is_empty() {
            found.insert(format!("{left}{after}"));
        }
        let mut letters = right.chars();
        if let (Some(first), Some(second)) = (letters.next(), letters.next()) {
            found.insert(format!("{left}{second}{first}{}", letters.as_str()));
        }
    }
    found.remove(word);
    found
}

#[test]
fn genuine_hosts_get_no_finding() {
    let bulk = Bulk::new();
    let mut figures = Figures::default();
    let mut flagged = Vec::new();
    let known: Vec<String> =
        lines("data/mil-hosts.txt").into_iter().chain(lines("data/mil-domains.txt")).collect();
    for domain in known {
        let upper = domain.to_uppercase();
        for domain in [
            format!("g6-new.{domain}"),
            format!("mx1.hq.{domain}"),
            format!("mil.{domain}"),
            format!("army.ml.{domain}"),
            format!("{domain}."),
            upper,
            domain,
        ] {
            let report = bulk.check(&domain);
            figures.add(&report);
            if !report.findings.is_empty() || report.suggestion.is_some() {
                flagged.push(domain);
            }
        }
    }
    figures.print("genuine .mil");
    assert!(flagged.is_empty(), "{}", flagged.join("\n"));
}

#[test]
fn real_domains_get_no_finding_or_an_explained_one() {
    let bulk = Bulk::new();
    let mut figures = Figures::default();
    let mut found = BTreeSet::new();
    for domain in lines("data/common-domains.txt") {
        let report = bulk.check(&domain);
        figures.add(&report);
        if report.severity > Severity::Pass {
            found.insert(format!("{domain}\t{}", report.severity.as_str()));
        }
    }
    figures.print("common domains");
    let explained: BTreeSet<String> = lines("tests/corpus/explained.tsv")
        .iter()
        .map(|line| {
            let (case, why) = line.rsplit_once('\t').unwrap();
            assert!(!why.is_empty(), "{case}: no explanation");
            case.to_owned()
        })
        .collect();
    let unexplained: Vec<_> = found.difference(&explained).cloned().collect();
    assert!(unexplained.is_empty(), "flagged, not explained:\n{}", unexplained.join("\n"));
    let stale: Vec<_> = explained.difference(&found).cloned().collect();
    assert!(
        stale.is_empty(),
        "explained, but not flagged with this severity:\n{}",
        stale.join("\n")
    );
    assert!(figures.at_least(Severity::Notice) * 1_000 <= figures.cases * 2, "over 0.2 % flagged");
    assert!(figures.at_least(Severity::Warn) * 10_000 <= figures.cases * 5, "over 0.05 % at warn");
}

#[test]
fn military_domains_outside_mil_are_never_stopped() {
    let bulk = Bulk::new();
    for list in ["data/us-military-nonmil.txt", "data/foreign-military.txt"] {
        let mut figures = Figures::default();
        let mut stopped = Vec::new();
        for domain in lines(list) {
            for domain in [format!("mail.{domain}"), domain] {
                let report = bulk.check(&domain);
                figures.add(&report);
                if report.severity > Severity::Notice {
                    stopped.push(domain);
                }
            }
        }
        figures.print(list);
        assert!(stopped.is_empty(), "{}", stopped.join("\n"));
    }
}
