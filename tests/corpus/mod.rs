//! Runs every line of `tests/corpus/` (its README defines the format) and prints a summary for each class.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and prints its figures"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

mod case;

use self::case::{Alternatives, Expected, json_case, same_address, shorten, tsv_case};
use milguard::{Checker, Field, Message, Policy, Reason, Recipient, RecipientReport, Severity};
use serde_json::Value;

const FOLDER: &str = "tests/corpus";
/// Lists for other tests: the bulk figures' explanations, texts with and without markings.
const OTHER_FILES: [&str; 2] = ["explained.tsv", "markings.tsv"];

/// Counts for the summary.
#[derive(Default)]
struct Tally {
    look_alike: bool,
    cases: usize,
    below: usize,
    above: usize,
    stopped: usize,
    judged: usize,
    wrong: usize,
    silent: usize,
}

impl Tally {
    /// Counts one case. `right`: the suggestion is one of those that are expected.
    fn count(&mut self, expected: &Expected, report: &RecipientReport, right: bool) {
        self.cases += 1;
        self.below += usize::from(report.severity < expected.min);
        self.above += usize::from(report.severity > expected.max);
        self.stopped +=
            usize::from(report.severity > expected.max && report.severity >= Severity::Warn);
        if matches!(&expected.suggestion, Alternatives::OneOf(_)) {
            self.judged += 1;
            self.wrong += usize::from(!right && report.suggestion.is_some());
            self.silent += usize::from(!right && report.suggestion.is_none());
        }
    }
}

#[derive(Default)]
struct Run {
    lines: usize,
    failures: Vec<String>,
    classes: BTreeMap<String, Tally>,
}

#[test]
fn every_line_of_the_corpus_is_judged_as_expected() {
    let mut run = Run::default();
    let checker = Checker::new(&Policy::default()).unwrap();
    run_folder(Path::new(FOLDER), |path| run.file(path, &checker));
    run_folder(&Path::new(FOLDER).join("policy"), |path| {
        if !extension_is(path, "json") {
            let policy = fs::read_to_string(path.with_extension("json")).unwrap();
            let policy: Policy = serde_json::from_str(&policy)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            run.file(path, &Checker::new(&policy).unwrap());
        }
    });
    println!("{}", run.summary());
    assert!(run.lines > 0, "no case found in {FOLDER}");
    assert!(
        run.failures.is_empty(),
        "{}\n{} of {} lines fail",
        run.failures.join("\n"),
        run.failures.len(),
        run.lines
    );
}

#[test]
fn every_reason_is_expected_at_least_five_times() {
    let mut text = String::new();
    let mut add = |path: &Path| text.push_str(&fs::read_to_string(path).unwrap());
    run_folder(Path::new(FOLDER), &mut add);
    run_folder(&Path::new(FOLDER).join("policy"), &mut add);
    for reason in Reason::ALL {
        let code = reason.as_str();
        let asked = text.matches(&format!("\t{code}\t")).count()
            + text.matches(&format!("\t{code}|")).count()
            + text.matches(&format!("\"{code}\"")).count();
        assert!(asked >= 5, "{code} is expected only {asked} times");
    }
}

fn run_folder(folder: &Path, mut visit: impl FnMut(&Path)) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let other = OTHER_FILES.iter().any(|name| path.ends_with(name));
        if !other && (extension_is(&path, "tsv") || extension_is(&path, "jsonl")) {
            visit(&path);
        }
    }
}

fn extension_is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

