//! `check --message`.

use std::fs;

use serde_json::Value;

use super::run::{run, run_with};

const MESSAGE: &str = "\
From: \"Me\" <me@contractor.example>\r\n\
To: \"Doe, John\" <john@army.ml>,\r\n ann@army.mil; bob@army,mil\r\n\
Cc: =?utf-8?q?bob=40army.mil?= <x@evil.example>,\r\n Team: a@navy.mil, b@navy.ml;\r\n\
BCC: \"Quoted,\r\n over lines\" <q@gmail.com>\r\n\
Resent-To: r@gmail.com\r\n\
Reply-To: reply@army.ml\r\n\
Subject: plan\r\n\
MIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
\r\n\
Hello\r\n";

fn verdicts(message: &str) -> Vec<Value> {
    let ran = run_with(&["check", "--format", "jsonl", "--message", "-"], message.as_bytes());
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn reasons(verdict: &Value) -> Vec<&str> {
    verdict["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect()
}

#[test]
fn every_recipient_is_named_with_its_field() {
    let verdicts = verdicts(MESSAGE);
    let recipients: Vec<_> = verdicts
        .iter()
        .map(|verdict| (verdict["field"].as_str().unwrap(), verdict["address"].as_str().unwrap()))
        .collect();
    assert_eq!(
        recipients,
        [
            ("to", "john@army.ml"),
            ("to", "ann@army.mil"),
            ("to", "bob@army,mil"),
            ("cc", "x@evil.example"),
            ("cc", "a@navy.mil"),
            ("cc", "b@navy.ml"),
            ("bcc", "q@gmail.com"),
            ("resent-to", "r@gmail.com"),
        ]
    );
}

#[test]
fn recipients_are_judged_together_and_by_their_names() {
    let verdicts = verdicts(MESSAGE);
    assert!(reasons(&verdicts[0]).contains(&"suffix-typo"));
    assert!(reasons(&verdicts[0]).contains(&"sibling-mismatch"), "a sibling of ann@army.mil");
    assert_eq!(reasons(&verdicts[1]), [""; 0]);
    assert_eq!(reasons(&verdicts[2]), ["malformed"]);
    assert_eq!(verdicts[2]["suggestion"], "bob@army.mil");
    assert_eq!(reasons(&verdicts[3]), ["name-mismatch"], "the name is decoded");
    assert!(reasons(&verdicts[5]).contains(&"suffix-typo"), "a member of a group");
    assert_eq!(reasons(&verdicts[6]), [""; 0]);
}

#[test]
fn a_recipient_has_the_same_findings_in_a_message_as_alone() {
    for (recipient, address) in [
        ("Bob <bob@evil.example> (bob@army.mil)", "bob@evil.example"),
        ("bob(bob@army.mil)@evil.example", "bob@evil.example"),
        ("(bob@army.mil) bob@evil.example", "bob@evil.example"),
        ("bob@evil.example (bob@army.mil)", "bob@evil.example"),
        ("Team: bob@evil.example (bob@army.mil);", "bob@evil.example"),
        ("\"bob@army.mil\" <bob@evil.example>", "bob@evil.example"),
        ("\"bob@army.mil\"@evil.example", "\"bob@army.mil\"@evil.example"),
    ] {
        let ran = run(&["check", "--format", "jsonl", recipient]);
        let alone: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(reasons(&alone), ["name-mismatch"], "{recipient}");
        let in_message = verdicts(&format!("To: {recipient}\n\nx\n"));
        assert_eq!(in_message.len(), 1, "{recipient}");
        assert_eq!(in_message[0]["address"], address);
        for member in ["severity", "reasons", "suggestion"] {
            assert_eq!(in_message[0][member], alone[member], "{recipient}: {member}");
        }
    }
    let encoded =
        verdicts("To: bob@evil.example,\n Bob <b@evil.example> (=?utf-8?q?b=40army.mil?=)\n\n");
    assert_eq!(reasons(&encoded[0]), [""; 0]);
    assert_eq!(reasons(&encoded[1]), ["name-mismatch"], "a comment is decoded");
    let others = verdicts("To: Team: ann@gmail.com, bob@army.mil (bob@army.mil);\n\n");
    assert_eq!(reasons(&others[0]), [""; 0], "the comment belongs to the other recipient");
}

#[test]
fn a_file_is_read_and_the_status_is_that_of_its_worst_recipient() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft.eml");
    fs::write(&path, MESSAGE).unwrap();
    let ran = run(&["check", "--message", path.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    assert!(
        ran.stdout.contains("warn    john@army.ml (to, shown as \"Doe, John\")"),
        "{}",
        ran.stdout
    );
    fs::write(&path, "To: ann@army.mil\n\nHello\n").unwrap();
    let ran = run(&["check", "--message", path.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "pass    ann@army.mil (to)\n"));
}

#[test]
fn a_file_that_is_not_a_message_is_an_error() {
    for (input, what) in [
        (&b""[..], "nothing"),
        (b"\n\n", "empty lines"),
        (b"bob@army.ml\n", "a list of addresses"),
        (b"Subject: x\n\nTo: bob@army.ml\n", "no recipient but in the body"),
        (b"To:\nCc: \n\nx\n", "empty fields"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0", "an Outlook .msg"),
        (b"\x7FELF\x02\x01\x01\0\0\0", "a program"),
    ] {
        let ran = run_with(&["check", "--message", "-"], input);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{what}");
        assert!(ran.stderr.starts_with("milguard: standard input has no recipient"), "{what}");
        assert!(ran.stderr.contains(".eml"), "the error says what the option takes");
    }
    let ran = run(&["check", "--message", "no such file.eml"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.starts_with("milguard: cannot read the message no such file.eml: "));
    let ran = run(&["check", "--message", env!("CARGO_MANIFEST_DIR")]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("it is a folder, not a file"), "{}", ran.stderr);
}

#[test]
fn an_unreadable_address_still_counts_as_a_recipient() {
    for (to, address) in [
        ("bob smith@army.mil", "bob smith@army.mil"),
        ("b\u{1b}[31mob@army.mil", "b\u{1b}[31mob@army.mil"),
        ("\"bob@army.mil", "\"bob@army.mil"),
        ("Friends <Friends>", "Friends <Friends>"),
    ] {
        let verdicts = verdicts(&format!("To: {to}\nCc: ann@gmail.com\n\nx\n"));
        assert_eq!(verdicts.len(), 2, "{to:?}");
        assert_eq!(verdicts[0]["address"], address);
        assert_eq!(verdicts[0]["severity"], "notice", "{to:?}");
    }
}

/// The addresses in a message that is not UTF-8 or not quite RFC 5322.
#[test]
fn messages_that_break_the_rfc_are_read() {
    for (message, expected) in [
        (
            &b"From me@x.example Mon Jan  1 00:00:00 2024\nTo: a@army.ml\n\nx"[..],
            &["a@army.ml"][..],
        ),
        (b"\xEF\xBB\xBFTo: a@army.ml\nCc: b@gmail.com\n\n", &["a@army.ml", "b@gmail.com"]),
        (b"To : a@army.ml\n\nx", &["a@army.ml"]),
        (b"TO:a@army.ml\nto: b@army.ml\n\nx", &["a@army.ml", "b@army.ml"]),
        (b"To: a@army.ml", &["a@army.ml"]),
        (b"To:\n a@army.ml,\n\tb@army.ml\n\n", &["a@army.ml", "b@army.ml"]),
        (b"To: M\xFCller <a@army.ml>\n\n", &["a@army.ml"]),
        (b"To: a@army.ml\rx\n\n", &["a@army.ml", "x"]),
    ] {
        let ran = run_with(&["check", "--format", "jsonl", "--message", "-"], message);
        let addresses: Vec<_> = ran
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["address"].clone())
            .collect();
        assert_eq!(addresses, expected, "{}", String::from_utf8_lossy(message));
        assert_eq!(ran.status, 1);
    }
}

#[test]
fn a_hostile_message_does_not_break_the_command() {
    let deep = "Content-Type: multipart/mixed; boundary=x\n\n--x\n".repeat(2000);
    let long = format!("To: {}\n\nx", "a@army.ml, ".repeat(20_000));
    assert_eq!(verdicts(&long).len(), 20_000);
    assert_eq!(verdicts(&format!("To: a@gmail.com\n{deep}")).len(), 1);
    assert_eq!(verdicts(&format!("To: {}@x\n\n", "(".repeat(100_000))).len(), 1);
}

#[test]
fn markings_and_attachments_raise_a_finding() {
    let plain = "To: bob@us.army.com\nSubject: lunch\n\nSee you\n";
    let marked = "To: bob@us.army.com\nSubject: CUI//SP-PRVCY plan\n\nFOR OFFICIAL USE ONLY\n";
    let severity = |message| verdicts(message)[0]["severity"].as_str().unwrap().to_owned();
    assert_eq!(severity("To: bob@gmail.com\nSubject: CUI//SP-PRVCY plan\n\nx\n"), "pass");
    let rank =
        |severity: &str| ["pass", "notice", "warn", "block"].iter().position(|s| *s == severity);
    assert!(rank(&severity(marked)) >= rank(&severity(plain)));
}
