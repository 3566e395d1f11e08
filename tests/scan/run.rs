//! Runs scans with the program and with the library.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::civil::date;
use milguard::scan::{Options, Rules};
use milguard::{Policy, Severity};
use serde_json::Value;

/// Logs of every format.
pub(crate) const LOGS: &str = "tests/scan/logs";

/// The results of a run.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The deliveries of `--format jsonl`.
    pub(crate) fn deliveries(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Recipient and status of each.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.deliveries().iter().map(|it| (text(&it["recipient"]), text(&it["status"]))).collect()
    }
}

/// The program with `scan` and further arguments.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.arg("scan").args(arguments);
    command
}

/// Runs a scan with `input` on standard input.
pub(crate) fn scan_with<A: AsRef<OsStr>>(arguments: &[A], input: &[u8]) -> Ran {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that has seen enough may close the pipe.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a scan.
pub(crate) fn scan<A: AsRef<OsStr>>(arguments: &[A]) -> Ran {
    scan_with(arguments, b"")
}

/// Scans one file and returns its deliveries.
pub(crate) fn scan_file(path: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec!["--format", "jsonl"];
    arguments.extend(more);
    arguments.push(path.to_str().unwrap());
    scan(&arguments)
}

/// The options of a library scan that reports everything at `least` or above.
pub(crate) fn options(policy: &Policy, least: Severity) -> Options {
    Options::new(Rules::new(policy, least).unwrap(), date(2024, 6, 1))
}

/// Every log, in order.
pub(crate) fn logs() -> Vec<PathBuf> {
    let mut logs: Vec<_> = fs::read_dir(LOGS).unwrap().map(|entry| entry.unwrap().path()).collect();
    logs.sort();
    assert!(logs.len() >= 12);
    logs
}