impl Run {
    fn file(&mut self, path: &Path, checker: &Checker) {
        let text = fs::read_to_string(path).unwrap();
        let file = path.strip_prefix(FOLDER).unwrap().display().to_string();
        let mut class = None;
        for (number, line) in (1..).zip(text.split('\n')) {
            let at = format!("{file}:{number}");
            if let Some(heading) = line.strip_prefix("## class: ") {
                class = Some(self.open_class(heading, &at));
            } else if line.is_empty() || line.starts_with('#') {
                // Comments and empty lines are not cases.
            } else if extension_is(path, "tsv") {
                let class = class.as_deref().unwrap_or_else(|| panic!("{at}: no class"));
                let (address, expected) =
                    tsv_case(line).unwrap_or_else(|error| panic!("{at}: {error}"));
                let report = checker.check_address(&address);
                self.compare(&at, class, &address, &expected, &report);
                self.laws(&at, &address, &report, checker);
            } else {
                let case: Value =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{at}: {error}"));
                self.message(&at, &case, checker);
            }
        }
    }

    fn open_class(&mut self, heading: &str, at: &str) -> String {
        let (name, kind) = heading.split_once(" | ").unwrap_or_else(|| panic!("{at}: no kind"));
        let look_alike = match kind {
            "look-alike" => true,
            "legitimate" => false,
            _ => panic!("{at}: kind {kind}"),
        };
        self.classes.entry(name.to_owned()).or_default().look_alike = look_alike;
        name.to_owned()
    }

