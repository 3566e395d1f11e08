//! Runs the program.

use std::process::{Command, Output, Stdio};

/// The program with `twins` and these arguments, not yet started.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.arg("twins").args(arguments).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The lines of the program's output; panics if the program ended with an error.
pub(crate) fn lines(arguments: &[&str]) -> Vec<String> {
    let ran = run(arguments);
    let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{arguments:?} {stderr}");
    String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The lines of `--format jsonl`, read.
pub(crate) fn records(arguments: &[&str]) -> Vec<serde_json::Value> {
    let lines = lines(&[arguments, &["--format", "jsonl"]].concat());
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A text member of a record.
pub(crate) fn text<'a>(record: &'a serde_json::Value, member: &str) -> &'a str {
    record[member].as_str().unwrap_or_else(|| panic!("{member} in {record}"))
}
