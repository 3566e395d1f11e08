//! Help, usage errors, completions and manual pages.

use std::fs;

use super::run::run;

const COMMANDS: [&str; 14] = [
    "admin-link",
    "alert",
    "backup",
    "bundle",
    "check",
    "demo-data",
    "deployment",
    "completions",
    "erase",
    "man",
    "parse",
    "restore",
    "scan",
    "serve",
];

#[test]
fn without_a_command_the_program_prints_help_and_fails() {
    let ran = run::<&str>(&[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(COMMANDS.iter().all(|command| ran.stderr.contains(command)), "{}", ran.stderr);
}

#[test]
fn every_command_has_help_with_examples() {
    for command in COMMANDS {
        for flag in ["--help", "-h"] {
            let ran = run(&[command, flag]);
            assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{command}");
            let example = format!("  milguard {command}");
            assert!(ran.stdout.contains("Examples:"), "{command} {flag}");
            assert!(ran.stdout.contains(&example), "{command} {flag}");
        }
    }
}

#[test]
fn wrong_arguments_end_the_program_with_status_2() {
    for arguments in [
        &["bogus"][..],
        &["check", "--format", "xml", "a@b"],
        &["check", "--bogus"],
        &["check", "--message", "x.eml", "a@b.example"],
        &["check", "--quiet", "--flagged"],
        &["completions", "tcsh"],
    ] {
        let ran = run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains("error"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let ran = run(&["--version"]);
    assert_eq!(ran.stdout, format!("milguard {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn each_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, 0, "{shell}");
        assert!(ran.stdout.contains("milguard") && ran.stdout.contains("check"), "{shell}");
    }
}

#[test]
fn manual_pages_are_written_for_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    let ran = run(&["man".as_ref(), "--out".as_ref(), out.as_os_str()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    for command in COMMANDS {
        let page = fs::read_to_string(out.join(format!("milguard-{command}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains("Examples"), "{command}");
    }
    let page = fs::read_to_string(out.join("milguard.1")).unwrap();
    assert_eq!(run(&["man"]).stdout, page, "without --out the first page is printed");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let ran = run(&["man".as_ref(), "--out".as_ref(), file.join("man").as_os_str()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.starts_with("milguard: cannot write manual pages"), "{}", ran.stderr);
}
