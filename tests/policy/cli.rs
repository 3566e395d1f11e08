//! The command `milguard policy`.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{fs, io::Write};

use milguard::Policy;
use milguard::policy::Preset;
use tempfile::TempDir;

fn milguard(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.arg("policy").args(args).current_dir(folder).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

#[test]
fn init_writes_what_lint_accepts_and_overwrites_only_by_force() {
    let folder = folder(&[]);
    for preset in Preset::ALL {
        let file = format!("{}.json", preset.as_str());
        let init = ["init", "--preset", preset.as_str(), "--out", &file];
        assert_eq!(milguard(folder.path(), &init).status.code(), Some(0));
        assert_eq!(fs::read_to_string(folder.path().join(&file)).expect("written"), preset.text());
        let lint = milguard(folder.path(), &["lint", &file]);
        assert_eq!((lint.status.code(), text(&lint.stdout)), (Some(0), &*format!("{file}: ok\n")));

        fs::write(folder.path().join(&file), "mine, and longer than any preset".repeat(100))
            .expect("a file");
        let again = milguard(folder.path(), &init);
        assert_eq!(again.status.code(), Some(2));
        assert!(text(&again.stderr).contains("--force overwrites it"));
        assert!(fs::read_to_string(folder.path().join(&file)).expect("kept").starts_with("mine"));
        let forced = milguard(folder.path(), &[&init[..], &["--force"]].concat());
        assert_eq!(forced.status.code(), Some(0));
        assert_eq!(fs::read_to_string(folder.path().join(&file)).expect("written"), preset.text());
    }
    let printed = milguard(folder.path(), &["init"]);
    assert_eq!(text(&printed.stdout), Preset::Default.text());
}

#[test]
fn lint_sets_its_status_and_reports_each_file_in_both_formats() {
    let folder = folder(&[
        ("good.json", r#"{"id": "x", "version": 1}"#),
        ("doubtful.json", r#"{"id": "x", "version": 1, "allow": ["*.ml"]}"#),
        ("bad.json", r#"{"id": "x", "version": 1, "deny": ["\u001b[31m"]}"#),
    ]);
    let status = |files: &[&str]| {
        milguard(folder.path(), &[&["lint"], files].concat()).status.code().expect("a status")
    };
    assert_eq!(status(&["good.json"]), 0);
    assert_eq!(status(&["good.json", "doubtful.json"]), 0);
    assert_eq!(status(&["bad.json", "good.json"]), 1);
    assert_eq!(status(&["bad.json", "missing.json", "good.json"]), 2);
    assert_eq!(status(&["."]), 2);
    assert_eq!(status(&[]), 2);

    let all = milguard(folder.path(), &["lint", "missing.json", "bad.json", "good.json"]);
    assert_eq!(text(&all.stdout).lines().count(), 2, "the others are still checked");
    assert!(!text(&all.stdout).contains('\u{1b}'), "nothing reaches the terminal unescaped");

    let lines =
        milguard(folder.path(), &["lint", "--format", "jsonl", "doubtful.json", "bad.json"]);
    let lines: Vec<serde_json::Value> =
        text(&lines.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["level"], "warning");
    assert_eq!((&lines[1]["file"], &lines[1]["path"]), (&"bad.json".into(), &"deny[0]".into()));
}

#[test]
fn lint_reads_standard_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_milguard"))
        .args(["policy", "lint", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    child.stdin.take().expect("piped").write_all(b"{\"mod\": 1}").expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("-: error: mod: is not known here"));
}

#[test]
fn show_explains_the_layers() {
    let folder = folder(&[
        ("org.json", r#"{"id": "org", "version": 2, "deny": ["bad.example"], "locked": ["mode"]}"#),
        ("group.json", r#"{"id": "group", "mode": "audit", "deny": ["worse.example"]}"#),
    ]);
    let layers = ["show", "org.json", "--preset", "contractor", "--layer", "group.json"];
    let shown = milguard(folder.path(), &layers);
    assert_eq!(shown.status.code(), Some(0));
    let want = "\
Policy group, version 2
Layers: preset contractor, then org.json, then group.json

Senders are warned and stopped.
    mode: from preset contractor, locked by org.json
All names below mil are protected.
    protected.builtin: from preset contractor
Mail is blocked to bad.example and worse.example.
    deny: from org.json and group.json
        org.json adds bad.example
        group.json adds worse.example
Senders can mute domains that are known to be real, never look-alikes of a known name.
    mute: from preset contractor
After a warning, the sender may send anyway with one click.
    override.warn: from preset contractor
Where sending is blocked, the recipient must be corrected or removed.
    override.block: from preset contractor
\"Send anyway\" waits for 3 seconds.
    countdown: from preset contractor
Warnings are reported with the domain of the recipient.
    reporting: from preset contractor
Markings such as CUI or FOUO in subject, body and attachment names raise findings.
    markings.enabled: from preset contractor
If the check itself fails, the sender is asked.
    onFailure: from preset contractor
After a warning, the mail server refuses the mail and names the right address.
    gateway.warn: from preset contractor
Where sending is blocked, the mail server refuses the mail and names the right address.
    gateway.block: from preset contractor

Ignored in group.json: mode (locked by org.json)
";
    assert_eq!(text(&shown.stdout), want);

    let effective = milguard(folder.path(), &[&layers[..], &["--format", "json"]].concat());
    let policy = Policy::from_json(&effective.stdout).expect("a policy");
    assert_eq!(policy.deny, ["bad.example", "worse.example"]);
    assert!(text(&effective.stderr).contains("Ignored in group.json: mode (locked by org.json)"));
}

#[test]
fn show_refuses_layers_that_are_invalid_alone_or_together() {
    let list = |name: &str| -> String {
        let names: Vec<_> = (0..60_000).map(|n| format!("\"{name}{n}.example\"")).collect();
        format!("{{\"id\": \"x\", \"version\": 1, \"deny\": [{}]}}", names.join(","))
    };
    let folder = folder(&[
        ("bad.json", r#"{"mod": 1, "deny": ["@"]}"#),
        ("a.json", &list("a")),
        ("b.json", &list("b")),
    ]);
    let alone = milguard(folder.path(), &["show", "bad.json"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(text(&alone.stderr).contains("mod: is not known here"));
    assert!(text(&alone.stderr).contains("deny[0]: \"@\" is not a pattern"));
    let together = milguard(folder.path(), &["show", "a.json", "--layer", "b.json"]);
    assert_eq!(together.status.code(), Some(2));
    assert!(text(&together.stderr).contains("deny: has 120000 entries; at most 100000"));
}

#[test]
fn schema_prints_the_schema_of_the_types() {
    let output = milguard(Path::new("."), &["schema"]);
    assert_eq!(text(&output.stdout), milguard::policy::schema_text());
}
