//! Logs without years: the year of a line comes from the log's last line and the file's last change.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::scan::files::packed;
use crate::scan::run::scan;

/// Lines at these times, each about another look-alike.
fn log(times: &[&str]) -> String {
    let line = |(number, time): (usize, &&str)| {
        format!(
            "{time} mx postfix/smtp[1]: A{number:03}: to=<bob{number}@army.ml>, relay=mx.army.ml[192.0.2.1]:25, status=sent (250 ok)\n"
        )
    };
    times.iter().enumerate().map(line).collect()
}

/// Sets the last change in UTC.
fn change(path: &Path, time: &str) {
    let time: DateTime = time.parse().unwrap();
    let second = time.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    let time = UNIX_EPOCH + Duration::from_secs(second.unsigned_abs());
    fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

/// The dates of the deliveries.
fn dates(path: &Path, more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["--format", "jsonl"];
    arguments.extend(more);
    arguments.push(path.to_str().unwrap());
    let ran = scan(&arguments);
    let date = |it: &serde_json::Value| it["time"].as_str().unwrap().get(..10).unwrap().to_owned();
    ran.deliveries().iter().map(date).collect()
}

const YEAR: [&str; 4] =
    ["Jan  1 06:30:00", "Jan  2 09:00:00", "Jul  1 09:00:00", "Dec 31 23:59:00"];
const OF_2024: [&str; 4] = ["2024-01-01", "2024-01-02", "2024-07-01", "2024-12-31"];
const TURN: [&str; 3] = ["Dec 30 09:00:00", "Dec 31 23:59:59", "Jan  1 00:30:00"];
const OF_TURN: [&str; 3] = ["2024-12-30", "2024-12-31", "2025-01-01"];

#[test]
fn the_year_is_right_wherever_new_year_lies_in_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let ended: [&str; 4] =
        ["Jan  1 06:30:00", "Jul  1 09:00:00", "Dec 31 09:00:00", "Jan  1 06:20:00"];
    let of_ended: [&str; 4] = ["2024-01-01", "2024-07-01", "2024-12-31", "2025-01-01"];
    let late: [&str; 3] = ["Dec 31 09:00:00", "Jan  1 00:00:01", "Dec 31 23:59:58"];
    let of_late: [&str; 3] = ["2024-12-31", "2025-01-01", "2024-12-31"];
    for (name, changed, times, expected) in [
        ("mail.log", "2024-12-31T22:59:00", &YEAR[..], &OF_2024[..]),
        ("mail.log", "2024-12-31T23:59:00", &YEAR, &OF_2024),
        ("mail.log", "2025-01-01T04:59:00", &YEAR, &OF_2024),
        ("mail.log", "2025-01-01T06:25:00", &ended, &of_ended),
        // The log's clock is some hours ahead, then behind UTC.
        ("mail.log", "2024-12-31T22:30:00", &TURN, &OF_TURN),
        ("mail.log", "2025-01-01T05:30:00", &TURN, &OF_TURN),
        ("mail.log", "2024-12-31T20:00:00", &TURN[2..], &OF_TURN[2..]),
        ("mail.log", "2025-01-01T05:00:00", &TURN[..2], &OF_TURN[..2]),
        ("mail.log", "2025-01-01T00:00:10", &late, &of_late),
        // Nothing was written for weeks.
        ("mail.log", "2025-02-20T00:00:10", &TURN, &OF_TURN),
        // The name has the day on which the log was closed, or begun.
        ("mail.log-20250101", "2026-05-01T00:00:00", &YEAR, &OF_2024),
        ("mail.log-20250101", "2026-05-01T00:00:00", &TURN, &OF_TURN),
        ("mail.log-20241229", "2026-05-01T00:00:00", &TURN, &OF_TURN),
        ("mail.log-20241231", "2026-05-01T00:00:00", &YEAR, &OF_2024),
        (
            "mail.log",
            "2024-03-02T00:00:00",
            &["Dec 30 09:00:00", "Feb 29 09:00:00", "Mar  1 09:00:00"],
            &["2023-12-30", "2024-02-29", "2024-03-01"],
        ),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, log(times)).unwrap();
        change(&path, changed);
        assert_eq!(dates(&path, &[]), expected, "{name}, changed {changed}");
        let packed_path = folder.path().join(format!("{name}.gz"));
        fs::write(&packed_path, &packed(log(times).as_bytes())[0].1).unwrap();
        change(&packed_path, changed);
        assert_eq!(dates(&packed_path, &[]), expected, "{name}.gz, changed {changed}");
    }
}

