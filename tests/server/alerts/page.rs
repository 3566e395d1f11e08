//! The alerts page, the counters of alerts, and the command that tests destinations.

use std::process::Command;

use milguard::server::{ResolverChoice, Secret};

use super::{
    Watched, about, clear, mail, report_domains,
    smtp::{Security, Smtp},
    write,
};
use crate::server::{
    admin::person::Person,
    backend::{Backend, Kind, on_both_databases, wait_for},
};

on_both_databases! {
    fn the_page_lists_the_recipients_and_the_alerts_sent(kind) {
        let watched = Watched::start_with(kind, "lookalike = true\nburst = { events = 3 }\n", |options| {
            options.metrics_token = Some(Secret::new("T"));
            options.resolver = ResolverChoice::Off;
        });
        let ann = Person::admin(&watched.backend, "ann");
        let page = || ann.get("/admin/alerts").body;
        for text in [
            "soc@example.mil",
            "localhost:",
            "(no TLS)",
            "no alert yet",
            "3 flagged recipients at one domain within 60 minutes",
            "switched off",
            "DNS lookups are disabled",
            "looks for alerts: this server.",
        ] {
            wait_for(text, || page().contains(text));
        }
        report_domains(&watched.backend);
        watched.smtp.does_not_know("soc@example.mil");
        let events: Vec<_> = (0..3).map(|_| about("army.ml")).collect();
        assert_eq!(watched.backend.post_events(&events).status, 200);
        wait_for("the failure", || page().contains("failing"));
        assert!(page().contains("refuses the recipient soc@example.mil"), "{}", page());
        let metrics = || watched.backend.request("GET /metrics", "Authorization: Bearer T\r\n", "").body;
        let label = "{destination=\"soc\"}";
        wait_for("a failure", || !metrics().contains(&format!("milguard_alert_failures_total{label} 0")));
        wait_for("what waits", || metrics().contains(&format!("milguard_alert_waiting{label} 1")));
        watched.smtp.knows_all();
        watched.smtp.wait_for(1);
        wait_for("the state", || page().contains("up to date") && page().contains("to 1 of 1"));
        assert!(page().contains("Burst of flagged mail to army[.]ml"), "{}", page());
        for line in [
            format!("milguard_alert_deliveries_total{label} 1"),
            format!("milguard_alert_waiting{label} 0"),
            format!("milguard_alert_oldest_waiting_seconds{label} 0.0"),
            "milguard_alert_watches 1".to_owned(),
            "milguard_alert_lag_seconds ".to_owned(),
        ] {
            wait_for(&line, || metrics().contains(&line));
        }
    }
}

#[test]
fn a_test_from_the_page_says_what_went_wrong() {
    let watched = Watched::start(Kind::Sqlite, "");
    let ann = Person::admin(&watched.backend, "ann");
    let said = ann.post("/admin/alerts/soc/test", &[]);
    assert_eq!(said.status, 200);
    assert!(said.body.contains("soc@example.mil took the test after"), "{}", said.body);
    // On a phone, each row shows all its columns.
    for column in
        ["Destination", "Recipient", "State", "Waiting", "Delivered", "Last delivery", "Last error"]
    {
        assert!(
            said.body.contains(&format!("<td data-label=\"{column}\"")),
            "{column}: {}",
            said.body
        );
    }
    let mail = watched.smtp.wait_for(1).remove(0);
    assert_eq!(mail.header("Subject"), "Milguard: Test: alerts arrive");
    watched.smtp.does_not_know("soc@example.mil");
    let said = ann.post("/admin/alerts/soc/test", &[]).body;
    assert!(said.contains("The test did not reach soc@example.mil: localhost refuses"), "{said}");
    assert_eq!(ann.post("/admin/alerts/other/test", &[]).status, 404);
    assert!(ann.get("/admin/audit").body.contains("alert-tested"));
}

#[test]
fn a_recipient_who_is_no_longer_configured_can_be_removed() {
    let watched = Watched::start(Kind::Sqlite, "burst = { events = 3 }\n");
    report_domains(&watched.backend);
    watched.smtp.does_not_know("soc@example.mil");
    let events: Vec<_> = (0..3).map(|_| about("army.ml")).collect();
    assert_eq!(watched.backend.post_events(&events).status, 200);
    let ann = Person::admin(&watched.backend, "ann");
    wait_for("the failure", || ann.get("/admin/alerts").body.contains("failing"));
    let form = [("destination", "soc"), ("recipient", "soc@example.mil")];
    let refused = ann.post("/admin/alerts/remove", &form);
    assert!(refused.status == 400 && refused.body.contains("Remove it"), "{}", refused.body);
    let cookies = ann.cookies.take();
    drop(ann);
    let mut backend = watched.backend;
    backend.stop();
    backend.start_again(|_| {});
    let ann = Person::stranger(&backend);
    ann.cookies.replace(cookies);
    let page = ann.get("/admin/alerts").body;
    assert!(page.contains("No longer configured") && page.contains("soc@example.mil"), "{page}");
    let other = [("destination", "soc"), ("recipient", "other@example.mil")];
    assert_eq!(ann.post("/admin/alerts/remove", &other).status, 404);
    let done = ann.post("/admin/alerts/remove", &form);
    assert_eq!(done.headers["location"], "/admin/alerts?done=alerts-removed", "{}", done.body);
    assert!(!ann.get("/admin/alerts").body.contains("No longer configured"));
    let log = ann.get("/admin/audit.csv").body;
    assert!(log.contains("alert-recipient-removed") && log.contains("soc@example.mil"), "{log}");
}

#[test]
fn without_a_file_the_server_sends_no_alert() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    assert!(ann.get("/admin/alerts").body.contains("Nobody gets alerts yet"));
}

#[test]
fn the_command_tries_each_destination() {
    let folder = tempfile::tempdir().unwrap();
    let smtp = Smtp::start(Security::Clear, folder.path());
    let run = |text: &str, more: &[&str]| {
        let file = write(folder.path(), text);
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.args(["alert", "test", "--alerts"]).arg(file).args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said, _) = run(&clear(&smtp), &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.starts_with("soc: soc@example.mil took it after "), "{said}");
    let two = mail(&smtp, "tls = \"none\"\nto = [\"a@example.mil\", \"gone@example.mil\"]\n");
    smtp.does_not_know("gone@example.mil");
    let (status, said, _) = run(&two, &["soc"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("gone@example.mil did not get it: localhost refuses the recipient"),
        "{said}"
    );
    for (text, more, words) in [
        (clear(&smtp), &["other"][..], "there is no destination `other`"),
        (String::new(), &[], "names no recipient"),
        ("x".to_owned(), &[], "line 1"),
    ] {
        let (status, _, said) = run(&text, more);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    let config = folder.path().join("milguard.toml");
    let file = write(folder.path(), &clear(&smtp));
    std::fs::write(&config, format!("alerts = {file:?}\norigin = \"https://m.example.mil\"\n"))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    let output = command.args(["alert", "test", "--config"]).arg(&config).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(smtp.mails().last().unwrap().parts().0.contains("https://m.example.mil/admin/alerts"));
}
