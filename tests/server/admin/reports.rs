//! Exports, the interface for programs, the audit log, made-up events.

use std::process::Command;

use milguard::store::{Database, is_demo};
use serde_json::{Value, json};

use super::person::Person;
use crate::server::{
    backend::{Backend, Kind, event, on_both_databases, wait_for},
    client::enrol,
};

fn with_events(backend: &Backend, count: usize) {
    backend.set_policy(
        "default",
        &json!({ "reporting": "address", "override": { "warn": "justification" } }),
    );
    let events: Vec<Value> = (0..count)
        .map(|_| {
            let mut event = event();
            event["domain"] = json!("army.ml");
            event["address"] = json!("=cmd@army.ml");
            event["justification"] = json!("+1, \"quoted\"\nsecond line");
            event
        })
        .collect();
    for batch in events.chunks(500) {
        assert_eq!(backend.post_events(batch).status, 200);
    }
}

/// The content of a chunked response.
fn unchunked(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { return body.to_owned() };
        if size == 0 {
            break;
        }
        out.push_str(after.get(..size).unwrap());
        rest = after.get(size + 2..).unwrap();
    }
    out
}

on_both_databases! {
    fn exports_hold_every_event_and_no_formula(kind) {
        let backend = Backend::start(kind);
        with_events(&backend, 2_300);
        let ann = Person::admin(&backend, "ann");
        let csv = ann.get("/admin/events.csv?domain=army.ml");
        assert!(csv.headers["content-type"].starts_with("text/csv"));
        assert!(csv.headers["content-disposition"].contains("attachment"));
        let text = unchunked(&csv.body);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2_300);
        assert_eq!(&rows[0][13], "'=cmd@army.ml");
        assert_eq!(&rows[0][14], "'+1, \"quoted\"\nsecond line");
        let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| &row[0]).collect();
        assert_eq!(ids.len(), 2_300);
        let jsonl = unchunked(&ann.get("/admin/events.jsonl").body);
        let lines: Vec<Value> =
            jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2_300);
        assert_eq!(lines[7]["address"], "=cmd@army.ml");
        assert_eq!(ann.get("/admin/events.csv?host=pine").status, 400);
        let log = ann.get("/admin/audit?action=events-exported").body;
        assert!(log.contains("domain=army.ml"), "{log}");
    }

    #[expect(clippy::too_many_lines, reason = "the life of two tokens: what they open, what they do not, and how each ends")]
    fn a_program_reads_only_the_pages_in_the_scopes_of_its_token(kind) {
        let backend = Backend::start(kind);
        with_events(&backend, 30);
        let ann = Person::admin(&backend, "ann");
        let bob = Person::user(&ann, "bob", "analyst");
        let make = |person: &Person<'_>, scope: &str| {
            let form = [("name", "SIEM"), ("days", "30"), (scope, "on")];
            let body = person.post("/admin/tokens", &form).body;
            let text = body.split("mg_api_").nth(1).unwrap_or_else(|| panic!("{body}"));
            format!("mg_api_{}", text.split(['"', ' ']).next().unwrap())
        };
        let ask = |token: &str, path: &str| {
            backend.request(&format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), "")
        };
        let (events, summary) = (make(&bob, "events"), make(&bob, "summary"));
        assert_eq!(unchunked(&ask(&events, "/v1/admin/events").body).lines().count(), 30);
        let few = ask(&events, "/v1/admin/events?limit=7&domain=army.ml");
        assert_eq!(unchunked(&few.body).lines().count(), 7);
        let lines: Vec<Value> = ask(&summary, "/v1/admin/summary?days=7")
            .body
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(lines.iter().any(|line| line["of"] == "day" && line["n"] == 30), "{lines:?}");
        assert!(lines.iter().any(|line| line["of"] == "domain" && line["domain"] == "army.ml"));
        for (token, path) in [
            ("", "/v1/admin/events"),
            ("mg_api_none", "/v1/admin/events"),
            (&*summary, "/v1/admin/events"),
            (&*events, "/v1/admin/summary"),
            (&*events, "/v1/admin/clients"),
            (&*backend.token, "/v1/admin/events"),
        ] {
            let refused = ask(token, path);
            assert_eq!(refused.status, 401, "{token} {path}");
            assert!(refused.body.contains("api-token-refused"), "{}", refused.body);
        }
        for path in ["/v1/admin/events?limit=0", "/v1/admin/events?limit=x", "/v1/admin/events?from=x"] {
            assert_eq!(ask(&events, path).status, 400, "{path}");
        }
        for path in ["/v1/admin/summary?days=0", "/v1/admin/clients?days=0", "/v1/admin/clients?days=x"] {
            assert_eq!(ask(&summary, path).status, 400, "{path}");
        }
        for host in ["outlook", "outlook", "thunderbird"] {
            let says = json!({ "host": host, "clientVersion": "4.5.6" }).to_string();
            assert_eq!(enrol(backend.address, &backend.token, &says).status, 200);
        }
        wait_for("three clients", || {
            let body = ask(&summary, "/v1/admin/clients").body;
            let lines: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let count = |host: &str| {
                let found = lines.iter().find(|line| line["host"] == host && line["version"] == "4.5.6")?;
                assert!(found["seen"].as_str().unwrap().ends_with('Z') && found["group"] == "default", "{found}");
                assert!(found["policyVersion"].is_null(), "{found}");
                found["n"].as_i64()
            };
            count("outlook") == Some(2) && count("thunderbird") == Some(1)
        });
        // A token opens nothing once its owner has lost the role.
        let users = ann.get("/admin/users").body;
        let row = users.split("<tr>").find(|row| row.contains("bob")).unwrap();
        let id = row.split("/admin/users/").nth(1).unwrap().split('/').next().unwrap();
        ann.post(&format!("/admin/users/{id}/role"), &[("role", "viewer")]);
        assert_eq!(ask(&events, "/v1/admin/events").status, 401);
        assert_eq!(ask(&summary, "/v1/admin/summary").status, 200);
        let list = ann.get("/admin/tokens").body;
        assert!(!list.contains(&events), "shown once");
        for part in list.split("action=\"/admin/tokens/").skip(1) {
            let id = part.split('/').next().unwrap();
            assert_eq!(ann.post(&format!("/admin/tokens/{id}/revoke"), &[]).status, 303);
        }
        assert_eq!(ask(&summary, "/v1/admin/summary").status, 401);
    }

    fn the_audit_log_can_be_searched_and_downloaded(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        Person::user(&ann, "bob", "viewer");
        let count = |query: &str| {
            let body = ann.get(&format!("/admin/audit?{query}")).body;
            body.matches(">user-created</td>").count()
        };
        assert_eq!(count(""), 2);
        assert_eq!(count("action=user-created&actor=ann"), 2);
        assert_eq!(count("actor=bob"), 0);
        assert_eq!(count("from=2001-01-01&to=2001-12-31"), 0);
        let csv = ann.get("/admin/audit.csv?action=user-created").body;
        assert_eq!(csv.lines().count(), 3, "{csv}");
        assert!(csv.contains("127.0.0.1"), "{csv}");
    }

    fn made_up_events_are_marked_and_can_be_removed_completely(kind) {
        let backend = Backend::start(kind);
        with_events(&backend, 3);
        let ann = Person::admin(&backend, "ann");
        assert!(!ann.get("/admin").body.contains("Demo data"));
        let demo = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
            command.arg("demo-data").args(args);
            match &backend.data.database {
                Database::Sqlite(path) => command.env("MILGUARD_DATABASE", format!("sqlite:{}", path.display())),
                Database::Postgres(url) => command.env("MILGUARD_DATABASE", url),
            };
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        demo(&["--events", "500", "--days", "20"]);
        demo(&["--events", "400", "--days", "20"]);
        let body = ann.get("/admin").body;
        assert!(body.contains("Demo data.") && body.contains("<span class=\"tile-number\">403</span>"), "{body}");
        let exported = unchunked(&ann.get("/admin/events.jsonl").body);
        let groups = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let made_up = groups.filter(|event| is_demo(event["group"].as_str().unwrap())).count();
        assert_eq!(made_up, 400);
        assert!(ann.get("/admin/events").body.contains("demo-tag"));
        demo(&["--remove"]);
        let body = ann.get("/admin").body;
        assert!(!body.contains("Demo data.") && body.contains("<span class=\"tile-number\">3</span>"), "{body}");
        assert!(!ann.get("/admin/domains").body.contains("navy.ml"));
        assert!(!ann.get("/admin/groups").body.contains("demo-data"));
    }
}

#[test]
fn the_interface_for_programs_is_described() {
    let backend = Backend::start(Kind::Sqlite);
    let text = backend.request("GET /openapi.json", "", "").body;
    let described: Value = serde_json::from_str(&text).unwrap();
    for path in ["/v1/admin/events", "/v1/admin/summary", "/v1/admin/clients"] {
        assert_eq!(described["paths"][path]["get"]["security"][0]["apiToken"], json!([]), "{path}");
    }
}
