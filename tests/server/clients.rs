//! `POST /v1/enrol`, and the rights and effects of a client's key.

use milguard::store::{CountFilter, CountKey, EventFilter, Scope};
use serde_json::{Value, json};

use crate::server::{
    admin::person::Person,
    backend::{Backend, Kind, event, on_both_databases, wait_for},
    client::{Response, enrol, key},
};

const DAY: i64 = 86_400_000;

fn says(host: &str, known: Option<&str>) -> String {
    let mut body = json!({ "host": host, "clientVersion": "4.5.6" });
    if let Some(known) = known {
        body["key"] = known.into();
    }
    body.to_string()
}

/// Enrols a client, and returns its id and its key.
fn client(backend: &Backend, host: &str) -> (String, String) {
    let response = enrol(backend.address, &backend.token, &says(host, None));
    assert_eq!(response.status, 200, "{response:?}");
    ids(&response)
}

fn ids(response: &Response) -> (String, String) {
    let answer: Value = serde_json::from_str(&response.body).unwrap();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("client"), text("key"))
}

fn post(backend: &Backend, key: &str, events: &[Value]) -> Response {
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    backend.request("POST /v1/events", &headers, &json!({ "events": events }).to_string())
}

fn days_ago(days: i64) -> Value {
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    let mut event = event();
    event["time"] = time.to_string().into();
    event
}

on_both_databases! {
    fn a_client_exchanges_its_token_for_a_key_that_identifies_it(kind) {
        let backend = Backend::start(kind);
        let (id, key) = client(&backend, "outlook");
        assert_eq!(backend.policy(&key, "").status, 200);
        let token = format!("Authorization: Basic x\r\nX: {}\r\n", backend.token);
        assert_eq!(backend.request("GET /v1/policy", &token, "").status, 401, "a token only enrols");
        let sent = event();
        assert_eq!(post(&backend, &key, std::slice::from_ref(&sent)).status, 200);
        let etag = backend.policy(&key, "").headers["etag"].clone();
        let asks = format!("Authorization: Bearer {key}\r\nIf-None-Match: {etag}\r\n");
        assert_eq!(backend.request("GET /v1/policy?client=4.5.7", &asks, "").status, 304);
        backend.with_store(async |store| {
            let stored = store.event(sent["id"].as_str().unwrap()).await.unwrap();
            assert_eq!(stored.client.as_deref(), Some(&*id));
            let known = store.client(&id).await.unwrap();
            assert_eq!((&*known.host, &*known.group), ("outlook", "default"));
            let today = known.seen - known.seen.rem_euclid(DAY);
            let counts = store.clients_by_day(&Scope::EVERYTHING, today - DAY).await.unwrap();
            assert_eq!(counts.iter().map(|count| count.n).sum::<i64>(), 1);
        });
        // The client keeps its id when it enrols by another deployment, of another group.
        let other = backend.with_store(async |store| {
            store.create_group("navy", "Navy", "organisation", None).await.unwrap();
            store.create_deployment("navy", "second", None).await.unwrap().token_text()
        });
        wait_for("the deployment", || enrol(backend.address, &other, &says("thunderbird", None)).status == 200);
        let moved = enrol(backend.address, &other, &says("outlook", Some(&key)));
        let (same, new_key) = ids(&moved);
        assert_eq!(same, id);
        let policy: Value = serde_json::from_str(&backend.policy(&new_key, "").body).unwrap();
        assert_eq!(policy["id"], "navy");
        // An enrolment with a key that this server has not signed creates a new client.
        let (stranger, _) = ids(&enrol(backend.address, &other, &says("outlook", Some("mg_client_AAAA"))));
        assert_ne!(stranger, id);
    }

    fn a_client_can_be_shut_out_and_its_events_removed_from_the_counts(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let (honest, honest_key) = client(&backend, "thunderbird");
        let (hostile, hostile_key) = client(&backend, "outlook");
        assert_eq!(post(&backend, &honest_key, &[event(), event()]).status, 200);
        let fakes: Vec<Value> = (0..30).map(days_ago).collect();
        assert_eq!(post(&backend, &hostile_key, &fakes).status, 200);
        let count = || backend.with_store(async |store| {
            let filter = CountFilter { from: 0, to: i64::MAX, ..CountFilter::default() };
            let counted = store.count_by(&filter, CountKey::Action).await.unwrap();
            counted.into_iter().map(|(_, n)| n).sum::<i64>()
        });
        assert_eq!(count(), 32);
        assert!(ann.get("/admin/clients").body.contains(&hostile));
        assert_eq!(ann.post(&format!("/admin/clients/{hostile}/shut-out"), &[]).status, 303);
        assert_eq!(post(&backend, &hostile_key, &[event()]).status, 403);
        assert_eq!(backend.policy(&hostile_key, "").status, 403);
        let again = enrol(backend.address, &backend.token, &says("outlook", Some(&hostile_key)));
        assert_eq!(again.status, 403);
        assert_eq!(post(&backend, &honest_key, &[event()]).status, 200);
        assert_eq!(ann.post(&format!("/admin/clients/{hostile}/remove-events"), &[]).status, 303);
        assert_eq!(count(), 3);
        let left = backend.with_store(async |store| {
            store.events(&EventFilter::default(), None, 100).await.unwrap().events
        });
        assert!(left.iter().all(|event| event.client.as_deref() == Some(&*honest)), "{left:?}");
        let page = ann.get(&format!("/admin/clients/{hostile}")).body;
        assert!(page.contains("shut out"), "{page}");
    }
}

