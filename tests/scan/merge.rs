//! `milguard scan merge`: shards give exactly the result of one scan of everything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scan::run::{LOGS, Ran, scan, scan_with};

/// The file that all shards are parts of; the day in its name gives the year.
const NAME: &str = "mail.log-20240331";

/// A log of three hosts over 20 days, with all that may tie shards together: retries over days, senders that are named the
/// day before, filters on the same machine, mail that expires, and lines that nobody understands.
#[expect(clippy::too_many_lines, reason = "one kind of message after the other, with its lines")]
fn log() -> Vec<String> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    for number in 0..600_u32 {
        let host = ["mx1", "mx2", "mx3"][number as usize % 3];
        let id = format!("4T{number:04X}z{}", number % 7);
        // 20 days with some minutes between two messages; the last of each day begins right before midnight.
        let begin = if number % 30 == 29 { number / 30 * 86_400 + 86_398 } else { number * 2_880 };
        let mut at = |second: u32, program: &str, text: &str| {
            let (day, rest) = (second / 86_400, second % 86_400);
            let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
            lines.push((second, format!("Mar {:>2} {clock} {host} {program}[9]: {text}", day + 1)));
        };
        let sender =
            format!("user{}@{}.example.com", number % 17, ["a", "b", "c"][number as usize % 3]);
        let domain = ["army.ml", "us.af.mli", "navy.mil.com", "example.org", "socom.ml"]
            [number as usize % 5];
        let to = format!("to=<r{}@{domain}>", number % 40);
        at(
            begin,
            "postfix/qmgr",
            &format!("{id}: from=<{sender}>, size=1, nrcpt=1 (queue active)"),
        );
        let relay = format!("relay=mx.{domain}[198.51.100.7]:25, delay=1, dsn");
        let sent = format!("{to}, {relay}=2.0.0, status=sent (250 Ok)");
        let deferred = format!("{to}, {relay}=4.4.1, status=deferred (timed out)");
        match number % 11 {
            // The message waits over midnight and days, and only the first day names its sender.
            0 | 1 => {
                at(begin + 3, "postfix/smtp", &format!("{id}: {deferred}"));
                at(begin + 90_000, "postfix/smtp", &format!("{id}: {deferred}"));
                at(begin + 180_000, "postfix/smtp", &format!("{id}: {sent}"));
            }
            // The message is given up after days.
            2 => {
                at(begin + 3, "postfix/smtp", &format!("{id}: {deferred}"));
                let expired = format!("{id}: from=<{sender}>, status=expired, returned to sender");
                at(begin + 432_000, "postfix/qmgr", &expired);
            }
            // The message passes a filter, whose lines come before, among or after the others.
            3 | 4 => {
                let second = format!("F{number:05X}");
                let handed = format!(
                    "{id}: {to}, relay=127.0.0.1[127.0.0.1]:10024, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {second})"
                );
                at(begin + 2 + number % 3, "postfix/smtp", &handed);
                at(
                    begin + 2,
                    "postfix/qmgr",
                    &format!("{second}: from=<{sender}>, size=1, nrcpt=1"),
                );
                at(begin + 3, "postfix/smtp", &format!("{second}: {sent}"));
            }
            5 => {
                let refused = format!(
                    "NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.7.1 no; from=<{sender}> {to} proto=ESMTP"
                );
                at(begin, "postfix/smtpd", &refused);
            }
            // Still waiting at the end.
            6 => at(begin + 3, "postfix/smtp", &format!("{id}: {deferred}")),
            7 => {
                at(begin + 3, "postfix/smtp", &format!("{id}: {to}, relay=none, del"));
                at(begin + 3, "haraka", &format!("delivered to {to}"));
                at(begin + 4, "kernel", "eth0: link up");
                at(begin + 5, "sshd", "Accepted publickey for x@example.com");
            }
            _ => at(begin + 3, "postfix/smtp", &format!("{id}: {sent}")),
        }
    }
    lines.sort_by_key(|(second, _)| *second);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// How a log is cut: the name of the shard for each line.
