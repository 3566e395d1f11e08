//! `--state`: however a log is rotated and a scan interrupted, everything is counted once.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::scan::files::packed;
use crate::scan::run::{LOGS, Ran, command, scan};

/// Scans with a state.
fn scan_state(state: &Path, paths: &[&Path], format: &str) -> Ran {
    let mut arguments =
        vec!["--format", format, "--year", "2024", "--state", state.to_str().unwrap()];
    arguments.extend(paths.iter().map(|it| it.to_str().unwrap()));
    scan(&arguments)
}

/// The summary of one run over everything.
fn summary(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("mail.log");
    fs::write(&log, text).unwrap();
    comparable(&scan(&["--year", "2024", log.to_str().unwrap()]))
}

/// A summary without the parts that depend on files and runs: their number, their names, the amount
/// read.
fn comparable(ran: &Ran) -> String {
    let lines =
        ran.stdout.lines().filter(|line| !line.starts_with("Read ") && !line.contains(".log"));
    lines.collect::<Vec<_>>().join("\n")
}

fn log() -> String {
    fs::read_to_string(format!("{LOGS}/postfix.log")).unwrap()
}

#[test]
fn a_growing_log_is_counted_once_wherever_a_run_stopped() {
    let text = log();
    let expected = summary(&text);
    let folder = tempfile::tempdir().unwrap();
    for at in (0..=text.len()).step_by(199) {
        let file = folder.path().join(format!("{at}.log"));
        let state = folder.path().join(format!("{at}.state"));
        fs::write(&file, text.get(..at).unwrap()).unwrap();
        let first = scan_state(&state, &[&file], "jsonl");
        fs::write(&file, &text).unwrap();
        let second = scan_state(&state, &[&file], "jsonl");
        let third = scan_state(&state, &[&file], "text");
        assert_eq!(comparable(&third), expected, "stopped at byte {at}");
        let mut pairs = [first.pairs(), second.pairs()].concat();
        pairs.sort();
        pairs.dedup();
        let given = first.deliveries().len() + second.deliveries().len();
        assert_eq!(given, pairs.len(), "stopped at byte {at}: a delivery was reported twice");
        if at % 10 == 0 {
            fs::remove_file(&file).unwrap();
        }
    }
}

#[test]
fn rotation_and_packing_count_nothing_twice() {
    let text = log();
    let expected = summary(&text);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join("log").join(name);
    fs::create_dir(folder.path().join("log")).unwrap();
    let state = folder.path().join("state");
    let run = || scan_state(&state, &[&folder.path().join("log")], "text");

    fs::write(path("mail.log"), lines[..5].concat()).unwrap();
    run();
    // The log grows and is renamed, and a new one begins.
    fs::write(path("mail.log.1"), lines[..12].concat()).unwrap();
    fs::write(path("mail.log"), lines[12..15].concat()).unwrap();
    run();
    // The log is copied and cut (copytruncate), and the oldest is packed.
    fs::write(path("mail.log.2.gz"), &packed(lines[..12].concat().as_bytes())[0].1).unwrap();
    fs::write(path("mail.log.1"), lines[12..18].concat()).unwrap();
    fs::write(path("mail.log"), lines[18..20].concat()).unwrap();
    run();
    fs::write(path("mail.log"), lines[18..].concat()).unwrap();
    run();
    assert_eq!(comparable(&run()), expected);
}

#[test]
fn a_packed_log_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    for (name, bytes) in packed(log().as_bytes()) {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        scan_state(&state, &[&file], "text");
    }
    let file = folder.path().join("packed.xz");
    let again = scan_state(&state, &[&file], "jsonl");
    assert_eq!(again.stdout, "");
    assert_eq!(again.status, 1, "the summary of all runs decides");
}

