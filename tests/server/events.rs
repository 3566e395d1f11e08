//! `POST /v1/events`: which events are taken and which refused, and how much of each is stored.

use std::time::Duration;

use milguard::store::{CountFilter, CountKey, EventFilter, StoredEvent};
use serde_json::{Value, json};

use crate::server::backend::{Backend, event, on_both_databases, wait_for};

fn receipt(stored: u32, duplicates: u32, dropped: u32) -> Value {
    json!({ "stored": stored, "duplicates": duplicates, "dropped": dropped })
}

fn stored(backend: &Backend) -> Vec<StoredEvent> {
    backend.with_store(async |store| {
        store.events(&EventFilter::default(), None, 1_000).await.unwrap().events
    })
}

fn with(mut event: Value, member: &str, value: impl Into<Value>) -> Value {
    event[member] = value.into();
    event
}

on_both_databases! {
    fn a_batch_is_stored_once_however_often_it_is_sent(kind) {
        let backend = Backend::start(kind);
        let events = [event(), event(), event()];
        for expected in [receipt(3, 0, 0), receipt(0, 3, 0)] {
            let response = backend.post_events(&events);
            assert_eq!(response.status, 200, "{response:?}");
            assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), expected);
        }
        let more = [events[0].clone(), event(), events[0].clone()];
        let response = backend.post_events(&more);
        assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), receipt(1, 2, 0));
        assert_eq!(stored(&backend).len(), 4);
        let counted = backend.with_store(async |store| {
            let filter = CountFilter { to: i64::MAX, ..CountFilter::default() };
            store.count_by(&filter, CountKey::Group).await.unwrap()
        });
        assert_eq!(counted, [("default".to_owned(), 4)]);
        assert_eq!(backend.post_events(&[]).status, 200);
    }

    fn a_batch_of_a_thousand_events_is_taken_and_a_larger_one_refused(kind) {
        let backend = Backend::start(kind);
        let mut events: Vec<Value> = (0..1_000).map(|_| event()).collect();
        assert_eq!(backend.post_events(&events).status, 200);
        events.push(event());
        let response = backend.post_events(&events);
        assert_eq!(response.status, 413, "{}", response.body);
        assert!(response.body.contains("1000"), "{}", response.body);
    }

    fn an_address_in_place_of_a_domain_is_refused(kind) {
        let backend = Backend::start(kind);
        backend.set_policy("default", &json!({ "reporting": "domain" }));
        let whole = with(event(), "domain", "bob@army.ml");
        let response = backend.post_events(std::slice::from_ref(&whole));
        assert!([400, 422].contains(&response.status), "{response:?}");
        assert_eq!(stored(&backend).len(), 0);
    }

    fn only_what_the_reporting_level_allows_is_stored(kind) {
        let backend = Backend::start(kind);
        for (policy, domain, address, justification) in [
            (json!({ "reporting": "counts" }), false, false, false),
            (json!({ "reporting": "domain" }), true, false, false),
            (json!({ "reporting": "address" }), true, true, false),
            (json!({ "reporting": "domain", "override": { "warn": "justification" } }), true, false, true),
        ] {
            backend.set_policy("default", &policy);
            let full = with(event(), "domain", "Army.ML");
            let full = with(full, "address", "bob@army.ml");
            let full = with(full, "justification", "it is mine");
            assert_eq!(backend.post_events(std::slice::from_ref(&full)).status, 200);
            let stored = stored(&backend);
            let found = stored.iter().find(|event| full["id"] == *event.id).unwrap();
            assert_eq!(found.domain.as_deref(), domain.then_some("army.ml"), "{policy}");
            assert_eq!(found.address.as_deref(), address.then_some("bob@army.ml"), "{policy}");
            assert_eq!(found.justification.as_deref(), justification.then_some("it is mine"), "{policy}");
        }
        let before = stored(&backend).len();
        backend.set_policy("default", &json!({ "reporting": "off" }));
        let response = backend.post_events(&[event(), event()]);
        assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), receipt(0, 0, 2));
        assert_eq!(stored(&backend).len(), before);
    }

    fn a_mistake_is_named_with_its_place_and_nothing_is_stored(kind) {
        let backend = Backend::start(kind);
        let id = "0D8EB9B4-8F26-4B9F-9D39-0A8B5A3C1111";
        let nested = (0..200).fold(json!(1), |inner, _| json!([inner]));
        for (body, status, place) in [
            (json!({ "events": [event(), with(event(), "id", id)] }), 422, "events[1].id"),
            (json!({ "events": [with(event(), "message", "x")] }), 422, "events[0].message"),
            (json!({ "events": [with(event(), "time", "yesterday")] }), 422, "events[0].time"),
            (json!({ "events": [with(event(), "time", "2026-03-01 12:00:00Z")] }), 422, "events[0].time"),
            (json!({ "events": [with(event(), "time", "2026-02-30T12:00:00Z")] }), 422, "events[0].time"),
            (json!({ "events": [with(event(), "host", "pine")] }), 422, "events[0].host"),
            (json!({ "events": [with(event(), "clientVersion", "1.2")] }), 422, "events[0].clientVersion"),
            (json!({ "events": [with(event(), "action", "sent")] }), 422, "events[0].action"),
            (json!({ "events": [with(event(), "severity", "high")] }), 422, "events[0].severity"),
            (json!({ "events": [with(event(), "reasons", json!(["ok", "Not-Ok"]))] }), 422, "events[0].reasons[1]"),
            (json!({ "events": [with(event(), "reasons", json!(["a", "a"]))] }), 422, "events[0].reasons"),
            (json!({ "events": [with(event(), "reasons", json!(vec!["a"; 21]))] }), 422, "events[0].reasons"),
            (json!({ "events": [with(event(), "domain", "")] }), 422, "events[0].domain"),
            (json!({ "events": [with(event(), "domain", Value::Null)] }), 422, "events[0].domain"),
            (json!({ "events": [with(event(), "domain", "\u{430}rmy.ml")] }), 422, "events[0].domain"),
            (json!({ "events": [with(event(), "address", "a".repeat(321))] }), 422, "events[0].address"),
            (json!({ "events": [with(event(), "justification", "a".repeat(501))] }), 422, "events[0].justification"),
            (json!({ "events": [with(event(), "policy", json!({ "id": "x", "version": 0 }))] }), 422, "events[0].policy.version"),
            (json!({ "events": [with(event(), "policy", json!({ "id": "x y", "version": 1 }))] }), 422, "events[0].policy.id"),
            (json!({ "events": [with(event(), "policy", json!(["x", 1]))] }), 422, "events[0].policy"),
            (json!({ "events": [with(event(), "subject", "secret")] }), 422, "events[0]"),
            (json!({ "events": [with(event(), "id", nested)] }), 422, "events[0].id"),
            (json!({ "events": [["x"]] }), 422, "events[0]"),
            (json!({ "events": {} }), 422, "events"),
            (json!({ "events": [], "more": 1 }), 422, "more"),
            (json!([[]]), 422, "an object"),
            (json!({}), 422, "events"),
            (json!(null), 422, "an object"),
        ] {
            let response = backend.post(&body.to_string());
            assert_eq!(response.status, status, "{body}: {response:?}");
            assert!(response.body.contains(place), "{body}: {}", response.body);
            assert!(response.headers["content-type"].starts_with("application/problem+json"));
        }
        for body in ["", "{", "{\"events\": [}", "hello", "{\"events\": []} x"] {
            assert_eq!(backend.post(body).status, 400, "{body}");
        }
        let deep = format!("{{\"events\": {}", "[".repeat(100_000));
        assert!([400, 422].contains(&backend.post(&deep).status));
        let huge = json!({ "events": [], "more": "x".repeat(3 << 20) }).to_string();
        assert_eq!(backend.post(&huge).status, 413);
        assert_eq!(stored(&backend).len(), 0);
    }

    fn half_a_character_does_not_make_the_server_refuse_the_batch(kind) {
        let backend = Backend::start(kind);
        let policy = json!({ "reporting": "address", "override": { "warn": "justification" } });
        backend.set_policy("default", &policy);
        // JavaScript's slice() can leave half of an emoji at the end of a text; PostgreSQL cannot
        // store NUL.
        let body = json!({ "events": [with(with(event(), "justification", "HALF"), "address", "NUL")] });
        let body = body.to_string().replace("HALF", "it is \\ud83d").replace("NUL", "b\\u0000b@army.ml");
        let response = backend.post(&body);
        assert_eq!(response.status, 200, "{response:?}");
        let stored = stored(&backend);
        assert_eq!(stored[0].justification.as_deref(), Some("it is \u{fffd}"));
        assert_eq!(stored[0].address.as_deref(), Some("b\u{fffd}b@army.ml"));
        let longest = "\u{1f4a5}".repeat(500);
        let event = with(event(), "justification", longest);
        assert_eq!(backend.post_events(&[event]).status, 200);
    }

    fn events_beyond_the_retention_period_are_dropped(kind) {
        let backend = Backend::start_with(kind, |options| options.retention.event_days = Some(30));
        let old = with(event(), "time", (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(31 * 24)).to_string());
        let ahead = with(event(), "time", "2999-01-01T00:00:00Z");
        let response = backend.post_events(&[old, ahead.clone()]);
        assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), receipt(1, 0, 1));
        let stored = stored(&backend);
        assert_eq!(ahead["id"], *stored[0].id);
        assert_eq!(stored[0].time, stored[0].received, "a clock that is ahead is not believed");
    }
}