#[test]
fn an_invalid_enrolment_is_refused() {
    let backend = Backend::start(Kind::Sqlite);
    let good = says("outlook", None);
    for (token, body, status) in [
        ("mg_enrol_none", &*good, 401),
        (&backend.token, "", 400),
        (&backend.token, "[]", 422),
        (&backend.token, "{}", 422),
        (&backend.token, r#"{"host":"pine","clientVersion":"1.2.3"}"#, 422),
        (&backend.token, r#"{"host":"outlook","clientVersion":"one"}"#, 422),
        (&backend.token, r#"{"host":"outlook","clientVersion":"1.2.3","name":"ann"}"#, 422),
        (&backend.token, &" ".repeat(5000), 413),
    ] {
        assert_eq!(enrol(backend.address, token, body).status, status, "{body:.60}");
    }
    assert_eq!(backend.request("GET /v1/enrol", "", "").status, 405);
}

#[test]
fn a_client_that_floods_or_backdates_does_not_harm_others() {
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.limits.batches_per_minute = 1_000;
        options.limits.events_per_day = 5_000;
    });
    let (_, hostile) = client(&backend, "thunderbird");
    let (_, honest) = client(&backend, "thunderbird");
    let old: Vec<Value> = (32..332).map(days_ago).collect();
    let receipt: Value = serde_json::from_str(&post(&backend, &hostile, &old).body).unwrap();
    assert_eq!(receipt["dropped"], 300, "events of a year ago are dropped");
    let mut refused = 0;
    let mut kept_out = 0;
    for round in 0..1_000 {
        for _ in 0..2 {
            kept_out += i32::from(post(&backend, &hostile, &[]).status == 429);
        }
        refused += i32::from(post(&backend, &honest, &[event()]).status != 200);
        assert_eq!(refused, 0, "round {round}");
    }
    assert!(kept_out > 500, "{kept_out}");
}

#[test]
fn enrolments_are_limited_for_each_network() {
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.limits.enrolments_per_minute = 3;
    });
    let statuses: Vec<u16> = (0..5)
        .map(|_| enrol(backend.address, &backend.token, &says("outlook", None)).status)
        .collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

#[test]
fn a_key_stays_valid_after_a_restart_and_the_pages_show_its_client() {
    let mut backend = Backend::start(Kind::Sqlite);
    let (id, key) = client(&backend, "outlook");
    let other = self::key(backend.address, &backend.token);
    assert_ne!(key, other);
    backend.stop();
    backend.start_again(|_| {});
    assert_eq!(backend.policy(&key, "").status, 200);
    let ann = Person::admin(&backend, "ann");
    let page = ann.get("/admin/deployments").body;
    assert!(page.contains("Outlook 1, Thunderbird 1"), "{page}");
    assert_eq!(ann.post("/admin/clients/expected", &[("number", "4")]).status, 303);
    let page = ann.get("/admin/clients").body;
    assert!(page.contains("50 %") && page.contains(&id), "{page}");
}
