//! Syslog over TCP and TLS.

use std::collections::BTreeSet;

use super::{
    exporting, report,
    sink::{End, Sink},
};
use crate::server::backend::{Backend, Kind, wait_for};

fn tcp(sink: &Sink, more: &str) -> String {
    let address = sink.address;
    format!("[[export]]\nname = \"siem\"\nkind = \"syslog\"\nto = \"tcp://{address}\"\n{more}")
}

fn tls(sink: &Sink, host: &str, more: &str) -> String {
    let port = sink.address.port();
    format!("[[export]]\nname = \"siem\"\nkind = \"syslog\"\nto = \"tls://{host}:{port}\"\n{more}")
}

fn wait(sink: &Sink, ids: &BTreeSet<String>) {
    wait_for("all events", || ids.is_subset(&sink.ids().into_iter().collect()));
    assert_eq!(sink.ids().into_iter().collect::<BTreeSet<_>>(), *ids);
}

fn error(backend: &Backend) -> String {
    let rows = backend.with_store(async |store| store.exports().await.unwrap());
    rows[0].error.clone().unwrap_or_default()
}

#[test]
fn events_are_delivered_again_after_a_connection_that_ends_early() {
    let sink = Sink::tcp();
    sink.then(&[End::Early, End::Orderly, End::Early, End::Early]);
    let backend = Backend::start_with(Kind::Sqlite, exporting(&tcp(&sink, "")));
    let mut ids = BTreeSet::new();
    // These events are more than fit into buffers when the connection ends.
    for _ in 0..3 {
        ids.extend(report(&backend, 1, 1_000));
        wait(&sink, &ids);
    }
    assert!(sink.is_through());
}

#[test]
fn cef_has_one_line_for_each_event() {
    let sink = Sink::tcp();
    let more = "format = \"cef\"\nfacility = \"audit\"\n";
    let backend = Backend::start_with(Kind::Sqlite, exporting(&tcp(&sink, more)));
    let ids = report(&backend, 1, 3);
    wait_for("all events", || sink.messages().len() == 3);
    for message in sink.messages() {
        // Facility 13 and level 4, a warning.
        assert!(message.starts_with("<108>1 20"), "{message}");
        assert!(message.contains(" localhost milguard - fixed [origin software=\"milguard\""));
        assert!(message.contains("] CEF:0|Milguard|Milguard|"), "{message}");
        assert!(ids.iter().any(|id| message.contains(&format!("externalId={id} "))));
    }
}

#[test]
fn over_tls_only_a_receiver_trusted_for_its_name_gets_events() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::tls(folder.path());
    let ca = format!("ca = \"{}/sink.pem\"\n", folder.path().display());
    for (text, says) in [
        (tls(&sink, "localhost", ""), "UnknownIssuer"),
        (tls(&sink, "127.0.0.1", &ca), "certificate not valid for name \"127.0.0.1\""),
    ] {
        let backend = Backend::start_with(Kind::Sqlite, exporting(&text));
        report(&backend, 1, 1);
        wait_for("the error", || error(&backend).contains(says));
        assert_eq!(sink.messages().len(), 0);
    }
    let backend = Backend::start_with(Kind::Sqlite, exporting(&tls(&sink, "localhost", &ca)));
    let ids = report(&backend, 2, 600);
    wait(&sink, &ids);
}

#[test]
fn a_receiver_that_closes_in_the_middle_of_a_batch_gets_the_batch_again() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::tls(folder.path());
    sink.then(&[End::Hasty, End::Hasty]);
    let ca = format!("ca = \"{}/sink.pem\"\n", folder.path().display());
    let backend = Backend::start_with(Kind::Sqlite, exporting(&tls(&sink, "localhost", &ca)));
    let ids = report(&backend, 1, 1_000);
    wait(&sink, &ids);
    assert!(sink.is_through());
}

#[test]
fn a_receiver_that_ends_without_close_notify_gets_the_events_again() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::tls(folder.path());
    sink.then(&[End::Silent, End::Early, End::Silent]);
    let ca = format!("ca = \"{}/sink.pem\"\n", folder.path().display());
    let backend = Backend::start_with(Kind::Sqlite, exporting(&tls(&sink, "localhost", &ca)));
    let ids = report(&backend, 1, 10);
    wait(&sink, &ids);
    assert!(sink.is_through());
    assert!(error(&backend).contains("without close_notify"), "{}", error(&backend));
    // The file of destinations can say that a receiver never sends `close_notify`.
    sink.then(&[End::Silent]);
    let more = format!("{ca}require-close-notify = false\n");
    let backend = Backend::start_with(Kind::Sqlite, exporting(&tls(&sink, "localhost", &more)));
    report(&backend, 1, 1);
    let row = || backend.with_store(async |store| store.exports().await.unwrap().remove(0));
    wait_for("the delivery", || row().delivered == 1);
    assert_eq!(row().error, None);
}
