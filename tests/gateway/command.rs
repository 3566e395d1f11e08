//! The command `milguard gateway`: the files that it writes, and the options that it refuses.

use std::fs;
use std::process::{Command, Output};

use milguard::Policy;
use milguard::gateway::{Format, render};

fn gateway(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.arg("gateway").args(arguments).output().unwrap()
}

const SMALL: &str = r#"{"protected": {"builtin": false, "domains": ["contractor.example"]}}"#;

#[test]
fn the_same_policy_gives_the_same_bytes_in_a_folder_or_on_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, SMALL).unwrap();
    let policy = policy.to_str().unwrap();
    for (format, name) in [
        ("postfix", "milguard.pcre"),
        ("exim", "milguard.acl"),
        ("rspamd", "milguard.conf"),
        ("exchange", "milguard.ps1"),
        ("google-workspace", "milguard-google-workspace.txt"),
        ("mimecast", "milguard-mimecast.txt"),
        ("proofpoint", "milguard-proofpoint.txt"),
    ] {
        let shown = gateway(&["--format", format, "--policy", policy]);
        assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
        let out = folder.path().join(format);
        let out = out.to_str().unwrap();
        let written = gateway(&["--format", format, "--policy", policy, "--out", out]);
        assert_eq!((written.status.code(), written.stdout.len()), (Some(0), 0));
        let path = folder.path().join(format).join(name);
        assert_eq!(fs::read(&path).unwrap(), shown.stdout, "{format}");
        assert!(String::from_utf8_lossy(&written.stderr).contains(name));
        let again = gateway(&["--format", format, "--policy", policy, "--out", out]);
        assert_eq!(again.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&again.stderr).contains("--force"));
        let forced = gateway(&["--format", format, "--policy", policy, "--out", out, "--force"]);
        assert_eq!(forced.status.code(), Some(0));
    }
}

#[test]
fn rules_that_cannot_be_written_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let silent = file(
        "silent.json",
        r#"{"severity": {"suffix-typo": "notice", "suffix-swapped": "notice", "suffix-embedded": "notice",
            "suffix-glued": "notice", "confusable": "notice"}}"#,
    );
    let large: Vec<_> = (0..2_000).map(|at| format!("\"domain-{at}.example\"")).collect();
    let large = file("large.json", &format!("{{\"deny\": [{}]}}", large.join(",")));
    for (arguments, expected) in [
        (&["--format", "sendmail"][..], "postfix"),
        (&["--format", "postfix", "--policy", "none.json"], "cannot read the policy"),
        (&["--format", "postfix", "--force"], "--out"),
        (&["--format", "postfix", "--policy", &silent], "nothing to refuse"),
        (&["--format", "exchange", "--policy", &large], "shorten the lists"),
        (&["--format", "google-workspace", "--policy", &large], "shorten the lists"),
        (&["--format", "mimecast", "--policy", &silent], "nothing to refuse"),
    ] {
        let ran = gateway(arguments);
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!((ran.status.code(), ran.stdout.len()), (Some(2), 0), "{arguments:?} {stderr}");
        assert!(stderr.contains(expected), "{arguments:?} {stderr}");
    }
}

#[test]
fn every_format_begins_with_installation_steps() {
    let policy: Policy = serde_json::from_str(SMALL).unwrap();
    for format in Format::ALL {
        let files = render(&policy, format).unwrap();
        let text = &files[format.guide_file()];
        let head: String = text.lines().take(40).collect::<Vec<_>>().join("\n");
        assert!(head.contains("milguard gateway --format") && head.contains("1. "), "{head}");
        assert!(text.is_ascii(), "{format:?}");
    }
}