#[test]
fn a_message_in_a_maildir_is_counted_once_when_it_is_read_and_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mail = folder.path().join("mail");
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(mail.join(part)).unwrap();
    }
    let new = mail.join("new/1709629201.M2P1.mx");
    // Without a Message-ID only the text of a message identifies it.
    let text =
        fs::read_to_string(format!("{LOGS}/draft.eml")).unwrap().replace("Message-ID", "X-Other");
    fs::write(&new, text).unwrap();
    scan_state(&state, &[&mail], "text");
    fs::rename(&new, mail.join("cur/1709629201.M2P1.mx:2,S")).unwrap();
    let ran = scan_state(&state, &[&mail], "text");
    assert!(ran.stdout.starts_with("2 deliveries"), "{}", ran.stdout);
}

#[test]
fn a_state_made_with_other_rules_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let state = state.to_str().unwrap();
    let log = format!("{LOGS}/exim.log");
    assert_eq!(scan(&["--state", state, &log]).status, 1);
    let other = scan(&["--state", state, "--min-severity", "notice", &log]);
    assert_eq!(other.status, 2);
    assert!(other.stderr.contains("another policy, severity, period"), "{}", other.stderr);
    fs::write(state, "{\"version\":1").unwrap();
    let broken = scan(&["--state", state, &log]);
    assert_eq!(broken.status, 2);
    assert!(broken.stderr.contains("not the state of a scan"), "{}", broken.stderr);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_a_state() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    scan_state(&state, &[Path::new(&format!("{LOGS}/exim.log"))], "text");
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Sends SIGINT, as Ctrl-C does.
#[cfg(unix)]
fn interrupt(process: u32) {
    let status = std::process::Command::new("kill").args(["-INT", &process.to_string()]).status();
    assert!(status.unwrap().success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_what_was_found_and_nothing_is_lost() {
    use std::io::Write as _;
    let mut child = command(&["--format", "jsonl", "--year", "2024", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (process, mut stdin) = (child.id(), child.stdin.take().unwrap());
    let writer = std::thread::spawn(move || {
        stdin.write_all(log_of_many(3 << 20).as_bytes()).unwrap();
        sleep(Duration::from_millis(500));
        interrupt(process);
        // The writer does not end, so the pipe stays open until the scan has ended.
        stdin
    });
    let output = child.wait_with_output().unwrap();
    drop(writer.join().unwrap());
    assert_eq!(output.status.code(), Some(130));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.lines().count() > 1000, "{}", lines.lines().count());
    assert!(lines.lines().all(|line| line.starts_with('{') && line.ends_with('}')));
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_continues_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let (log, state) = (folder.path().join("mail.log"), folder.path().join("state"));
    let text = log_of_many(12 << 20);
    fs::write(&log, &text).unwrap();
    let expected = summary(&text);
    let mut stopped = 0;
    for round in 0..40 {
        let arguments =
            ["--year", "2024", "--state", state.to_str().unwrap(), log.to_str().unwrap()];
        let mut child = command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        if round < 30 {
            sleep(Duration::from_millis(10 + 7 * round));
            if child.try_wait().unwrap().is_none() {
                interrupt(child.id());
            }
        }
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(130) => stopped += 1,
            Some(1) => {
                let stdout = String::from_utf8(output.stdout).unwrap();
                let ran = Ran { status: 1, stdout, stderr: String::new() };
                assert_eq!(comparable(&ran), expected, "after {stopped} interruptions");
                return;
            }
            // The signal came before the program was ready to handle it.
            None => {}
            code => panic!("{code:?}"),
        }
    }
    panic!("the scan never came to its end");
}

/// A log with the same messages on many hosts.
fn log_of_many(size: usize) -> String {
    let text = log();
    let mut large = String::new();
    while large.len() < size {
        large.push_str(&text.replace("mx1 ", &format!("mx{} ", large.len())));
    }
    large
}

#[test]
fn two_scans_do_not_share_a_state() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let held = fs::File::create(folder.path().join("state.lock")).unwrap();
    held.lock().unwrap();
    let ran = scan_state(&state, &[Path::new(&format!("{LOGS}/exim.log"))], "text");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("another milguard scan"), "{}", ran.stderr);
}