#[test]
fn a_large_log_of_a_year_begins_in_that_year() {
    let folder = tempfile::tempdir().unwrap();
    let lines =
        (0..2000).map(|it| format!("Jan  1 {:02}:{:02}:00 mx sshd[1]: x\n", 7 + it / 200, it % 60));
    let filler = lines.collect::<Vec<_>>().concat();
    let lines = log(&YEAR);
    let (first, rest) = lines.split_once('\n').unwrap();
    let text = format!("{first}\n{filler}{filler}{rest}");
    for (name, bytes) in [
        ("mail.log", text.clone().into_bytes()),
        ("mail.log.1.gz", packed(text.as_bytes())[0].1.clone()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        change(&path, "2024-12-31T22:59:00");
        assert_eq!(dates(&path, &[]), OF_2024, "{name}");
    }
}

#[test]
fn lines_without_a_look_alike_carry_the_year_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.log");
    let lines = log(&["Jan  1 06:30:00", "May  1 09:00:00", "Sep  1 09:00:00", "Dec  1 09:00:00"]);
    let (others, last) = lines.split_at(lines.match_indices('\n').nth(2).unwrap().0 + 1);
    fs::write(&path, format!("{}{last}", others.replace("army.ml", "example.org"))).unwrap();
    change(&path, "2024-12-02T09:00:00");
    assert_eq!(dates(&path, &[]), ["2024-12-01"]);
}

#[test]
fn a_period_across_new_year_holds_the_lines_of_both_years() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.log");
    fs::write(&path, log(&TURN)).unwrap();
    change(&path, "2024-12-31T22:30:00");
    assert_eq!(dates(&path, &["--since", "2024-12-31"]), OF_TURN[1..]);
    assert_eq!(dates(&path, &["--since", "2025-01-01"]), OF_TURN[2..]);
    assert_eq!(dates(&path, &["--until", "2024-12-31"]), OF_TURN[..2]);
    fs::write(&path, log(&YEAR)).unwrap();
    change(&path, "2024-12-31T22:30:00");
    assert_eq!(dates(&path, &["--since", "2025-01-01"]), [""; 0]);
}

#[test]
fn rotated_logs_meet_at_new_year() {
    let folder = tempfile::tempdir().unwrap();
    for (name, times, changed) in [
        ("mail.log.2", &YEAR[..3], "2024-12-24T06:25:00"),
        ("mail.log.1", &["Dec 24 06:30:00", "Dec 31 23:59:00"][..], "2024-12-31T23:59:00"),
        ("mail.log", &["Jan  1 00:10:00", "Jan  5 09:00:00"], "2025-01-05T09:00:00"),
    ] {
        fs::write(folder.path().join(name), log(times)).unwrap();
        change(&folder.path().join(name), changed);
    }
    let mut found = dates(folder.path(), &[]);
    found.sort();
    let expected = [
        "2024-01-01",
        "2024-01-02",
        "2024-07-01",
        "2024-12-24",
        "2024-12-31",
        "2025-01-01",
        "2025-01-05",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_log_that_grows_over_new_year_keeps_its_years() {
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("mail.log"), folder.path().join("state"));
    let lines = log(&["Dec 30 09:00:00", "Dec 31 09:00:00", "Jan  1 00:10:00", "Mar  9 09:00:00"]);
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    let more = ["--state", state.to_str().unwrap()];
    fs::write(&path, lines[..2].concat()).unwrap();
    change(&path, "2024-12-31T09:00:00");
    assert_eq!(dates(&path, &more), ["2024-12-30", "2024-12-31"]);
    fs::write(&path, lines.concat()).unwrap();
    change(&path, "2025-03-09T09:00:00");
    assert_eq!(dates(&path, &more), ["2025-01-01", "2025-03-09"]);
}
