//! The contents of the pages: counts, events, groups; and hostile text as text.

use serde_json::json;

use super::person::Person;
use crate::server::backend::{Backend, event, on_both_databases};

const MARKUP: &str = "\"><img src=x onerror=alert(1)><script>alert(2)</script>";

on_both_databases! {
    fn events_are_counted_found_and_shown(kind) {
        let backend = Backend::start(kind);
        backend.set_policy("default", &json!({ "reporting": "address", "override": { "warn": "justification" } }));
        let ann = Person::admin(&backend, "ann");
        assert!(ann.get("/admin").body.contains("No reports yet"));
        assert!(ann.get("/admin/events").body.contains("No reports yet"));
        let mut events = Vec::new();
        for (domain, action) in
            [("army.ml", "fixed"), ("army.ml", "sent-anyway"), ("navy.mi", "cancelled")]
        {
            let mut event = event();
            event["domain"] = json!(domain);
            event["address"] = json!(format!("bob@{domain}"));
            event["action"] = json!(action);
            events.push(event);
        }
        events[1]["justification"] = json!(MARKUP);
        assert_eq!(backend.post_events(&events).status, 200);
        for path in ["/admin", "/admin?days=1", "/admin?days=7&group=default", "/admin?days=365"] {
            let body = ann.get(path).body;
            assert!(body.contains("<span class=\"tile-number\">3</span>"), "{path}: {body}");
            assert!(body.contains("/admin/domains/army%2Eml") || body.contains("/admin/domains/army.ml"));
        }
        let body = ann.get("/admin?host=outlook").body;
        assert!(body.contains("<span class=\"tile-number\">0</span>"), "{body}");
        for (query, count) in [
            ("", 3),
            ("domain=army.ml", 2),
            ("domain=ARMY.ml&action=fixed", 1),
            ("address=bob%40navy.mi", 1),
            ("reason=suffix-typo&severity=warn&host=thunderbird&group=default", 3),
            ("reason=confusable", 0),
            ("from=2001-01-01&to=2001-01-02", 0),
        ] {
            let page = ann.get(&format!("/admin/events?{query}"));
            assert_eq!(page.body.matches("class=\"outcome").count(), count, "{query}");
        }
        let id = events[1]["id"].as_str().unwrap();
        let body = ann.get(&format!("/admin/events/{id}")).body;
        assert!(body.contains("&#60;script&#62;alert(2)") && !body.contains("<script>alert"));
        let domain = ann.get("/admin/domains/army.ml").body;
        assert!(domain.contains("suffix-typo") && domain.contains("army.mil"), "{domain}");
    }

    fn markup_in_an_event_is_shown_as_text(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        backend.set_policy("default", &json!({ "reporting": "address" }));
        let mut event = event();
        event["domain"] = json!("<script>alert(2)</script><img/src=x>.ml");
        event["address"] = json!("\"<script>alert(2)</script>\"@army.ml");
        assert_eq!(backend.post_events(std::slice::from_ref(&event)).status, 200);
        let id = event["id"].as_str().unwrap();
        let domain = "/admin/domains/%3Cscript%3Ealert%282%29%3C%2Fscript%3E%3Cimg%2Fsrc%3Dx%3E%2Eml";
        for path in ["/admin", "/admin/events", "/admin/domains", &format!("/admin/events/{id}"), domain] {
            let page = ann.get(path);
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains("&#60;script&#62;alert(2)"), "{path}: {}", page.body);
            assert!(!page.body.contains("<script>alert") && !page.body.contains("<img/"), "{path}");
        }
    }

    fn the_pages_of_a_long_list_of_events_miss_none(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let events: Vec<_> = (0..120).map(|_| event()).collect();
        assert_eq!(backend.post_events(&events).status, 200);
        let mut path = "/admin/events".to_owned();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let body = ann.get(&path).body;
            let ids = body.split("href=\"/admin/events/").skip(1);
            seen.extend(ids.map(|rest| rest.split('"').next().unwrap().to_owned()));
            let next = body.split("class=\"button\" href=\"/admin/events?").skip(1).last();
            let next = next.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
            path = format!("/admin/events?{}", next.unwrap_or_default());
        }
        assert_eq!(seen.len(), 120);
        assert_eq!(ann.get("/admin/events?after=nothing").status, 400);
    }

    fn groups_and_tokens_are_created_moved_and_removed(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let make = |id, name, parent| {
            ann.post("/admin/groups", &[("id", id), ("name", name), ("parent", parent)])
        };
        assert_eq!(make("logistics", MARKUP, "default").status, 303);
        for (id, parent, status) in [
            ("logistics", "default", 422),
            ("No Good", "default", 422),
            ("fine", "nowhere", 422),
            ("demo-data-x", "default", 422),
        ] {
            assert_eq!(make(id, "Name", parent).status, status, "{id} {parent}");
        }
        for page in ["/admin/groups", "/admin/groups/logistics", "/admin/policy", "/admin/audit", "/admin"] {
            let body = ann.get(page).body;
            assert!(!body.contains("<img src=x") && !body.contains("<script>alert"), "{page}");
        }
        let token = ann.post("/admin/groups/logistics/tokens", &[("label", "Outlook"), ("days", "90")]);
        assert_eq!(token.status, 200);
        let text = token.body.split("mg_enrol_").nth(1).unwrap();
        let secret = format!("mg_enrol_{}", text.split('"').next().unwrap());
        assert!(token.body.matches(&*secret).count() >= 2, "every text to copy contains it");
        crate::server::backend::wait_for("the token", || backend.policy(&secret, "").status == 200);
        assert!(!ann.get("/admin/groups/logistics").body.contains(&secret), "shown once");
        assert_eq!(ann.post("/admin/groups/logistics/remove", &[]).status, 409);
        let body = ann.get("/admin/groups/logistics").body;
        let revoke = body.split("action=\"").find(|rest| rest.contains("/revoke\"")).unwrap();
        let path = revoke.split('"').next().unwrap();
        assert_eq!(ann.post(path, &[]).status, 303);
        let says = r#"{"host":"outlook","clientVersion":"1.2.3"}"#;
        let enrol = || crate::server::client::enrol(backend.address, &secret, says).status;
        crate::server::backend::wait_for("the end of the token", || enrol() == 403);
        let moved = [("name", "Logistics"), ("parent", "organisation")];
        assert_eq!(ann.post("/admin/groups/logistics", &moved).status, 303);
        let under_itself = [("name", "Logistics"), ("parent", "logistics")];
        assert_eq!(ann.post("/admin/groups/logistics", &under_itself).status, 422);
        assert_eq!(ann.post("/admin/groups/logistics/remove", &[]).status, 303);
        assert_eq!(ann.get("/admin/groups/logistics").status, 404);
    }

    fn the_system_page_shows_database_backup_retention_and_version(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let body = ann.get("/admin/system").body;
        let name = if kind == crate::server::backend::Kind::Sqlite { "SQLite" } else { "PostgreSQL" };
        for text in [name, "none yet", "365 days", env!("CARGO_PKG_VERSION")] {
            assert!(body.contains(text), "{text}: {body}");
        }
    }
}
