//! The command `milguard twins`: formats, order, errors.

use std::fs;

use crate::twins::run::{lines, records, run, text};

#[test]
fn the_same_arguments_give_the_same_lines() {
    let arguments = ["navy.mil", "army.mil", "--format", "jsonl"];
    assert_eq!(lines(&arguments), lines(&arguments));
}

#[test]
fn each_domain_comes_with_its_own_twins_in_the_order_given() {
    let of: Vec<_> =
        records(&["navy.mil", "army.mil"]).iter().map(|it| text(it, "of").to_owned()).collect();
    let mut groups = of.clone();
    groups.dedup();
    assert_eq!(groups, ["navy.mil", "army.mil"]);
}

#[test]
fn a_limit_keeps_the_likeliest_twins() {
    let records = records(&["navy.mil", "army.mil", "--limit", "2"]);
    let domains: Vec<_> = records.iter().map(|it| text(it, "domain")).collect();
    assert_eq!(domains, ["army.ml", "navy.ml"]);
}

#[test]
fn filters_leave_only_twins_that_match() {
    for record in records(&["army.mil", "--only-delegated", "--severity", "warn"]) {
        assert_eq!((text(&record, "reach"), text(&record, "severity")), ("stranger", "warn"));
    }
    let kinds = records(&["army.mil", "--kind", "transposition,omission"]);
    assert!(!kinds.is_empty());
    assert!(kinds.iter().all(|it| matches!(text(it, "kind"), "transposition" | "omission")));
}

#[test]
fn text_output_explains_its_columns() {
    let shown = lines(&["army.mil", "--limit", "1"]);
    assert_eq!(shown, ["1000000  warn    tld-swap       stranger  army.ml  for army.mil"]);
    let idn = lines(&["army.mil", "--kind", "cyrillic"]).join("\n");
    assert!(idn.is_empty() || idn.contains("xn--"), "{idn}");
}

#[test]
fn csv_has_a_header_and_a_line_for_each() {
    let shown = lines(&["army.mil", "--limit", "1", "--format", "csv"]);
    assert_eq!(
        shown,
        [
            "change,domain,unicode,of,kind,reach,score,severity,reason,status,mail,mx,ns,a,aaaa",
            ",army.ml,,army.mil,tld-swap,stranger,1000000,warn,suffix-typo,,,,,,",
        ]
    );
}

#[test]
fn a_zone_file_blocks_each_domain_that_a_stranger_can_own_and_its_hosts() {
    let zone = lines(&["army.mil", "--format", "rpz", "--serial", "7"]);
    assert_eq!(
        zone[..3],
        [
            "$TTL 300",
            "@ IN SOA localhost. hostmaster.localhost. (7 3600 600 86400 300)",
            "@ IN NS localhost.",
        ]
    );
    assert!(zone.contains(&"army.ml IN CNAME .".to_owned()));
    assert!(zone.contains(&"*.army.ml IN CNAME .".to_owned()));
    // This domain is somebody's own name: a notice is no reason to block it.
    assert!(!zone.iter().any(|line| line.starts_with("army.io ")));
    assert!(!zone.iter().any(|line| line.contains(".mil IN") || line.contains(".mli IN")));
    let hosts = lines(&["army.mil", "--format", "hosts"]);
    assert!(hosts.contains(&"0.0.0.0 army.ml".to_owned()));
    assert!(hosts.contains(&"0.0.0.0 us.army.ml".to_owned()));
    assert_eq!(hosts.len(), (zone.len() - 3) / 2);
}

#[test]
fn the_error_explains_why_a_request_is_impossible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earlier.jsonl");
    fs::write(&path, "{}\n").unwrap();
    let path = path.to_str().unwrap();
    for (arguments, expected) in [
        (&["army"][..], "is not a domain"),
        (&["army mil"], "is not a domain"),
        (&["army.mil", "--diff", path], "line 1"),
        (&["army.mil", "--diff", "none.jsonl"], "cannot compare"),
        (&["army.mil", "--diff", path, "--format", "rpz"], "--diff prints changes"),
        (&["army.mil", "--rate", "5"], "--resolve"),
        (&["army.mil", "--resolve", "--resolver", "dns.example"], "IP address"),
        (&["army.mil", "--resolve", "--timeout", "0"], "0.01 to 60"),
        (&["army.mil", "--severity", "pass"], "notice, warn"),
        (&["army.mil", "--policy", "none.json"], "cannot read the policy"),
    ] {
        let ran = run(arguments);
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!((ran.status.code(), ran.stdout.len()), (Some(2), 0), "{arguments:?} {stderr}");
        assert!(stderr.contains(expected), "{arguments:?} {stderr}");
    }
}

#[test]
fn a_difference_lists_new_and_missing_domains() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earlier.jsonl");
    let mut earlier = lines(&["army.mil", "--format", "jsonl"]);
    let came = earlier.remove(3);
    let went = came.replace("\"domain\":\"", "\"domain\":\"old.");
    earlier.push(went);
    fs::write(&path, earlier.join("\n")).unwrap();
    let ran = run(&["army.mil", "--diff", path.to_str().unwrap(), "--format", "jsonl"]);
    assert_eq!(ran.status.code(), Some(1));
    let changes: Vec<serde_json::Value> = String::from_utf8(ran.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let changes: Vec<_> =
        changes.iter().map(|it| (text(it, "change"), text(it, "domain"))).collect();
    let came: serde_json::Value = serde_json::from_str(&came).unwrap();
    let domain = text(&came, "domain");
    assert_eq!(changes, [("new", domain), ("gone", format!("old.{domain}").as_str())]);
    // A run compared with itself.
    fs::write(&path, lines(&["army.mil", "--format", "jsonl"]).join("\n")).unwrap();
    assert!(lines(&["army.mil", "--diff", path.to_str().unwrap()]).is_empty());
}
