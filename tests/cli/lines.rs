//! `check --format jsonl` on standard input: one line of output for each line of input, whatever it
//! contains.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::run::{program, run_with};

/// The verdicts on `input`, checked for their form.
fn verdicts(input: &[u8]) -> Vec<Value> {
    let ran = run_with(&["check", "--format", "jsonl"], input);
    assert_eq!(ran.stderr, "");
    assert!(ran.status < 2);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let has_warning =
        |line: &Value| ["warn", "block"].contains(&line["severity"].as_str().unwrap());
    assert_eq!(ran.status == 1, lines.iter().any(has_warning));
    for line in &lines {
        let object = line.as_object().unwrap();
        let keys: Vec<_> = object.keys().map(String::as_str).collect();
        let contract = ["address", "severity", "reasons", "suggestion", "spans", "delegated"];
        assert_eq!(keys[..6], contract);
        let reasons = line["reasons"].as_array().unwrap().len();
        assert_eq!(line["spans"].as_array().unwrap().len(), reasons);
        assert_eq!(line["delegated"].as_array().unwrap().len(), reasons);
        let address = line["address"].as_str().unwrap();
        for span in line["spans"].as_array().unwrap().iter().filter(|span| !span.is_null()) {
            let [start, end] = [0, 1].map(|n| usize::try_from(span[n].as_u64().unwrap()).unwrap());
            let is_cut = object.contains_key("truncated");
            assert!(is_cut || address.get(start..end).is_some(), "{span} of {address:?}");
        }
    }
    lines
}

fn addresses(input: &[u8]) -> Vec<String> {
    verdicts(input).iter().map(|line| line["address"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn output_follows_the_contract_to_the_byte() {
    let ran = run_with(&["check", "--format", "jsonl"], b"bob@gmail.com\nbob@army.ml\n");
    assert_eq!(
        ran.stdout,
        concat!(
            r#"{"address":"bob@gmail.com","severity":"pass","reasons":[],"suggestion":null,"#,
            r#""spans":[],"delegated":[]}"#,
            "\n",
            r#"{"address":"bob@army.ml","severity":"warn","reasons":["suffix-typo"],"#,
            r#""suggestion":"bob@army.mil","spans":[[9,11]],"delegated":[true]}"#,
            "\n",
        )
    );
}

#[test]
fn each_input_line_gives_one_output_line() {
    assert_eq!(addresses(b""), [""; 0]);
    assert_eq!(addresses(b"\n"), [""]);
    assert_eq!(addresses(b"a@b\r\n\n\r\nc@d"), ["a@b", "", "", "c@d"]);
    assert_eq!(addresses(b"\n\n\n"), ["", "", ""]);
    assert_eq!(addresses(b"a\rb\n"), ["a\rb"]);
    assert_eq!(addresses(b"\xEF\xBB\xBFa@b\n"), ["a@b"]);
}

#[test]
fn only_line_feeds_end_a_line() {
    let text = "a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f\u{1c}g";
    let input = format!("{text}\nx@y\n");
    assert_eq!(addresses(input.as_bytes()), [text, "x@y"]);
    let ran = run_with(&["check", "--format", "jsonl"], input.as_bytes());
    let raw =
        |character: &char| ('\u{80}'..'\u{A0}').contains(character) || *character == '\u{2028}';
    assert_eq!(ran.stdout.chars().find(raw), None, "a reader may take it for the end of a line");
}

#[test]
fn lines_without_an_address_or_valid_utf8_are_malformed() {
    for input in [
        &b""[..],
        b" ",
        b"\t",
        b"\0",
        b"a@\0b",
        b"b\xFFb@army.mil",
        b"\xC3",
        b"\xED\xA0\x80@army.mil",
        b"bob@army\xE2\x80\xAE.mil",
        b"\x1B[31mbob@army.mil",
        b"bob",
        b"@",
        b"a@b@c",
        b"\"",
        b"((((",
        b"<",
        b"/o=ExchangeLabs/ou=x/cn=bob",
    ] {
        let lines = verdicts(&[input, b"\n"].concat());
        assert_eq!(lines.len(), 1, "{input:?}");
        assert_ne!(lines[0]["severity"], "pass", "{input:?}");
    }
    assert_eq!(addresses(b"b\xFFb@army.mil\n\xC3"), ["b\u{FFFD}b@army.mil", "\u{FFFD}"]);
}

#[test]
fn a_line_with_any_byte_gives_one_line_of_output() {
    let all: Vec<u8> = (0..=255).filter(|&byte| byte != b'\n').collect();
    let input: Vec<u8> = all.iter().flat_map(|&byte| [b'a', byte, b'@', b'b', b'\n']).collect();
    assert_eq!(verdicts(&input).len(), 255);
    assert_eq!(verdicts(&all).len(), 1);
}

#[test]
fn long_lines_are_malformed_and_cut() {
    let mut input = b"bob@army.mil ".repeat(200_000);
    input.extend_from_slice(b"\nbob@army.ml\n");
    let lines = verdicts(&input);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["truncated"], true);
    assert_eq!(lines[0]["reasons"][0], "malformed");
    assert!(lines[0]["address"].as_str().unwrap().len() < 70_000);
    assert_eq!(lines[1]["reasons"][0], "suffix-typo");
    assert!(lines[1].get("truncated").is_none());

    // Cut at the limit, one of these lines ends right after a valid address.
    for over in 0..8 {
        let quoted = "x".repeat(65_536 - 20 + over);
        let lines = verdicts(format!("\"{quoted}\" <bob@army.mil>é\n").as_bytes());
        assert_ne!(lines[0]["severity"], "pass", "{over}");
    }
}

#[test]
fn output_lines_come_in_the_order_of_the_input() {
    let input: Vec<String> = (0..50_000).map(|n| format!("person.{n}@example.com\n")).collect();
    let read = addresses(input.concat().as_bytes());
    assert_eq!(read.len(), 50_000);
    assert!((0..).zip(&read).all(|(n, address)| *address == format!("person.{n}@example.com")));
}

#[test]
fn each_answer_is_printed_before_the_next_line_arrives() {
    for format in ["jsonl", "text"] {
        let mut child = program()
            .args(["check", "--format", format])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut questions = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        for number in 0..3 {
            // The beginning of the next line must not hold back the answer to this one.
            let question = if number == 0 { "a@example.com\nb@exam" } else { "ple.com\nb@exam" };
            questions.write_all(question.as_bytes()).unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            assert!(answer.contains("@example.com"), "{answer:?}");
        }
        drop(questions);
        let mut rest = String::new();
        answers.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(i32::from(rest.contains("warn"))));
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_not_reported_as_an_error() {
    let mut child = program()
        .args(["check", "--format", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut questions = child.stdin.take().unwrap();
    let started = Instant::now();
    while questions.write_all(&b"bob@example.com\n".repeat(1000)).is_ok() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the program continues though nobody reads"
        );
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141), "the status by which a shell reports SIGPIPE");
    assert_eq!(output.stderr, b"");
}

#[test]
fn input_that_cannot_be_read_is_an_error() {
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR"));
    // Windows cannot open a folder in this way.
    let Ok(folder) = folder else { return };
    let output = program().arg("check").stdin(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("milguard: cannot read standard input"), "{stderr}");
}
