//! The exports page, and the counters of exports.

use milguard::{export::Pace, server::Secret};

use super::{
    SECRET, exporting,
    hook::{Answer, Hook},
    report,
    webhook::webhook,
};
use crate::server::{
    admin::person::Person,
    backend::{Backend, Kind, on_both_databases, wait_for},
};

on_both_databases! {
    fn the_page_says_how_far_each_destination_is(kind) {
        let hook = Hook::start(&[]);
        let backend = Backend::start_with(kind, |options| {
            exporting(&webhook(&hook))(options);
            options.metrics_token = Some(Secret::new("T"));
        });
        let ann = Person::admin(&backend, "ann");
        let page = || ann.get("/admin/exports").body;
        for text in ["soar", "webhook, ECS", "up to date", "never", &format!("http://{}/hook?", hook.address)] {
            assert!(page().contains(text), "{text}: {}", page());
        }
        assert!(!page().contains("key=k") && !page().contains(SECRET), "{}", page());
        hook.then(&[Answer::Status(500, ""); 3]);
        let ids = report(&backend, 1, 12);
        hook.wait_for(&ids);
        wait_for("the state", || page().contains("up to date") && page().contains(">12</td>"));
        assert!(page().contains("the receiver answers 500"), "{}", page());
        let metrics = || backend.request("GET /metrics", "Authorization: Bearer T\r\n", "").body;
        let label = "{destination=\"soar\"}";
        for line in [
            format!("milguard_export_events_total{label} 12"),
            format!("milguard_export_failures_total{label} 3"),
            format!("milguard_export_waiting_events{label} 0"),
            format!("milguard_export_lag_seconds{label} 0.0"),
            format!("milguard_export_last_delivery_timestamp_seconds{label} 1"),
            format!("milguard_export_delivers{label} 1"),
        ] {
            wait_for(&line, || metrics().contains(&line));
        }
    }

    fn a_test_event_overtakes_waiting_events(kind) {
        let hook = Hook::start(&[]);
        let backend = Backend::start_with(kind, exporting(&webhook(&hook)));
        let ann = Person::admin(&backend, "ann");
        let said = ann.post("/admin/exports/soar/test", &[]);
        assert_eq!(said.status, 200);
        assert!(said.body.contains("soar took the test event after"), "{}", said.body);
        assert_eq!(hook.documents()[0]["event"]["action"], "test");
        hook.then(&[Answer::Status(401, "")]);
        let said = ann.post("/admin/exports/soar/test", &[]);
        assert!(said.body.contains("did not reach soar: the receiver answers 401"), "{}", said.body);
        assert_eq!(ann.post("/admin/exports/other/test", &[]).status, 404);
        assert!(ann.get("/admin/audit").body.contains("export-tested"));
        assert_eq!(ann.get("/admin/events").body.matches("test.example").count(), 0);
    }

    fn a_destination_that_is_no_longer_configured_can_be_removed(kind) {
        let hook = Hook::start(&[]);
        let mut backend = Backend::start_with(kind, exporting(&webhook(&hook)));
        let ids = report(&backend, 1, 3);
        hook.wait_for(&ids);
        let ann = Person::admin(&backend, "ann");
        wait_for("the count", || ann.get("/admin/exports").body.contains(">3</td>"));
        let refused = ann.post("/admin/exports/soar/remove", &[]);
        assert!(refused.status == 400 && refused.body.contains("Remove it there first"), "{}", refused.body);
        let cookies = ann.cookies.take();
        drop(ann);
        backend.stop();
        // The page waits this long for a sign of life.
        let takeover = std::time::Duration::from_secs(2);
        backend.start_again(|options| options.export_pace = Pace { takeover, ..super::pace() });
        let ann = Person::stranger(&backend);
        ann.cookies.replace(cookies);
        let page = ann.get("/admin/exports").body;
        assert!(page.contains("No longer configured") && page.contains("/admin/exports/soar/remove"), "{page}");
        assert_eq!(ann.post("/admin/exports/other/remove", &[]).status, 404);
        // A running server counts its beat up, which shows that it runs.
        if kind == Kind::Postgres {
            backend.with_store(async |store| {
                let row = store.export("soar").await.unwrap();
                assert!(store.claim_export(&row, "elsewhere").await.unwrap());
            });
            let beats = std::sync::atomic::AtomicBool::new(true);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    backend.with_store(async |store| {
                        while beats.load(std::sync::atomic::Ordering::Relaxed) {
                            store.renew_export("soar", "elsewhere").await.unwrap();
                        }
                    });
                });
                let refused = ann.post("/admin/exports/soar/remove", &[]);
                beats.store(false, std::sync::atomic::Ordering::Relaxed);
                assert_eq!(refused.status, 409, "{}", refused.body);
            });
        }
        let done = ann.post("/admin/exports/soar/remove", &[]);
        assert_eq!(done.headers["location"], "/admin/exports?done=export-removed", "{}", done.body);
        assert!(!ann.get("/admin/exports").body.contains("No longer configured"));
        assert_eq!(ann.post("/admin/exports/soar/remove", &[]).status, 404);
        let log = ann.get("/admin/audit.csv").body;
        assert!(log.contains("export-removed") && log.contains("3 events delivered"), "{log}");
    }
}

#[test]
fn the_page_shows_an_export_that_the_file_does_not_name() {
    let hook = Hook::start(&[]);
    let mut backend = Backend::start_with(Kind::Sqlite, exporting(&webhook(&hook)));
    backend.stop();
    backend.start_again(|_| {});
    let ann = Person::admin(&backend, "ann");
    let page = ann.get("/admin/exports").body;
    assert!(
        page.contains("No exports yet") && page.contains("does not name <code>soar</code>"),
        "{page}"
    );
}
