//! `check` with addresses as arguments, its text, options and errors.

use std::fs;

use super::run::{run, run_with};

#[test]
fn text_output_marks_and_explains_a_mistyped_domain() {
    let ran = run(&["check", "bob@us.army.ml"]);
    assert_eq!(
        ran.stdout,
        "\
warn    bob@us.army.ml
                    ^^
        suffix-typo: the domain looks like a mistyped protected one
        mail would go to the owner of that domain
        did you mean bob@us.army.mil?
"
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
}

#[test]
fn text_output_says_that_mail_would_bounce() {
    let ran = run(&["check", "bob@army.mill"]);
    assert!(
        ran.stdout.contains("mail would bounce: there is no such top-level domain"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("did you mean bob@army.mil?"), "{}", ran.stdout);
}

#[test]
fn text_output_names_characters_that_look_alike() {
    let ran = run(&["check", "bob@\u{430}rmy.mil"]);
    assert!(ran.stdout.contains("is U+0430"), "{}", ran.stdout);
}

#[test]
fn text_output_says_why_an_address_is_malformed() {
    let ran = run(&["check", "bob@army mil"]);
    assert!(ran.stdout.contains("(a space inside the address)"), "{}", ran.stdout);
    assert_eq!(ran.status, 0, "a notice is no warning");
}

#[test]
fn the_exit_status_is_that_of_the_worst_address() {
    for (addresses, status) in [
        (&["bob@gmail.com"][..], 0),
        (&["bob@army.mil", "bob@gmail.com"], 0),
        (&["bob@gmail.com", "bob@army.ml"], 1),
        (&["bob@army.ml", "bob@gmail.com"], 1),
        (&["bob@eb.mil.br"], 0),
    ] {
        assert_eq!(run(&[&["check"], addresses].concat()).status, status, "{addresses:?}");
        let lines = addresses.join("\n");
        assert_eq!(run_with(&["check"], lines.as_bytes()).status, status, "{addresses:?}");
    }
}

#[test]
fn arguments_are_checked_like_lines_of_standard_input() {
    let addresses = ["bob@army.ml", "ann@gmail.com", "Bob <bob@army.mil.com>", "", "bob@army mil"];
    for format in ["text", "jsonl"] {
        let options = ["check", "--format", format];
        let by_argument = run(&[&options[..], &addresses].concat());
        let by_line = run_with(&options, addresses.join("\n").as_bytes());
        assert_eq!(by_argument.stdout, by_line.stdout);
        assert_eq!(by_argument.status, by_line.status);
    }
}

#[test]
fn the_option_flagged_leaves_out_addresses_that_pass() {
    let ran = run(&["check", "--flagged", "a@gmail.com", "b@army.ml", "c@gmail.com"]);
    assert!(ran.stdout.contains("b@army.ml") && !ran.stdout.contains("gmail"), "{}", ran.stdout);
    let ran = run(&["check", "--flagged", "--format", "jsonl", "a@gmail.com", "b@army.ml"]);
    assert_eq!(ran.stdout.lines().count(), 1);
    assert_eq!(run(&["check", "-f", "a@gmail.com"]).stdout, "");
}

#[test]
fn the_option_quiet_prints_nothing_and_sets_the_exit_status() {
    let ran = run(&["check", "--quiet", "a@gmail.com", "b@army.ml"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    let ran = run_with(&["check", "-q"], b"b@army.ml\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    let ran = run(&["check", "-q", "a@gmail.com"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
}

#[test]
fn colour_appears_only_on_request() {
    assert!(!run(&["check", "bob@army.ml"]).stdout.contains('\u{1b}'), "no colour in a pipe");
    assert!(!run(&["check", "--color", "never", "bob@army.ml"]).stdout.contains('\u{1b}'));
    let coloured = run(&["check", "--color", "always", "bob@army.ml"]).stdout;
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    assert!(!coloured.contains('^'), "the colour replaces the carets");
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    for address in [
        "\u{1b}]0;title\u{7}bob@army.ml",
        "\"\u{1b}[2J\" <bob@army.ml>",
        "bob@army.ml\u{202e}",
        "bob@\u{9b}31marmy.ml",
        "bob\rwarn@army.ml",
        "a\nb@army.ml",
    ] {
        for options in [&["check"][..], &["check", "--format", "jsonl"], &["parse"]] {
            let ran = run(&[options, &[address]].concat());
            let hostile = |character: &char| {
                character.is_control() && *character != '\n' || *character == '\u{202e}'
            };
            assert_eq!(ran.stdout.chars().find(hostile), None, "{options:?} {address:?}");
            assert!(!ran.stdout.lines().any(|line| line.starts_with("b@army")), "{address:?}");
        }
    }
}

#[test]
fn an_address_that_begins_with_a_dash_follows_two_dashes() {
    let ran = run(&["check", "--", "-bob@army.ml"]);
    assert!(ran.stdout.contains("-bob@army.ml"), "{}", ran.stdout);
    assert_eq!(ran.status, 1);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_unicode_is_malformed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let address = OsStr::from_bytes(b"b\xFF@army.mil");
    let ran = run(&["check".as_ref(), "--format".as_ref(), "jsonl".as_ref(), address]);
    assert!(ran.stdout.starts_with("{\"address\":\"b\u{FFFD}@army.mil\""), "{}", ran.stdout);
    assert!(ran.stdout.contains("malformed"), "{}", ran.stdout);
}

#[test]
fn a_policy_file_decides_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, r#"{"deny": ["*.example"], "allow": ["lemmy.ml"]}"#).unwrap();
    let policy = policy.to_str().unwrap();
    let ran = run(&["check", "--policy", policy, "--format", "jsonl", "a@b.example", "a@army.ml"]);
    assert!(ran.stdout.contains("denied-by-policy"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("suffix-typo"), "{}", ran.stdout);
}

#[test]
fn a_policy_that_cannot_be_used_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (path, expected) in [
        (folder.path().join("none.json").to_str().unwrap().to_owned(), "cannot read"),
        (folder.path().to_str().unwrap().to_owned(), "it is a folder, not a file"),
        (file("empty.json", ""), "empty.json"),
        (file("text.json", "not JSON"), "text.json"),
        (file("wrong.json", r#"{"mode": "sometimes"}"#), "mode: "),
        (file("type.json", r#"{"countdown": "long"}"#), "countdown: "),
        (file("deny.json", r#"{"deny": ["@@"]}"#), "deny[0]"),
    ] {
        let ran = run(&["check", "--policy", &path, "bob@army.ml"]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{path}");
        assert!(ran.stderr.starts_with("milguard: "), "{}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{path}: {}", ran.stderr);
    }
}
