//! Each log of `logs/` gives the result in `expected/`, which was written by hand from the log's
//! meaning.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::scan::run::{LOGS, logs, scan};

/// The compared parts of a delivery, as one line.
fn line(delivery: &Value) -> String {
    let text = |name: &str| match &delivery[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "''".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let reasons: Vec<&str> =
        delivery["reasons"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    [
        text("record"),
        text("time"),
        text("sender"),
        text("recipient"),
        text("status"),
        text("attempts"),
        text("rewritten"),
        reasons.join(","),
        text("suggestion"),
        text("id"),
        text("detail"),
    ]
    .join("\t")
}

#[test]
fn every_format_is_recognised_and_read() {
    for log in logs() {
        let name = log.file_name().unwrap().to_str().unwrap();
        let expected = Path::new("tests/scan/expected").join(format!("{name}.tsv"));
        let expected = fs::read_to_string(&expected).unwrap();
        let mut lines = expected.lines().filter(|line| !line.starts_with('#'));
        let format = lines.next().unwrap();
        let mut arguments = vec!["--format", "jsonl", "--year", "2024"];
        if name == "events.jsonl" {
            arguments.extend([
                "--columns",
                "recipient=envelope.to,sender=envelope.from,time=timestamp,status=event,id=id",
            ]);
        }
        if name == "postfix-5424.log" {
            // The look-alike in the last line, after New Year and without a year, may get only a notice.
            arguments.extend(["--min-severity", "notice"]);
        }
        arguments.push(log.to_str().unwrap());
        let ran = scan(&arguments);
        let found: Vec<String> = ran.deliveries().iter().map(line).collect();
        assert_eq!(found, lines.collect::<Vec<_>>(), "{name}\n{}", ran.stderr);
        for delivery in ran.deliveries() {
            assert_eq!(delivery["format"], format, "{name}");
        }
        assert_eq!(ran.status, 1, "{name}");
    }
}

#[test]
fn a_format_can_be_named() {
    let log = format!("{LOGS}/addresses.txt");
    let found = scan(&["--format", "jsonl", "--input-format", "list", &log]);
    assert_eq!(found.deliveries().len(), 3);
    let none = scan(&["--format", "jsonl", "--input-format", "postfix", &log]);
    assert_eq!((none.status, none.stdout.as_str()), (2, ""), "no all-clear: {}", none.stderr);
    let headless = scan(&["--input-format", "exchange", &log]);
    assert_eq!(headless.status, 2);
    assert!(headless.stdout.contains("do not name the columns"), "{}", headless.stdout);
}

#[test]
fn files_without_mail_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, words) in [
        ("a.zip", &b"PK\x03\x04rest"[..], "unpack it first"),
        ("a.msg", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", "save it as .eml"),
        ("a.pst", b"!BDNrest", "export"),
        ("a.journal", b"LPKSHHRHrest", "journalctl"),
        ("a.txt", b"nothing that looks like mail\nat all\n", "no format"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let ran = scan(&[&path]);
        assert_eq!(ran.status, 2, "{name}");
        assert!(ran.stdout.contains(words), "{name}: {}", ran.stdout);
    }
    let ran = scan(&[folder.path()]);
    assert_eq!(ran.status, 2, "nothing that names a recipient was read: {}", ran.stdout);
    assert!(ran.stdout.starts_with("This is not an all-clear"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 files in the folders"), "{}", ran.stdout);
}

#[test]
fn an_unreadable_record_that_names_a_look_alike_gives_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let ordinary = r#"{"to":"ann@example.org","from":"eve@example.com","status":"sent"}"#;
    for (name, content, status) in [
        ("cut.jsonl", format!("{ordinary}\n{{\"to\":\"bob@army.ml\",\"fro"), 2),
        ("cut.json", format!("[\n{ordinary},\n{{\"to\":\"bob@army.ml\",\"fro"), 2),
        ("other-member.jsonl", format!("{ordinary}\n{{\"an\":\"bob@army.ml\"}}\n"), 2),
        ("other-column.csv", "to,status,copy\na@example.org,sent,bob@army.ml\n".into(), 2),
        (
            "cut.log",
            "Mar  5 14:02:11 mx postfix/smtp[1]: 4F9D: to=<a@example.org>, status=sent (ok)\n\
             Mar  5 14:02:12 mx postfix/smtp[1]: 5F9D: to=<bob@army.ml>, rel"
                .into(),
            2,
        ),
        (
            "other-object.jsonl",
            format!("{{\"value\":[{ordinary},{{\"an\":\"bob@army.ml\"}}]}}\n"),
            2,
        ),
        (
            "long-line.jsonl",
            format!("{ordinary}\n{{\"to\":\"bob@army.ml\",\"x\":\"{}\"}}\n", "x".repeat(600 << 10)),
            2,
        ),
        (
            "long-object.json",
            format!("[\n{ordinary},\n{{\"x\":\"{{{}}}\",\"to\":\"bob@army.ml\"}}\n]\n", "x".repeat(2 << 20)),
            2,
        ),
        (
            "other-row.csv",
            "message,note\n\"Mar  5 14:02:11 mx postfix/smtp[1]: 4F9D: to=<a@example.org>, status=sent (ok)\",\n\
             x,bob@army.ml\n"
                .into(),
            2,
        ),
        (
            "other-program.csv",
            "message,note\n\"Mar  5 14:02:11 mx postfix/smtp[1]: 4F9D: to=<a@example.org>, status=sent (ok)\",\n\
             Mar  5 14:02:11 mx sshd[1]: Invalid user bob@army.ml,\n"
                .into(),
            0,
        ),
        ("sender.jsonl", r#"{"to":"a@example.org","from":"bob@army.ml"}"#.into(), 0),
        (
            "senders.csv",
            "sender,return_path,to,status\nbob@army.ml,bob@army.ml,a@example.org,sent\n".into(),
            0,
        ),
        ("ordinary.jsonl", ordinary.into(), 0),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let ran = scan(&[&path]);
        assert_eq!(ran.status, status, "{name}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn an_export_in_one_large_object_is_read_record_by_record() {
    let folder = tempfile::tempdir().unwrap();
    let record = |number: usize, recipient: &str| {
        format!(
            "{{\"MessageId\":\"<{number}@x>\",\"SenderAddress\":\"ann@example.com\",\
             \"RecipientAddress\":\"{recipient}\",\"Status\":\"Delivered\",\"Subject\":\"{}\"}}",
            "x".repeat(200)
        )
    };
    let mut records: Vec<String> = (0..12_000).map(|it| record(it, "a@example.org")).collect();
    records[3] = record(3, "bob@army.ml");
    records[11_990] = record(11_990, "eve@navy.ml");
    let path = folder.path().join("trace.json");
    fs::write(&path, format!("{{\"value\":[{}]}}", records.join(","))).unwrap();
    let ran = scan(&["--format", "jsonl", path.to_str().unwrap()]);
    assert_eq!(ran.deliveries().len(), 2, "{}", ran.stderr);
}

#[test]
fn a_date_in_the_output_of_another_program_does_not_change_the_year() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.log");
    let line = "Mar  5 14:02:11 mx postfix/smtp[1]: 4F9D: to=<bob@army.ml>, status=sent (ok)\n";
    fs::write(&path, format!("{line}2009-01-01 00:00:00 started\n{line}{line}")).unwrap();
    let day = std::time::UNIX_EPOCH + std::time::Duration::from_hours(19_800 * 24);
    fs::File::options().append(true).open(&path).unwrap().set_modified(day).unwrap();
    let ran = scan(&["--format", "jsonl", path.to_str().unwrap()]);
    assert_eq!(ran.deliveries()[0]["time"], "2024-03-05T14:02:11", "{}", ran.stderr);
}

#[test]
fn a_line_with_two_addresses_counts_for_the_flagged_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("virtual");
    fs::write(&path, "bob@army.ml ann@army.mil\nann@example.com eve@navy.ml\n").unwrap();
    let ran = scan(&["--format", "jsonl", path.to_str().unwrap()]);
    let recipients: Vec<_> = ran.deliveries().iter().map(|it| it["recipient"].clone()).collect();
    assert_eq!(recipients, ["bob@army.ml", "eve@navy.ml"]);
}

#[test]
fn a_delivery_outside_of_the_period_does_not_hide_a_record_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.jsonl");
    let old = r#"{"to":"bob@army.ml","time":"2020-03-05T14:02:11Z"}"#;
    fs::write(&path, format!("{old}\n{{\"an\":\"bob@army.ml\"}}\n")).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(scan(&[path]).status, 1);
    assert_eq!(scan(&["--since", "2024-01-01", path]).status, 2);
}