#[test]
fn only_a_valid_key_is_accepted() {
    let backend = Backend::start(crate::server::backend::Kind::Sqlite);
    let body = json!({ "events": [event()] }).to_string();
    let json = "Content-Type: application/json\r\n";
    for (authorization, status) in [
        (String::new(), 401),
        ("Authorization: Bearer \r\n".to_owned(), 401),
        ("Authorization: Bearer mg_enrol_0000\r\n".to_owned(), 401),
        (format!("Authorization: Basic {}\r\n", backend.token), 401),
        (format!("Authorization: Bearer {}x\r\n", backend.token), 401),
        (format!("Authorization: bearer {}\r\n", backend.token), 200),
    ] {
        let headers = format!("{authorization}{json}");
        let response = backend.request("POST /v1/events", &headers, &body);
        assert_eq!(response.status, status, "{authorization}: {response:?}");
        assert_eq!(response.headers.contains_key("www-authenticate"), status == 401);
    }
    // When a token ends, the clients that enrolled with it continue, unless they are shut out.
    let id = backend.with_store(async |store| {
        let id = store.tokens().await.unwrap()[0].id.clone();
        store.revoke_token(&id, None).await.unwrap();
        id
    });
    let says = r#"{"host":"outlook","clientVersion":"1.2.3"}"#;
    let enrol = || crate::server::client::enrol(backend.address, &backend.token, says).status;
    wait_for("the end of the token", || enrol() == 403);
    assert_eq!(backend.post(&body).status, 200);
    backend.with_store(async |store| store.shut_out_token(&id, None).await.unwrap());
    wait_for("the end of its clients", || backend.post(&body).status == 403);
}

