//! The dashboard alone shows people the way to each task.

use milguard::{server::admin::Role, store::Database};
use serde_json::json;

use super::person::Person;
use crate::server::backend::{Backend, Kind, event, on_both_databases};

#[test]
fn help_leads_to_each_task_that_a_role_can_do() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    let bob = Person::user(&ann, "bob", Role::Analyst.as_str());
    let eve = Person::user(&ann, "eve", Role::Viewer.as_str());
    let links = |person: &Person<'_>| {
        let body = person.get("/admin/help").body;
        let tasks = body.split("<dd><a href=\"").skip(1);
        let links: Vec<String> =
            tasks.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        for link in &links {
            assert_eq!(person.get(link).status, 200, "{link}");
        }
        links.len()
    };
    assert!(links(&ann) > 12);
    assert_eq!(links(&bob), 1);
    assert_eq!(links(&eve), 0);
    assert!(eve.get("/admin/help").body.contains("An administrator does the rest"));
    for word in
        ["Microsoft 365", "Thunderbird", "audit to enforce", "partner", "SIEM", "Okta", "uninstall"]
    {
        assert!(ann.get("/admin/help").body.contains(word), "{word}");
    }
}

on_both_databases! {
    fn the_system_page_shows_the_commands_for_its_database(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let body = ann.get("/admin/system").body;
        match &backend.data.database {
            Database::Sqlite(path) => {
                let place = format!("--database sqlite:{}", path.display());
                for command in ["milguard backup", "milguard restore"] {
                    assert!(body.contains(&format!("{command} {place} --")), "{command}: {body}");
                }
                assert!(ann.get("/admin").body.contains(&format!("milguard demo-data {place}")));
            }
            Database::Postgres(address) => {
                assert!(body.contains("pg_dump") && !body.contains("milguard backup"), "{body}");
                for body in [body, ann.get("/admin").body] {
                    assert!(!body.contains(address.as_str()), "the address may contain a password");
                }
            }
        }
    }

    fn the_page_of_an_event_says_where_to_find_its_sender(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        backend.set_policy("default", &json!({ "reporting": "domain" }));
        let of = |action: &str, domain: Option<&str>| {
            let mut event = event();
            event["action"] = json!(action);
            if let Some(domain) = domain {
                event["domain"] = json!(domain);
            }
            assert_eq!(backend.post_events(&[event.clone()]).status, 200);
            ann.get(&format!("/admin/events/{}", event["id"].as_str().unwrap())).body
        };
        let sent = of("sent-anyway", Some("army.ml"));
        assert!(sent.contains("Find the sender") && sent.contains("for this domain"), "{sent}");
        assert!(!sent.contains("<em>Reporting</em>"), "{sent}");
        assert!(!of("fixed", Some("army.ml")).contains("Find the sender"));
        let counted = of("sent-anyway", None);
        assert!(counted.contains("Find the sender"), "{counted}");
        assert!(counted.contains("/admin/policy/default/edit\">policy"), "{counted}");
    }
}
