//! `--format incident`: the facts on each page, the blanks for the reporter, and a page that loads nothing
//! else.

use std::fmt::Write as _;
use std::fs;

use crate::scan::run::{LOGS, scan};
use crate::twins::dns::{DnsServer, Fate};

/// The sections of the pages, the summary first.
fn sections(page: &str) -> Vec<&str> {
    let main = page.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
    main.split("<section").collect()
}

fn records(more: &[&str], input: &str) -> String {
    let mut arguments = vec!["--format", "incident"];
    arguments.extend(more);
    arguments.push(input);
    let ran = scan(&arguments);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn each_domain_has_a_page_with_what_the_logs_tell() {
    let page = records(&["--year", "2024"], &format!("{LOGS}/postfix.log"));
    let sections = sections(&page);
    let [summary, pages @ ..] = sections.as_slice() else { panic!() };
    assert_eq!(pages.len(), 6, "six domains");
    for (section, heading) in pages.iter().zip(1..) {
        assert!(section.contains(&format!("Record {heading} of 6: ")), "{section}");
    }
    for row in [
        "2024 Q1",
        "7 deliveries, to 7 addresses at 6 domains",
        "default, version 1 (enforce; SHA-256 ",
    ] {
        assert!(summary.contains(row), "{row}: {summary}");
    }
    // This domain comes first, because two messages were delivered there.
    for part in [
        "<bdi>army.ml</bdi>",
        "<bdi>army.mil</bdi>",
        "warn<ul><li>suffix-typo: ",
        "2 delivered",
        "2024-03-05T09:00:02, 2024-03-10T11:06:01",
        "example.com (2)",
        "<bdi>mx.army.ml[198.51.100.7]:25</bdi>",
        "not asked (--resolve asks the DNS)",
        "<bdi>ann@example.com</bdi>",
        "<bdi>bob@army.ml</bdi>",
        "250 2.0.0 OK 1709629202 queued",
        "4TpXkQ2Vdbz1T",
        "postfix.log:5",
    ] {
        assert!(pages[0].contains(part), "{part}: {}", pages[0]);
    }
}

#[test]
fn every_page_has_labelled_blanks_for_facts_that_only_the_reporter_knows() {
    let page = records(&["--year", "2024"], &format!("{LOGS}/postfix.log"));
    for section in &sections(&page)[1..] {
        for label in [
            "Discovered",
            "Report due",
            "Company name and Unique Entity ID",
            "Contract numbers",
            "Contracting officer",
            "Facility and its CAGE code",
            "Impact to covered defense information",
            "Impact to operationally critical support",
            "Type of compromise",
            "Technique or method",
            "Outcome",
            "Narrative",
            "Media preserved until",
            "Tracked as",
            "Authorities notified on",
            "Reviewed by, on",
        ] {
            let blank = format!("aria-label=\"{label}\"></div>");
            assert_eq!(section.matches(&blank).count(), 1, "{label}");
        }
    }
}

#[test]
fn each_delivery_may_have_a_page() {
    let page = records(&["--year", "2024", "--by", "delivery"], &format!("{LOGS}/postfix.log"));
    let sections = sections(&page);
    assert_eq!(sections.len(), 1 + 7);
    let rejected = sections.iter().find(|section| section.contains("gina@example.com")).unwrap();
    assert!(rejected.contains("1 rejected") && rejected.contains("not logged"), "{rejected}");
}

#[test]
fn quarters_count_deliveries_and_the_domains_that_are_new() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    let mut text = "time,recipient,status\n".to_owned();
    for (day, recipient) in [
        ("2023-12-31", "a@army.ml"),
        ("2024-01-01", "a@army.ml"),
        ("2024-03-31", "a@navy.ml"),
        ("2024-04-01", "a@navy.ml"),
        ("", "a@af.ml"),
    ] {
        let _ = writeln!(text, "{day},{recipient},sent");
    }
    fs::write(&table, text).unwrap();
    let page = records(&[], table.to_str().unwrap());
    let row = |name: &str| {
        let row = page.split(&format!("<th scope=\"row\">{name}</th>")).nth(1).unwrap();
        let cells = row.split("</tr>").next().unwrap().split("<td class=\"number\">").skip(1);
        cells.map(|cell| cell.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // The columns: all deliveries, deliveries by status, domains, new domains.
    assert_eq!(row("2023 Q4"), ["1", "1", "0", "0", "0", "0", "1", "1"]);
    assert_eq!(row("2024 Q1"), ["2", "2", "0", "0", "0", "0", "2", "1"]);
    assert_eq!(row("2024 Q2"), ["1", "1", "0", "0", "0", "0", "1", "0"]);
    assert_eq!(row("without a time"), ["1", "1", "0", "0", "0", "0", "1", "0"]);
}

#[test]
fn the_page_names_a_marking_if_the_scan_has_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let message = folder.path().join("sent.eml");
    fs::write(
        &message,
        "From: ann@example.com\nTo: bob@army.ml\nSubject: CUI//SP-EXPT drawing 7\n\
         Date: Tue, 5 Mar 2024 09:00:00 +0000\nMessage-ID: <1@example.com>\n\nbody\n",
    )
    .unwrap();
    let message = message.to_str().unwrap();
    let page = records(&[], message);
    assert!(page.contains("<li>cui in 1 delivery</li>"), "{page}");
    assert!(!page.contains("drawing 7"), "the page does not show the subject");
    let found = scan(&["--format", "jsonl", message]).deliveries();
    assert_eq!(found[0]["marking"], "cui");
    let log = format!("{LOGS}/postfix.log");
    assert_eq!(
        scan(&["--format", "jsonl", &log]).deliveries()[0]["marking"],
        serde_json::Value::Null
    );
}

#[test]
fn the_server_that_took_the_mail_is_known_from_every_log_that_names_it() {
    for (log, recipient, server) in [
        ("postfix.log", "bob@army.ml", "mx.army.ml[198.51.100.7]:25"),
        ("exim.log", "bob@army.ml", "mx.army.ml [198.51.100.7]"),
        ("sendmail.log", "bob@army.ml", "mx.army.ml. [198.51.100.7]"),
    ] {
        let ran = scan(&["--format", "jsonl", &format!("{LOGS}/{log}")]);
        let found = ran.deliveries();
        let found =
            found.iter().find(|it| it["recipient"] == recipient && it["status"] == "delivered");
        assert_eq!(found.unwrap()["server"], server, "{log}");
    }
}

#[test]
fn the_dns_is_asked_only_with_the_option_resolve() {
    let server = DnsServer::start(|name| if name == "army.ml" { Fate::Mail } else { Fate::Absent });
    let address = server.address.to_string();
    let log = format!("{LOGS}/postfix.log");
    let page = records(&["--year", "2024"], &log);
    assert_eq!(server.questions(), 0);
    assert!(!page.contains("takes mail</li>"));
    let page = records(&["--year", "2024", "--resolve", "--resolver", &address], &log);
    let sections = sections(&page);
    assert!(
        sections[1].contains("<li>the domain exists and takes mail</li><li>MX "),
        "{}",
        sections[1]
    );
    assert!(sections[1].contains("<li>asked 2"), "{}", sections[1]);
    assert!(sections[2].contains("<li>no such domain exists</li>"), "{}", sections[2]);
    assert_eq!(server.names(), 6);
    let ran = scan(&["--resolve", &log]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--format incident"), "{}", ran.stderr);
}

#[test]
fn text_of_strangers_never_becomes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("mail.log");
    let hostile = "<script>alert(1)</script>'\"&\u{202e}";
    fs::write(
        &log,
        format!(
            "Mar  5 09:00:02 mx1 postfix/qmgr[1]: AB: from=<x@{hostile}>, size=1, nrcpt=1 (queue active)\n\
             Mar  5 09:00:02 mx1 postfix/smtp[1]: AB: to=<\"{hostile}\"@army.ml>, relay={hostile}, dsn=2.0.0, status=sent ({hostile})\n\
             Mar  5 09:00:03 mx1 postfix/smtp[1]: AC: to=<bob@army.ml{hostile}.ml>, relay=x, status=sent (ok)\n"
        ),
    )
    .unwrap();
    for by in ["domain", "delivery"] {
        let ran = scan(&[
            "--format",
            "incident",
            "--by",
            by,
            "--min-severity",
            "notice",
            log.to_str().unwrap(),
        ]);
        let page = ran.stdout;
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
        assert!(!page.to_lowercase().contains("<script") && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("&#60;script&#62;"), "{page}");
        for loads in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(loads), "{loads}");
        }
        for part in [
            "@media print",
            "@page",
            "break-before: page",
            "prefers-color-scheme: dark",
            "lang=\"en\"",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}

#[test]
fn deliveries_without_room_on_a_page_are_counted_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    let mut text = "recipient,status\n".to_owned();
    for number in 0..1_002 {
        let _ = writeln!(text, "bob@h{number}.army.ml,sent");
    }
    for number in 0..300 {
        let _ = writeln!(text, "bob{number}@h0.army.ml,sent");
    }
    fs::write(&list, text).unwrap();
    let ran = scan(&["--format", "incident", list.to_str().unwrap()]);
    assert_eq!(sections(&ran.stdout).len(), 1 + 1_000);
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(
        all.matches("There are 1000 pages; 2 deliveries have none.").count(),
        2,
        "{}",
        ran.stderr
    );
    assert_eq!(
        all.matches("101 deliveries are counted and not listed").count(),
        2,
        "{}",
        ran.stderr
    );
    let first = sections(&ran.stdout)[1];
    assert!(
        first.contains("301 delivered") && first.contains("101 more are not listed"),
        "{first}"
    );
    assert!(ran.stdout.contains("1,302 deliveries"));
}
