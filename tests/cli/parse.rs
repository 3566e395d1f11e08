//! `parse`.

use serde_json::{Value, json};

use super::run::{run, run_with};

fn lines(input: &str) -> Vec<Value> {
    let ran = run_with(&["parse", "--format", "jsonl"], input.as_bytes());
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_json_string_gives_a_json_object() {
    let read = lines("\"Bob\\r\\n <bob@army.mil>\"\n\"Team: a@b;\"\n\"bob@army mil\"");
    let bob = json!({
        "displayName": "Bob", "localPart": "bob", "domain": "army.mil",
        "span": [7, 19], "domainSpan": [11, 19],
    });
    let team = json!({ "group": "Team", "members": [{
        "displayName": null, "localPart": "a", "domain": "b", "span": [6, 9], "domainSpan": [8, 9],
    }]});
    let error = json!({
        "kind": "space-in-address", "at": 8, "message": "a space inside the address",
    });
    let expected = [
        json!({ "addresses": ["bob@army.mil"], "list": [bob] }),
        json!({ "addresses": ["a@b"], "list": [team] }),
        json!({ "error": error }),
    ];
    assert_eq!(read, expected);
}

#[test]
fn every_line_gets_an_answer() {
    let kinds: Vec<String> =
        lines("\nnope\n{}\n\"\"\n\"b\\ud800@x\"\n\"\\u0000\"\n12\n\"a\" \"b\"\n")
            .iter()
            .map(|line| line["error"]["kind"].as_str().unwrap().to_owned())
            .collect();
    assert_eq!(
        kinds,
        [
            "not-json",
            "not-json",
            "not-json",
            "empty",
            "replacement-character",
            "control-character",
            "not-json",
            "not-json",
        ]
    );
    let long = format!("\"{}\"\n\"a@b\"\n", "\\u0061".repeat(100_000));
    let read = lines(&long);
    assert_eq!(read[0]["error"]["kind"], "not-json", "the text is longer than any header");
    assert!(read[1]["addresses"].is_array());
}

#[test]
fn text_output_is_written_for_people() {
    let ran =
        run(&["parse", "\"Doe, John\" <john@army.mil>, \"a b\"@c", "Team: a@b;", "bob@army mil"]);
    assert_eq!(
        ran.stdout,
        "\
\"Doe, John\" <john@army.mil>, \"a b\"@c
  local part \"john\", domain \"army.mil\", display name \"Doe, John\"
  local part \"\"a b\"\", domain \"c\"
Team: a@b;
  group \"Team\" of 1
    local part \"a\", domain \"b\"
bob@army mil
  space-in-address: a space inside the address (at byte 8)
"
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    assert_eq!(run(&["parse", "a@b"]).status, 0);
    assert_eq!(run_with(&["parse"], b"a@b\r\nc@d").stdout.lines().count(), 4);
}
