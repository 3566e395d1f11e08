//! Webhooks and Splunk.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    SECRET, exporting, exporting_at,
    hook::{Answer, Hook, Request},
    pace, report,
};
use crate::server::backend::{Backend, event, on_both_databases, wait_for};
use milguard::store::AuditEntry;

pub(crate) fn webhook(hook: &Hook) -> String {
    let address = hook.address;
    format!(
        "[[export]]\nname = \"soar\"\nkind = \"webhook\"\nto = \"http://{address}/hook?key=k\"\n\
         secret-file = \"{{folder}}/secret\"\n"
    )
}

fn is_signed(request: &Request) -> bool {
    let header = |name: &str| request.headers[name].clone();
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(SECRET).unwrap()).unwrap();
    let [id, time] = [header("webhook-id"), header("webhook-timestamp")];
    mac.update(format!("{id}.{time}.{}", request.body).as_bytes());
    let now = jiff::Timestamp::now().as_second();
    let is_new = (now - time.parse::<i64>().unwrap()).abs() < 300;
    is_new
        && header("webhook-signature")
            == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

on_both_databases! {
    fn each_event_arrives_signed_and_as_it_was_reported(kind) {
        let hook = Hook::start(&[]);
        let backend = Backend::start_with(kind, exporting(&webhook(&hook)));
        backend.set_policy("default", &json!({ "reporting": "address" }));
        let mut one = event();
        one["domain"] = json!("army.ml");
        one["address"] = json!("bob@army.ml");
        one["action"] = json!("sent-anyway");
        assert_eq!(backend.post_events(std::slice::from_ref(&one)).status, 200);
        hook.wait_for(&BTreeSet::from([one["id"].as_str().unwrap().to_owned()]));
        let document = hook.documents().remove(0);
        for (pointer, value) in [
            ("/event/action", json!("sent-anyway")),
            ("/destination/domain", json!("army.ml")),
            ("/email/to/address", json!(["bob@army.ml"])),
            ("/milguard/group", json!("default")),
            ("/observer/hostname", json!("localhost")),
        ] {
            assert_eq!(document.pointer(pointer), Some(&value), "{pointer}: {document}");
        }
        let request = hook.requests().remove(0);
        assert!(is_signed(&request), "{request:?}");
        assert_eq!(request.path, "/hook?key=k");
        assert_eq!(request.headers["content-type"], "application/json");
    }

    fn a_receiver_that_fails_gets_the_same_batch_with_the_same_key_until_it_takes_it(kind) {
        let hook = Hook::start(&[
            Answer::Status(500, ""),
            Answer::Cut,
            Answer::Status(302, "Location: http://192.0.2.1/\r\n"),
            Answer::Status(401, ""),
            Answer::Status(503, "Retry-After: 1\r\n"),
        ]);
        let backend = Backend::start_with(kind, exporting(&webhook(&hook)));
        let ids = report(&backend, 1, 20);
        hook.wait_for(&ids);
        let requests = hook.requests();
        assert_eq!(requests.len(), 6);
        assert!(requests.iter().all(is_signed));
        let keys: BTreeSet<_> = requests.iter().map(|it| &it.headers["webhook-id"]).collect();
        assert_eq!(keys.len(), 1, "the same batch has the same key");
        assert!(requests.iter().all(|it| it.body == requests[0].body));
        assert!(requests[5].at - requests[4].at >= Duration::from_secs(1), "Retry-After");
        assert_eq!(hook.ids().len(), 20, "no event comes twice");
        let next = report(&backend, 1, 1);
        hook.wait_for(&ids.union(&next).cloned().collect());
        assert_ne!(hook.requests()[6].headers["webhook-id"], **keys.first().unwrap());
    }

    fn events_erased_while_a_receiver_is_away_are_never_sent(kind) {
        let hook = Hook::start(&[Answer::Status(503, "Retry-After: 5\r\n")]);
        let backend = Backend::start_with(kind, exporting(&webhook(&hook)));
        backend.set_policy("default", &json!({ "reporting": "address" }));
        let mut erased = event();
        erased["domain"] = json!("army.ml");
        erased["address"] = json!("jane@army.ml");
        let kept = event();
        assert_eq!(backend.post_events(&[erased.clone(), kept.clone()]).status, 200);
        wait_for("the first try", || hook.requests().len() == 1);
        backend.with_store(async |store| {
            let entry = AuditEntry {
                at: 0,
                actor: "ann",
                address: "192.0.2.1",
                action: "test",
                target: "",
                detail: "",
            };
            assert_eq!(store.erase_address("jane@army.ml", &entry).await.unwrap(), 1);
        });
        hook.wait_for(&BTreeSet::from([kept["id"].as_str().unwrap().to_owned()]));
        assert!(hook.requests()[0].body.contains("jane@army.ml"), "the first try contained the address");
        assert_eq!(hook.requests().len(), 2);
    }

    fn after_a_restart_an_export_continues_where_it_stopped(kind) {
        let hook = Hook::start(&[]);
        let mut backend = Backend::start_with(kind, exporting(&webhook(&hook)));
        let mut ids = report(&backend, 3, 40);
        hook.wait_for(&ids);
        backend.stop();
        backend.start_again(|_| {});
        // Nothing is delivered meanwhile.
        ids.extend(report(&backend, 3, 40));
        backend.stop();
        backend.start_again(exporting(&webhook(&hook)));
        ids.extend(report(&backend, 1, 1));
        hook.wait_for(&ids);
        assert_eq!(hook.ids().len(), ids.len(), "no event comes twice");
    }
}

