//! `POST /v1/lessons`: a count, without anything that could identify a person.

use milguard::server::Secret;
use milguard::store::CountFilter;
use serde_json::json;

use crate::server::{
    admin::person::Person,
    backend::{Backend, Kind, on_both_databases, wait_for},
    client::Response,
};

fn finish(backend: &Backend, body: &str) -> Response {
    backend.request("POST /v1/lessons", "Content-Type: application/json\r\n", body)
}

fn count(backend: &Backend, group: Option<&str>) -> i64 {
    let group = group.map(str::to_owned);
    let all = CountFilter { from: i64::MIN, to: i64::MAX, group, ..CountFilter::default() };
    backend.with_store(async |store| store.lessons(&all).await.unwrap().unwrap())
}

on_both_databases! {
    fn a_finished_lesson_is_counted_for_the_group_of_its_deployment(kind) {
        let backend = Backend::start_with(kind, |options| {
            options.metrics_token = Some(Secret::new("let-me"));
        });
        let (first, navy) = backend.with_store(async |store| {
            let first = store.deployments().await.unwrap()[0].token.id.clone();
            store.create_group("navy", "Navy", "organisation", None).await.unwrap();
            let navy = store.create_deployment("navy", "second", None).await.unwrap();
            (first, navy.token.id)
        });
        let body = |id: &str| json!({ "deployment": id }).to_string();
        for _ in 0..2 {
            let answer = finish(&backend, &body(&first));
            assert_eq!((answer.status, &*answer.body), (204, ""));
        }
        wait_for("the deployment", || finish(&backend, &body(&navy)).status == 204);
        assert_eq!(count(&backend, Some("default")), 2);
        assert_eq!(count(&backend, Some("navy")), 1);
        let metrics = backend.request("GET /metrics", "Authorization: Bearer let-me\r\n", "").body;
        assert!(metrics.contains("\nmilguard_lessons_total 3\n"), "{metrics}");
        let ann = Person::admin(&backend, "ann");
        let page = ann.get("/admin?group=navy").body;
        assert!(page.contains("<strong>1</strong> time over 30 days"), "{page}");
        assert!(!ann.get("/admin?host=outlook").body.contains("Training"), "not counted by client");

        backend.with_store(async |store| store.revoke_token(&navy, None).await.unwrap());
        wait_for("its end", || finish(&backend, &body(&navy)).status == 404);
        let before = count(&backend, None);
        for (status, body) in [
            (404, body("0191d3a4-0000-4000-8000-000000000001")),
            (422, body("mg_enrol_x")),
            (422, json!({ "deployment": first, "name": "ann" }).to_string()),
            (400, "{".to_owned()),
            (413, format!("{{\"deployment\":\"{}\"}}", "a".repeat(2_000))),
        ] {
            let answer = finish(&backend, &body);
            assert_eq!(answer.status, status, "{body}: {answer:?}");
        }
        assert_eq!(backend.request("POST /v1/lessons", "", &body(&first)).status, 415);
        assert_eq!(count(&backend, None), before);
    }
}

#[test]
fn a_network_that_reports_a_thousand_lessons_is_refused() {
    let backend = Backend::start(Kind::Sqlite);
    let id =
        backend.with_store(async |store| store.deployments().await.unwrap()[0].token.id.clone());
    let body = json!({ "deployment": id }).to_string();
    let refused = (0..1_000).map(|_| finish(&backend, &body)).find(|it| it.status != 204);
    let refused = refused.expect("the server takes a thousand lessons at once");
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.headers["retry-after"].parse::<u64>().unwrap() > 0);
}
