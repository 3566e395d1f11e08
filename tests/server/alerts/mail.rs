//! Mail servers: how the program connects to them, and the fate of an alert if they fail.

use std::time::Duration;

use super::{
    Watched, about, mail, only, report_domains,
    smtp::{Security, Smtp, Turn},
    telling, write,
};
use crate::server::backend::{Backend, Data, Kind, block_on, on_both_databases, wait_for};
use milguard::{
    alert::{read, test},
    server::ServerOptions,
};

const BURST: &str = "burst = { events = 3, minutes = 60 }\n";

fn burst(backend: &Backend, domain: &str) {
    let events: Vec<_> = (0..3).map(|_| about(domain)).collect();
    assert_eq!(backend.post_events(&events).status, 200);
}

fn failure(backend: &Backend) -> String {
    let rows = backend.with_store(async |store| store.recipients().await.unwrap());
    let errors = rows.into_iter().filter_map(|row| row.error.map(|(what, _)| what));
    errors.collect::<Vec<_>>().join("; ")
}

fn start(data: Data, text: &str, change: impl FnOnce(&mut ServerOptions)) -> Backend {
    let backend = Backend::start_on(data, |options| {
        telling(text)(options);
        change(options);
    });
    report_domains(&backend);
    backend
}

on_both_databases! {
    fn a_mail_that_fails_is_sent_again_until_the_server_takes_it(kind) {
        let watched = Watched::start(kind, BURST);
        report_domains(&watched.backend);
        watched.smtp.then(&[Turn::Later, Turn::RefusesMail, Turn::Later]);
        burst(&watched.backend, "army.ml");
        watched.smtp.wait_for(1);
        assert!(failure(&watched.backend).contains("localhost refuses the mail: "), "{}", failure(&watched.backend));
        wait_for("the note", || {
            let rows = watched.backend.with_store(async |store| store.recipients().await.unwrap());
            rows[0].waiting == 0 && rows[0].delivered == 1
        });
        // A server that drops the connection before QUIT has the mail nevertheless.
        watched.smtp.then(&[Turn::NoGoodbye]);
        burst(&watched.backend, "navy.ml");
        burst(&watched.backend, "usmc.ml");
        watched.smtp.wait_for(3);
    }

    fn a_refused_mail_does_not_delay_others(kind) {
        let watched = Watched::start(kind, BURST);
        report_domains(&watched.backend);
        // Both recipients wait for the first attempt; one is refused in each round.
        watched.smtp.does_not_know("soc@example.mil");
        burst(&watched.backend, "army.ml");
        burst(&watched.backend, "navy.ml");
        wait_for("two alerts", || {
            watched.backend.with_store(async |store| store.alerts(9).await.unwrap()).len() == 2
        });
        wait_for("the failure", || {
            failure(&watched.backend).contains("refuses the recipient soc@example.mil: ")
        });
        watched.smtp.then(&[Turn::RefusesMail]);
        watched.smtp.knows_all();
        watched.smtp.wait_for(2);
    }
}

#[test]
fn each_recipient_gets_a_mail_of_their_own() {
    let data = Kind::Sqlite.data();
    let smtp = Smtp::start(Security::Clear, data.folder.path());
    let to = "tls = \"none\"\nto = [\"ann@example.mil\", \"gone@example.mil\", \"Bob <bob@example.mil>\"]\n";
    let text = format!("{}\n[alerts]\n{}", mail(&smtp, to), only(BURST));
    smtp.does_not_know("gone@example.mil");
    let backend = start(data, &text, |_| {});
    burst(&backend, "army.ml");
    let mails = smtp.wait_for(2);
    let mut to: Vec<&str> = mails.iter().map(|mail| &*mail.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["ann@example.mil", "bob@example.mil"]);
    assert!(mails.iter().all(|mail| !mail.data.contains("gone@")), "nobody sees the others");
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    smtp.knows_all();
    assert_eq!(smtp.wait_for(3)[2].to, "gone@example.mil");
}