    fn message(&mut self, at: &str, case: &Value, checker: &Checker) {
        let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
        let message = &case["message"];
        let list = message["recipients"].as_array().unwrap_or_else(|| panic!("{at}: recipients"));
        let recipients: Vec<Recipient<'_>> = list
            .iter()
            .map(|entry| match entry.as_str() {
                Some(address) => Recipient { address, ..Recipient::default() },
                None => Recipient {
                    address: entry["address"].as_str().unwrap_or_default(),
                    name: entry["name"].as_str(),
                    field: serde_json::from_value::<Option<Field>>(entry["field"].clone()).unwrap(),
                },
            })
            .collect();
        let texts = |name: &str| -> Vec<&str> {
            message[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let (subject, body) = (text(&message["subject"]), text(&message["body"]));
        let report = checker.check(&Message {
            recipients: &recipients,
            from: message["from"].as_str(),
            subject: &subject,
            body: &body,
            attachments: &texts("attachments"),
            muted: &texts("muted"),
        });
        let class = self.open_class(&text(&case["class"]), at);
        let expect = case["expect"].as_array().unwrap_or_else(|| panic!("{at}: expect"));
        assert_eq!(expect.len(), list.len(), "{at}: one expectation for each recipient");
        assert_eq!(report.recipients.len(), list.len(), "{at}: one verdict for each recipient");
        let highest = report.recipients.iter().map(|recipient| recipient.severity).max();
        if highest.unwrap_or_default() != report.severity {
            self.failures
                .push(format!("{at}: the message is not as severe as its worst recipient"));
        }
        for ((recipient, expected), verdict) in
            recipients.iter().zip(expect).zip(&report.recipients)
        {
            let expected = json_case(expected).unwrap_or_else(|error| panic!("{at}: {error}"));
            self.compare(at, &class, recipient.address, &expected, verdict);
        }
    }

    /// Checks properties that hold for every address, whatever the line expects.
    fn laws(&mut self, at: &str, address: &str, report: &RecipientReport, checker: &Checker) {
        let recipient = Recipient { address, ..Recipient::default() };
        let message = Message { recipients: &[recipient], ..Message::default() };
        if checker.check(&message).recipients != std::slice::from_ref(report) {
            self.failures
                .push(format!("{at} {}: alone in a message it is another", shorten(address)));
        }
        if report.suggestion.is_some() != report.suggestions.is_empty()
            && report.suggestion.is_some()
        {
            self.failures.push(format!("{at} {}: a suggestion and choices", shorten(address)));
        }
        for suggestion in report.suggestion.iter().chain(&report.suggestions) {
            self.is_sound(at, address, suggestion, checker);
        }
    }

    /// Notes a failure if the suggested address does not pass.
    fn is_sound(&mut self, at: &str, address: &str, suggestion: &str, checker: &Checker) {
        let advised = checker.check_address(suggestion);
        if advised.severity > Severity::Pass || advised.suggestion.is_some() {
            self.failures.push(format!(
                "{at} {}: the suggestion {} is flagged itself: {}",
                shorten(address),
                shorten(suggestion),
                advised.severity.as_str()
            ));
        }
    }

    fn compare(
        &mut self,
        at: &str,
        class: &str,
        address: &str,
        expected: &Expected,
        report: &RecipientReport,
    ) {
        self.lines += 1;
        let suggestion = report.suggestion.as_deref();
        let right = expected.suggestion.allow(|wanted| same_address(wanted, suggestion));
        self.classes.get_mut(class).unwrap().count(expected, report, right);
        let reasons: Vec<&str> =
            report.findings.iter().map(|found| found.reason.as_str()).collect();
        let explained = expected.reasons.iter().all(|wanted| {
            wanted.allow(|wanted| wanted.map_or(reasons.is_empty(), |code| reasons.contains(&code)))
        });
        let spans_fit = report
            .findings
            .iter()
            .filter_map(|found| found.span.clone())
            .all(|span| span.start < span.end && address.get(span).is_some());
        let severe_enough = (expected.min..=expected.max).contains(&report.severity);
        let offered =
            expected.choices.as_ref().is_none_or(|choices| *choices == report.suggestions);
        let raised: Vec<&str> = report.raised_by.iter().map(|by| by.as_str()).collect();
        let raised_so = expected.raised_by.as_ref().is_none_or(|wanted| *wanted == raised);
        let found_agrees = (report.severity > Severity::Pass) <= !reasons.is_empty();
        if !(severe_enough
            && right
            && offered
            && raised_so
            && explained
            && spans_fit
            && found_agrees)
        {
            let mut line = format!(
                "{at} [{class}] {}: expected {}..{}",
                shorten(address),
                expected.min.as_str(),
                expected.max.as_str()
            );
            for wanted in &expected.reasons {
                let _ = write!(line, " {}", wanted.text());
            }
            let _ = write!(
                line,
                " -> {}; came {} {} -> {}",
                expected.suggestion.text(),
                report.severity.as_str(),
                if reasons.is_empty() { "-".to_owned() } else { reasons.join("+") },
                suggestion.map_or("-".to_owned(), shorten),
            );
            if !(offered && raised_so) {
                let _ = write!(line, "; choices {:?}, raised by {raised:?}", report.suggestions);
            }
            if !spans_fit {
                let _ = write!(line, "; a span is outside the text");
            }
            self.failures.push(line);
        }
    }

    fn summary(&self) -> String {
        let mut out = String::new();
        for look_alike in [true, false] {
            let mut all = Tally::default();
            let title = if look_alike { "look-alikes" } else { "legitimate" };
            let _ = writeln!(
                out,
                "\n{title:<44}{:>7}{:>10}{:>10}{:>8}{:>8}{:>8}",
                "cases", "enough %", "advice %", "wrong", "over", "stopped"
            );
            for (name, tally) in
                self.classes.iter().filter(|(_, tally)| tally.look_alike == look_alike)
            {
                let _ = writeln!(out, "{}", tally.row(name));
                all.add(tally);
            }
            let _ = writeln!(out, "{}", all.row("all"));
        }
        out
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.below += other.below;
        self.above += other.above;
        self.stopped += other.stopped;
        self.judged += other.judged;
        self.wrong += other.wrong;
        self.silent += other.silent;
    }

    fn row(&self, name: &str) -> String {
        let percent = |part: usize, of: usize| match of {
            0 => "-".to_owned(),
            // A percentage rounded down to hundredths, so that 100.00 means all.
            _ => format!("{}.{:02}", part * 100 / of, part * 10_000 / of % 100),
        };
        format!(
            "{name:<44}{:>7}{:>10}{:>10}{:>8}{:>8}{:>8}",
            self.cases,
            percent(self.cases - self.below, self.cases),
            percent(self.judged - self.wrong - self.silent, self.judged),
            self.wrong,
            self.above,
            self.stopped
        )
    }
}