#[test]
fn a_token_that_sends_too_often_learns_when_to_try_again() {
    let backend = Backend::start_with(crate::server::backend::Kind::Sqlite, |options| {
        options.limits.batches_per_minute = 5;
    });
    for _ in 0..5 {
        assert_eq!(backend.post_events(&[event()]).status, 200);
    }
    let response = backend.post_events(&[event()]);
    assert_eq!(response.status, 429, "{response:?}");
    let wait: u64 = response.headers["retry-after"].parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    // A client of another origin may read this header.
    assert!(response.headers["access-control-expose-headers"].contains("retry-after"));
    assert_eq!(response.headers["access-control-allow-origin"], "*");
}

#[test]
fn only_a_body_that_is_declared_as_json_is_read() {
    let backend = Backend::start(crate::server::backend::Kind::Sqlite);
    let body = json!({ "events": [event()] }).to_string();
    let token = format!("Authorization: Bearer {}\r\n", backend.token);
    for (headers, status) in [
        ("", 415),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/json\r\nContent-Encoding: gzip\r\n", 415),
        ("Content-Type: Application/JSON; charset=utf-8\r\n", 200),
    ] {
        let response = backend.request("POST /v1/events", &format!("{token}{headers}"), &body);
        assert_eq!(response.status, status, "{headers}: {response:?}");
    }
}

#[test]
fn a_page_of_another_origin_may_send_events() {
    let backend = Backend::start(crate::server::backend::Kind::Sqlite);
    let asks = "Origin: https://outlook.example\r\nAccess-Control-Request-Method: POST\r\n\
                Access-Control-Request-Headers: authorization,content-type\r\n";
    let response = backend.request("OPTIONS /v1/events", asks, "");
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["access-control-allow-origin"], "*");
    let allowed = &response.headers["access-control-allow-headers"];
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
}

#[test]
fn a_client_whose_answer_is_interrupted_loses_no_event() {
    let mut backend = Backend::start(crate::server::backend::Kind::Sqlite);
    let address = backend.address;
    let events: Vec<Value> = (0..1_000).map(|_| event()).collect();
    let body = json!({ "events": events }).to_string();
    let request = format!(
        "POST /v1/events HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        crate::server::client::key(address, &backend.token),
        body.len()
    );
    let sender =
        std::thread::spawn(move || crate::server::client::send(address, request.as_bytes()));
    std::thread::sleep(Duration::from_millis(20));
    backend.stop();
    // The batch either came too late, or was taken, stored and answered.
    let response = sender.join();
    let stored = backend.with_store(async |store| {
        let mut count = 0;
        let mut cursor = None;
        loop {
            let page = store.events(&EventFilter::default(), cursor.as_ref(), 500).await.unwrap();
            count += page.events.len();
            cursor = page.next;
            if cursor.is_none() {
                return count;
            }
        }
    });
    match response {
        Ok(response) if response.status == 200 => assert_eq!(stored, 1_000),
        _ => assert!([0, 1_000].contains(&stored), "{stored}"),
    }
}
