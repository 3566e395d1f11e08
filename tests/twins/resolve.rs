//! The questions to the DNS, with a server on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::twins::dns::{DnsServer, Fate, fate};
use crate::twins::run::{command, lines, records, run, text};

/// Limits that are long enough for a server on this machine, even a busy one, and short enough for
/// the names that never get an answer.
const QUICK: [&str; 8] =
    ["--resolve", "--timeout", "1", "--retries", "2", "--rate", "100000", "--resolver"];

fn with_server<'a>(arguments: &[&'a str], server: &'a str) -> Vec<&'a str> {
    [arguments, &QUICK, &[server]].concat()
}

#[test]
fn each_of_ten_thousand_names_gets_a_status_though_one_in_twenty_is_never_answered() {
    let server = DnsServer::start(fate);
    let address = server.address.to_string();
    let arguments = ["--only-delegated", "--limit", "10000", "--concurrency", "256"];
    let start = Instant::now();
    let records = records(&with_server(&arguments, &address));
    let took = start.elapsed();
    assert_eq!(records.len(), 10_000);
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &records {
        let (domain, dns) = (text(record, "domain"), &record["dns"]);
        let status = text(dns, "status");
        let expected = match fate(domain) {
            Fate::Mail | Fate::Address | Fate::NullMx | Fate::SlowToAnswer => "exists",
            Fate::Absent => "absent",
            Fate::Failed => "failed",
            Fate::Silent => "timeout",
        };
        assert_eq!(status, expected, "{record}");
        let takes_mail = matches!(fate(domain), Fate::Mail | Fate::Address | Fate::SlowToAnswer);
        assert_eq!(dns["mail"], takes_mail, "{record}");
        *count.entry(status).or_default() += 1;
    }
    assert!((400..600).contains(&count["timeout"]), "{count:?}");
    // The silent names cost six time-outs each, 256 at a time: some seconds. Minutes would mean that
    // something waits without end, on any machine.
    assert!(took < Duration::from_mins(5), "{took:?}, {} questions", server.questions());
}

#[test]
fn evidence_lists_the_records_of_a_domain() {
    let server = DnsServer::start(|name| match name {
        "army.ml" => Fate::Mail,
        "army.il" => Fate::NullMx,
        _ => Fate::Absent,
    });
    let address = server.address.to_string();
    let shown = lines(&with_server(&["army.mil", "--existing"], &address));
    let [mail, null] = shown.as_slice() else { panic!("{shown:?}") };
    assert!(mail.contains("army.ml  for army.mil  takes mail, MX mx.example, NS "), "{mail}");
    assert!(mail.ends_with("A 192.0.2.1, AAAA 2001:db8::1"), "{mail}");
    assert!(null.ends_with("army.il  for army.mil  exists, MX ., A 192.0.2.1"), "{null}");
    // The owner of the domain chooses the names of its servers.
    let table = lines(&with_server(&["army.mil", "--existing", "--format", "csv"], &address));
    for line in &table {
        for cell in line.split(',') {
            assert!(!cell.trim_matches('"').starts_with(['=', '+', '@']), "{line}");
        }
    }
}

#[test]
fn names_without_an_existing_top_level_domain_are_not_asked_for() {
    let server = DnsServer::start(|_| Fate::Absent);
    let address = server.address.to_string();
    let arguments = ["army.mil", "--severity", "warn", "--kind", "tld-swap"];
    let records = records(&with_server(&arguments, &address));
    let nowhere = records.iter().filter(|it| text(it, "reach") == "nowhere").count();
    assert!(nowhere > 100, "{nowhere}");
    assert_eq!(server.names(), records.len() - nowhere);
    assert!(records.iter().all(|record| text(&record["dns"], "status") == "absent"));
}

#[test]
fn a_cache_answers_the_next_run_which_repeats_only_failed_questions() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("answers.jsonl");
    let cache = cache.to_str().unwrap();
    let arguments = ["army.mil", "--only-delegated", "--limit", "300", "--cache", cache];
    let first = DnsServer::start(fate);
    let address = first.address.to_string();
    let before = records(&with_server(&arguments, &address));
    drop(first);
    // A line that a crash cut off, and lines that are not answers.
    let text_before = fs::read_to_string(cache).unwrap();
    let spoilt = format!("{text_before}not JSON\n{{\"domain\":\"army.ml\",\"sta");
    fs::write(cache, spoilt).unwrap();
    let second = DnsServer::start(|_| Fate::Absent);
    let address = second.address.to_string();
    let after = records(&with_server(&arguments, &address));
    let is_open = |record: &&serde_json::Value| {
        matches!(text(&record["dns"], "status"), "timeout" | "failed")
    };
    let open = before.iter().filter(is_open).count();
    assert!(open > 5, "{open}");
    assert_eq!(second.names(), open);
    for (before, after) in before.iter().zip(&after) {
        if !is_open(&before) {
            assert_eq!(before, after);
        }
    }
    // The answers in the cache are now too old.
    let lines = fs::read_to_string(cache).unwrap();
    let old = lines.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["at"] = (line["at"].as_i64().unwrap() - 90_000).into();
        line.to_string() + "\n"
    });
    fs::write(cache, old.collect::<String>()).unwrap();
    records(&with_server(&arguments, &address));
    assert_eq!(second.names(), 300);
}

#[test]
fn a_difference_shows_domains_that_exist_now() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = folder.path().join("earlier.jsonl");
    let arguments = ["army.mil", "--only-delegated", "--limit", "50"];
    let quiet = DnsServer::start(|name| match name {
        // Without an answer there is no change.
        "army.il" => Fate::Silent,
        _ => Fate::Absent,
    });
    let address = quiet.address.to_string();
    let jsonl = [&arguments[..], &["--format", "jsonl"]].concat();
    fs::write(&earlier, lines(&with_server(&jsonl, &address)).join("\n")).unwrap();
    let busy = DnsServer::start(|name| match name {
        "army.ml" => Fate::Mail,
        "army.mit" => Fate::Silent,
        _ => Fate::Absent,
    });
    let address = busy.address.to_string();
    let path = earlier.to_str().unwrap();
    let ran = run(&with_server(&[&arguments[..], &["--diff", path]].concat(), &address));
    assert_eq!(ran.status.code(), Some(1));
    let shown = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(shown.starts_with("changed ") && shown.contains(" army.ml  for army.mil  takes mail"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_the_answers_so_far_and_counts_the_rest() {
    let server = DnsServer::start(|name| if name == "army.ml" { Fate::Mail } else { Fate::Silent });
    let address = server.address.to_string();
    let arguments = [
        "army.mil",
        "--only-delegated",
        "--limit",
        "500",
        "--format",
        "jsonl",
        "--resolve",
        "--timeout",
        "60",
        "--resolver",
        &address,
    ];
    let child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while server.questions() < 60 {
        thread::sleep(Duration::from_millis(20));
    }
    // After three seconds the existing domain has its answers; the others wait for their time-outs.
    thread::sleep(Duration::from_secs(3));
    let signal =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signal.unwrap().success());
    let ran = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("ended after 1 of 500 domains"), "{stderr}");
    let shown = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(shown.lines().count(), 500);
    assert!(shown.lines().next().unwrap().contains("\"status\":\"exists\""), "{shown}");
    assert_eq!(shown.matches("\"status\":\"not-asked\"").count(), 499);
}