#[test]
fn the_server_uses_starttls_tls_and_a_password() {
    for (security, tls) in [(Security::StartTls, "starttls"), (Security::Tls, "tls")] {
        let data = Kind::Sqlite.data();
        let folder = data.folder.path().to_owned();
        let smtp = Smtp::start_with(security, &folder, Some("milguard:hush-hush"));
        let more = format!(
            "tls = \"{tls}\"\nca = \"{{folder}}/smtp.pem\"\nto = [\"soc@example.mil\"]\nusername = \"milguard\"\n\
             password-file = \"{{folder}}/password\"\n"
        );
        let text = format!("{}\n[alerts]\n{}", mail(&smtp, &more), only(BURST));
        let backend = start(data, &text, |_| {});
        burst(&backend, "army.ml");
        let mail = smtp.wait_for(1).remove(0);
        assert!(mail.is_encrypted, "{tls}");
        assert_eq!(mail.from, "milguard@example.mil");
    }
}

#[test]
fn a_mail_server_that_stalls_is_tried_again_later() {
    let data = Kind::Sqlite.data();
    let smtp = Smtp::start(Security::Clear, data.folder.path());
    smtp.then(&[Turn::Stalls]);
    let text = format!("{}\n[alerts]\n{}", super::clear(&smtp), only(BURST));
    let backend = start(data, &text, |options| {
        options.alert_pace.patience = Duration::from_millis(300);
    });
    burst(&backend, "army.ml");
    smtp.wait_for(1);
    assert!(
        failure(&backend).contains("localhost did not answer within 0.3 s"),
        "{}",
        failure(&backend)
    );
}

#[test]
fn a_test_of_a_destination_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let in_clear = Smtp::start(Security::Clear, path);
    let strict = Smtp::start_with(Security::StartTls, path, Some("milguard:right"));
    let to = "to = [\"soc@example.mil\"]\n";
    let ca = "ca = \"{folder}/smtp.pem\"\n";
    let password = "username = \"milguard\"\npassword-file = \"{folder}/password\"\n";
    in_clear.does_not_know("nobody@example.mil");
    for (smtp, more, words) in [
        (&in_clear, format!("tls = \"starttls\"\n{to}"), "does not offer STARTTLS on port"),
        (&in_clear, format!("tls = \"tls\"\n{to}"), "no connection to localhost, port"),
        (
            &in_clear,
            "tls = \"none\"\nto = [\"nobody@example.mil\"]\n".to_owned(),
            "refuses the recipient nobody@example.mil",
        ),
        (&in_clear, format!("tls = \"none\"\n{to}{password}"), "does not let Milguard sign in"),
        (&strict, format!("tls = \"starttls\"\n{to}"), "does not begin TLS"),
        (
            &strict,
            format!("tls = \"starttls\"\n{to}{ca}{password}"),
            "does not let Milguard sign in (user name and password)",
        ),
        (
            &strict,
            format!("tls = \"starttls\"\n{to}{ca}"),
            "refuses the sender milguard@example.mil",
        ),
    ] {
        let alerts = read(&write(path, &mail(smtp, &more))).unwrap();
        let destination = &alerts.destinations[0];
        let tested = block_on(test(destination, "https://m.example", Duration::from_secs(10)));
        let said = tested[0].1.as_ref().unwrap_err().to_string();
        assert!(said.contains(words), "{more}: {said}");
        assert!(!said.contains("hush-hush") && said.lines().count() == 1, "{said}");
    }
    // Nobody listens at this address.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = mail(&in_clear, &format!("tls = \"none\"\n{to}"));
    let text = text.replace(&in_clear.address.port().to_string(), &closed.port().to_string());
    let alerts = read(&write(path, &text)).unwrap();
    let tested =
        block_on(test(&alerts.destinations[0], "https://m.example", Duration::from_secs(10)));
    let said = tested[0].1.as_ref().unwrap_err().to_string();
    assert!(said.contains("refused"), "{said}");
}