type Cut = fn(&str, usize) -> String;

fn word(line: &str, at: usize) -> &str {
    line.split_whitespace().nth(at).unwrap()
}

const CUTS: [(&str, Cut); 5] = [
    ("days", |line, _| format!("{:0>2}", word(line, 1))),
    ("hosts", |line, _| word(line, 3).to_owned()),
    ("hosts and days", |line, _| format!("{}-{:0>2}", word(line, 3), word(line, 1))),
    // Cuts by message, so that the halves of a filter are in different shards.
    ("queue ids", |line, _| {
        let id = line.split("]: ").nth(1).unwrap().split(':').next().unwrap();
        format!("{}", id.bytes().map(usize::from).sum::<usize>() % 5)
    }),
    ("places", |_, number| format!("{}", number / 300)),
];

/// Scans the parts as shards, and writes them into `folder`.
fn shards(lines: &[String], cut: Cut, folder: &Path, more: &[&str]) -> Vec<PathBuf> {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let _ = writeln!(parts.entry(cut(line, number)).or_default(), "{line}");
    }
    assert!(parts.len() > 2);
    let mut paths = Vec::new();
    for (name, text) in parts {
        let mut arguments = vec![
            "--format",
            "shard",
            "--input-format",
            "log",
            "--name",
            NAME,
            "--min-severity",
            "notice",
        ];
        arguments.extend(more);
        arguments.push("-");
        let ran = scan_with(&arguments, text.as_bytes());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        paths.push(folder.join(format!("{name}.shard")));
        fs::write(paths.last().unwrap(), ran.stdout).unwrap();
    }
    paths
}

fn merge(format: &str, paths: &[PathBuf]) -> Ran {
    let mut arguments = vec!["merge", "--format", format];
    arguments.extend(paths.iter().map(|path| path.to_str().unwrap()));
    scan(&arguments)
}

/// Deliveries in a fixed order, without the line number, which counts within the part.
fn deliveries(ran: &Ran) -> Vec<String> {
    let mut lines: Vec<String> = ran
        .deliveries()
        .into_iter()
        .map(|mut delivery| {
            delivery.as_object_mut().unwrap().remove("record");
            delivery.to_string()
        })
        .collect();
    lines.sort();
    lines
}

