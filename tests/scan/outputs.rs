//! The outputs: summaries, JSON lines, CSV, the page; and no names of people after `--redact`.

use std::fs;

use crate::scan::run::{LOGS, logs, scan};

#[test]
fn the_summary_names_senders_recipients_times_and_reasons() {
    let ran = scan(&["--year", "2024", &format!("{LOGS}/postfix.log")]);
    let expected = fs::read_to_string("tests/scan/expected/summary.txt").unwrap();
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.status, 1);
}

#[test]
fn the_exit_status_is_that_of_grep() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    for (text, arguments, status) in [
        ("bob@example.com\nann@army.mil\n", &[][..], 0),
        ("bob@army.ml\n", &[], 1),
        ("bob@eb.mil.br\n", &[], 0),
        ("bob@eb.mil.br\n", &["--min-severity", "notice"], 0),
        ("", &[], 0),
    ] {
        fs::write(&list, text).unwrap();
        let mut all = arguments.to_vec();
        all.push(list.to_str().unwrap());
        assert_eq!(scan(&all).status, status, "{text:?} {arguments:?}");
    }
    assert_eq!(scan(&["--since", "yesterday", "-"]).status, 2);
    assert_eq!(scan::<&str>(&[]).status, 2);
    assert_eq!(scan(&["--columns", "x=y", "-"]).status, 2);
}

#[test]
fn a_period_excludes_deliveries_outside_it() {
    let log = format!("{LOGS}/postfix.log");
    let count = |arguments: &[&str]| {
        let mut all = vec!["--format", "jsonl", "--year", "2024", &log];
        all.extend(arguments);
        scan(&all).deliveries().len()
    };
    assert_eq!(count(&[]), 7);
    assert_eq!(count(&["--since", "2024-03-06"]), 6);
    assert_eq!(count(&["--until", "2024-03-05"]), 1);
    assert_eq!(count(&["--since", "2024-03-10", "--until", "2024-03-10"]), 6);
    assert_eq!(count(&["--since", "2025-01-01"]), 0);
}

#[test]
fn the_policy_decides_which_deliveries_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, r#"{"id":"x","version":1,"deny":["*.example.com"],"allow":["army.ml"]}"#)
        .unwrap();
    let list = folder.path().join("list");
    fs::write(&list, "bob@army.ml\nbob@mail.example.com\n").unwrap();
    let ran =
        scan(&["--format", "jsonl", "--policy", policy.to_str().unwrap(), list.to_str().unwrap()]);
    assert_eq!(ran.pairs(), [("bob@mail.example.com".to_owned(), "unknown".to_owned())]);
    assert_eq!(ran.deliveries()[0]["severity"], "block");
}

#[test]
fn redacted_outputs_name_nobody() {
    let people = [
        "bob", "dave", "frank", "kim", "ivy", "ann", "erin", "gina", "hal", "hello", "odd",
        "alerts", "gone", "alias",
    ];
    let columns = "recipient=envelope.to,sender=envelope.from";
    for log in logs() {
        let log = log.to_str().unwrap();
        for format in ["text", "jsonl", "csv", "html", "incident"] {
            let mut arguments =
                vec!["--redact", "--min-severity", "notice", "--format", format, log];
            if log.ends_with("events.jsonl") {
                arguments.extend(["--columns", columns]);
            }
            let ran = scan(&arguments);
            let text = format!("{}{}", ran.stdout, ran.stderr).to_lowercase();
            // The head of the page contains words that are not data.
            let text = text.split("<main>").last().unwrap();
            let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
            for name in people {
                assert!(!words.contains(&name), "{name} of {log} in {format}: {text}");
            }
            assert!(text.contains("army.ml"), "{log} in {format}: {text}");
            assert!(!text.contains("tests/scan"), "{log} in {format}: {text}");
        }
    }
}

#[test]
fn the_page_loads_nothing_and_shows_markup_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("mail.log");
    let hostile = "<script>alert(1)</script>'\"&";
    fs::write(
        &log,
        format!(
            "Mar  5 09:00:02 mx1 postfix/qmgr[1]: AB: from=<x@{hostile}>, size=1, nrcpt=1 (queue active)\n\
             Mar  5 09:00:02 mx1 postfix/smtp[1]: AB: to=<\"{hostile}\"@army.ml>, relay=x, dsn=2.0.0, status=sent ({hostile})\n\
             Mar  5 09:00:03 mx1 postfix/smtp[1]: AC: to=<{hostile}@army.ml>, relay=x\n"
        ),
    )
    .unwrap();
    let out = folder.path().join("report.html");
    let arguments = [
        "--format",
        "html",
        "--out",
        out.to_str().unwrap(),
        "--min-severity",
        "notice",
        log.to_str().unwrap(),
    ];
    let ran = scan(&arguments);
    assert_eq!(ran.stdout, "");
    let page = fs::read_to_string(&out).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert!(!page.to_lowercase().contains("<script"), "{page}");
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"), "{page}");
    for loads in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(loads), "{loads}");
    }
    for part in [
        "<svg",
        "role=\"img\"",
        "<caption>",
        "scope=\"row\"",
        "prefers-color-scheme: dark",
        "@media print",
        "lang=\"en\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn every_form_reports_an_empty_result() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    fs::write(&list, "ann@example.com\n").unwrap();
    let list = list.to_str().unwrap();
    assert!(scan(&[list]).stdout.starts_with("No mail to look-alikes"));
    assert!(scan(&["--format", "html", list]).stdout.contains("No mail to look-alikes"));
    assert_eq!(scan(&["--format", "jsonl", list]).stdout, "");
    assert_eq!(scan(&["--format", "csv", list]).stdout.lines().count(), 1);
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error() {
    let log = format!("{LOGS}/postfix.log");
    let ran = scan(&["--out", "/nowhere/report", &log]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("cannot write /nowhere/report"), "{}", ran.stderr);
    let ran = scan(&["--state", "/nowhere/state", &log]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("/nowhere/state"), "{}", ran.stderr);
}