#[test]
fn a_receiver_that_stalls_is_tried_again_later() {
    let hook = Hook::start(&[Answer::Stall, Answer::Stall]);
    let pace = milguard::export::Pace { patience: Duration::from_secs(1), ..pace() };
    let backend = Backend::start_with(
        crate::server::backend::Kind::Sqlite,
        exporting_at(&webhook(&hook), pace),
    );
    let ids = report(&backend, 1, 5);
    // Other clients are served meanwhile.
    let more = report(&backend, 2, 5);
    hook.wait_for(&ids.union(&more).cloned().collect());
    assert!(hook.requests().len() >= 3);
}

#[test]
fn a_body_that_is_too_large_is_cut_into_smaller_ones() {
    let hook = Hook::start(&[Answer::Status(413, ""), Answer::Status(413, "")]);
    let backend =
        Backend::start_with(crate::server::backend::Kind::Sqlite, exporting(&webhook(&hook)));
    let ids = report(&backend, 1, 100);
    hook.wait_for(&ids);
    let requests = hook.requests();
    let sizes: Vec<usize> =
        requests.iter().map(|it| it.body.matches("\"dataset\"").count()).collect();
    assert_eq!(sizes, [100, 50, 25, 25, 25, 25]);
}

#[test]
fn batches_are_bounded() {
    let hook = Hook::start(&[Answer::Status(503, "Retry-After: 1\r\n")]);
    let backend =
        Backend::start_with(crate::server::backend::Kind::Sqlite, exporting(&webhook(&hook)));
    let ids = report(&backend, 3, 700);
    hook.wait_for(&ids);
    let all = hook.requests();
    assert!(all.iter().all(|it| it.body.matches("\"dataset\"").count() <= 250));
}

#[test]
fn splunk_gets_its_own_form_and_the_page_shows_its_answer() {
    let hook = Hook::start(&[Answer::Status(403, "")]);
    let text = format!(
        "[[export]]\nname = \"splunk\"\nkind = \"splunk\"\nto = \"http://{}/services/collector/event\"\n\
         token-file = \"{{folder}}/secret\"\n",
        hook.address
    );
    let backend = Backend::start_with(crate::server::backend::Kind::Sqlite, exporting(&text));
    let ids = report(&backend, 1, 3);
    wait_for("the events", || hook.requests().iter().any(|it| it.taken));
    let error = backend.with_store(async |store| store.exports().await.unwrap()[0].error.clone());
    assert_eq!(error.as_deref(), Some("the receiver answers 403 Forbidden: Invalid token"));
    let request = hook.requests().pop().unwrap();
    assert_eq!(request.headers["authorization"], format!("Splunk {SECRET}"));
    assert!(uuid::Uuid::try_parse(&request.headers["x-splunk-request-channel"]).is_ok());
    let entries: Vec<Value> =
        request.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: BTreeSet<String> =
        entries.iter().map(|it| it["event"]["event"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, ids);
    let first: BTreeMap<String, Value> = serde_json::from_value(entries[0].clone()).unwrap();
    assert_eq!(first["sourcetype"], "milguard:event");
    assert!(first["time"].as_f64().unwrap() > 1_700_000_000.0);
}