/// The summary without the line numbers of broken records, which count within the part.
fn summary(ran: &Ran) -> String {
    let is_example = |line: &str| {
        let rest = line.strip_prefix(&format!("  {NAME}:")).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("  … and ")
    };
    let lines = ran.stdout.lines().filter(|line| !is_example(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn shards_give_the_result_of_one_scan_however_the_log_is_cut() {
    let lines = log();
    let whole = lines.join("\n") + "\n";
    let one = |format: &str, more: &[&str]| {
        let mut arguments = vec!["--format", format, "--name", NAME, "--min-severity", "notice"];
        arguments.extend(more);
        arguments.push("-");
        scan_with(&arguments, whole.as_bytes())
    };
    for more in [&[][..], &["--since", "2024-03-05", "--until", "2024-03-12"]] {
        let (text, jsonl) = (one("text", more), one("jsonl", more));
        assert_eq!(text.status, 2, "Haraka's lines are not read: {}", text.stdout);
        for part in ["haraka", "its lines have no year; it was taken from the date in its name"] {
            assert!(text.stdout.to_lowercase().contains(part), "{part}: {}", text.stdout);
        }
        let found = deliveries(&jsonl);
        assert!(found.len() > 100, "{}", found.len());
        for (name, cut) in CUTS {
            let folder = tempfile::tempdir().unwrap();
            let paths = shards(&lines, cut, folder.path(), more);
            let merged = merge("text", &paths);
            assert_eq!(summary(&merged), summary(&text), "{name} {more:?}");
            assert_eq!(merged.status, text.status, "{name}");
            let merged = merge("jsonl", &paths);
            assert_eq!(deliveries(&merged), found, "{name} {more:?}");
            // Merges the shards as a folder, in another order, and packed into one file.
            let folder = folder.path().to_str().unwrap().to_owned();
            let mut reversed = paths.clone();
            reversed.reverse();
            assert_eq!(summary(&merge("text", &[folder.into()])), summary(&text), "{name}");
            assert_eq!(summary(&merge("text", &reversed)), summary(&text), "{name}");
        }
    }
}

#[test]
fn a_log_without_findings_is_an_all_clear_though_some_shards_name_nobody() {
    let line = |day: u32, text: &str| format!("Mar {day:>2} 09:00:00 mx1 {text}");
    let sent =
        "postfix/smtp[9]: A1: to=<bob@example.com>, relay=x, dsn=2.0.0, status=sent (250 Ok)";
    let lines =
        vec![line(1, "kernel[1]: up"), line(2, sent), line(3, "cron[2]: x"), line(4, "cron[2]: x")];
    let folder = tempfile::tempdir().unwrap();
    let paths = shards(&lines, CUTS[0].1, folder.path(), &[]);
    let merged = merge("text", &paths);
    assert_eq!(merged.status, 0, "{}", merged.stdout);
    let one = scan_with(
        &["--name", NAME, "--min-severity", "notice", "-"],
        (lines.join("\n") + "\n").as_bytes(),
    );
    assert_eq!(merged.stdout, one.stdout);
    // The first shard alone names no recipient, so it is not an all-clear.
    assert_eq!(merge("text", &paths[..1]).status, 2);
}

#[test]
fn shards_of_whole_files_give_the_result_of_one_scan_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    let logs = ["archive.mbox", "exchange.csv", "exim.log", "postfix.log", "sendmail.log"];
    let logs = logs.map(|name| format!("{LOGS}/{name}"));
    for (number, log) in logs.iter().enumerate() {
        let shard = folder.path().join(format!("{number}.shard"));
        let ran =
            scan(&["--format", "shard", "--year", "2024", "--out", shard.to_str().unwrap(), log]);
        assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(&shard).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600, "a shard contains senders of ordinary mail");
        }
        paths.push(shard);
    }
    let mut arguments = vec!["--year", "2024"];
    arguments.extend(logs.iter().map(String::as_str));
    let one = scan(&arguments);
    let merged = merge("text", &paths);
    assert_eq!((merged.stdout, merged.status), (one.stdout, one.status));
    for format in ["html", "csv", "incident"] {
        assert!(merge(format, &paths).stdout.contains("army.ml"), "{format}");
    }
    let redacted =
        scan(&["merge", "--redact", "--format", "jsonl", folder.path().to_str().unwrap()]);
    assert!(!redacted.stdout.contains("bob@") && redacted.stdout.contains("@army.ml"));
    // Several shards in one file, packed, as Spark may leave them.
    let all: Vec<u8> = paths.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    let together = tempfile::tempdir().unwrap();
    for (name, packed) in crate::scan::files::packed(&all) {
        let path = together.path().join(name);
        fs::write(&path, packed).unwrap();
        assert_eq!(merge("text", &[path]).stdout, scan(&arguments).stdout, "{name}");
    }
    fs::write(folder.path().join("_SUCCESS"), "").unwrap();
    fs::write(folder.path().join(".part-00000.crc"), "crc").unwrap();
    assert_eq!(merge("text", &[folder.path().to_path_buf()]).status, one.status);
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = format!("{LOGS}/postfix.log");
    let shard = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let mut arguments = vec!["--format", "shard", "--out", path.to_str().unwrap()];
        arguments.extend(more);
        arguments.push(&log);
        assert_eq!(scan(&arguments).status, 0);
        path
    };
    let (first, second) = (shard("1", &[]), shard("2", &["--since", "2024-01-01"]));
    for (paths, why) in [
        (vec![first.clone(), second], "another policy, severity or period"),
        (vec![first.clone(), first.clone()], "count twice"),
        (vec![PathBuf::from("/nowhere/shard")], "no shard could be read"),
        (vec![PathBuf::from(&log)], "no shard could be read"),
    ] {
        let ran = merge("text", &paths);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
    }
    for arguments in [
        &["merge", "--format", "shard", first.to_str().unwrap()][..],
        &["--format", "shard", "--redact", &log],
        &["--format", "shard", "--state", "x", &log],
        &["--name", "mail.log", &log],
    ] {
        let ran = scan(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn an_incomplete_shard_is_not_an_all_clear() {
    let folder = tempfile::tempdir().unwrap();
    let log = format!("{LOGS}/postfix.log");
    let [shard, other] =
        [(); 2].map(|()| scan(&["--format", "shard", "--year", "2024", &log]).stdout);
    let list = folder.path().join("list");
    fs::write(&list, "ann@example.com\n").unwrap();
    let good = folder.path().join("good");
    fs::write(&good, scan(&["--format", "shard", list.to_str().unwrap()]).stdout).unwrap();
    assert_eq!(merge("text", std::slice::from_ref(&good)).status, 0);
    let half: String = shard.lines().take(3).fold(String::new(), |half, line| half + line + "\n");
    for (text, why) in [
        (half.clone(), "the scan did not finish it"),
        (half.clone() + &other, "the scan did not finish it"),
        (half + "{\"attempt\":", "does not belong to a shard"),
        (shard.replace("\"is_stopped\":false", "\"is_stopped\":true"), "stopped before its end"),
        (String::new(), "it holds no shard"),
    ] {
        let bad = folder.path().join("bad");
        fs::write(&bad, &text).unwrap();
        let ran = merge("text", &[good.clone(), bad]);
        assert_eq!(ran.status, 2, "{why}: {}", ran.stdout);
        assert!(
            ran.stdout.contains(why) || ran.stderr.contains(why),
            "{why}: {}{}",
            ran.stdout,
            ran.stderr
        );
    }
}

#[test]
fn later_shards_find_their_senders_in_earlier_ones() {
    let folder = tempfile::tempdir().unwrap();
    let from = |sender: &str, day: u32| {
        format!(
            "Mar {day:>2} 09:00:00 mx1 postfix/qmgr[9]: A1: from=<{sender}>, size=1, nrcpt=1 (queue active)\n"
        )
    };
    let parts = [
        from("first@example.com", 1),
        from("second@example.com", 2),
        "Mar  3 09:00:00 mx1 postfix/smtp[9]: A1: to=<bob@army.ml>, relay=x, dsn=2.0.0, status=sent (250 Ok)\n".to_owned(),
        from("third@example.com", 4),
    ];
    let mut paths = Vec::new();
    for (number, text) in parts.iter().enumerate() {
        let ran = scan_with(
            &["--format", "shard", "--input-format", "log", "--year", "2024", "-"],
            text.as_bytes(),
        );
        let path = folder.path().join(number.to_string());
        fs::write(&path, ran.stdout).unwrap();
        paths.push(path);
    }
    for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]] {
        let merged = merge("jsonl", &order.map(|at| paths[at].clone()));
        assert_eq!(
            merged.deliveries()[0]["sender"],
            Value::from("second@example.com"),
            "{order:?}"
        );
    }
}

#[test]
fn the_documented_function_of_clickhouse_answers_each_row_and_succeeds() {
    let page = fs::read_to_string("docs/scan.md").unwrap();
    let command = page.split("<command>").nth(1).unwrap().split("</command>").next().unwrap();
    let folder = Path::new(env!("CARGO_BIN_EXE_milguard")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let rows = folder.join(format!("rows-{}", std::process::id()));
    fs::write(&rows, "ann@example.com\n\n\"a b\"@army.ml\nbob@army.mil\n").unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .stdin(fs::File::open(&rows).unwrap())
        .output()
        .unwrap();
    fs::remove_file(rows).unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let severities: Vec<String> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["severity"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(severities.len(), 4);
    assert_eq!(
        (severities[0].as_str(), severities[2].as_str(), severities[3].as_str()),
        ("pass", "warn", "pass")
    );
    // A tab or a line end in a row would split it.
    assert!(!lines.contains('\t'));
}
