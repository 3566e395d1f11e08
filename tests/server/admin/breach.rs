//! After a break-in: an administrator can end everything that a thief created, and a stolen session
//! alone cannot make dangerous changes.

use sqlx::{Connection, SqliteConnection};

use super::person::{PASSWORD, Person};
use crate::server::backend::{Backend, Kind, block_on, event, on_both_databases};

const OTHER: &str = "another sentence that is long";

/// Makes an API token and returns it.
fn token(person: &Person<'_>) -> String {
    let form = [("name", "siem"), ("days", "30"), ("events", "on"), ("summary", "on")];
    let body = person.post("/admin/tokens", &form).body;
    let (_, rest) = body.split_once("mg_api_").expect("the token is shown");
    let digits = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    format!("mg_api_{}", rest.chars().take_while(digits).collect::<String>())
}

fn reads(backend: &Backend, token: &str) -> u16 {
    let header = format!("Authorization: Bearer {token}\r\n");
    backend.request("GET /v1/admin/events", &header, "").status
}

on_both_databases! {
    fn resetting_a_password_and_disabling_an_account_end_its_tokens(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let bob = Person::user(&ann, "bob", "analyst");
        let id = ann.id_of("bob");
        for (path, form) in [
            ("password", vec![("password", PASSWORD), ("again", PASSWORD)]),
            ("disable", Vec::new()),
        ] {
            bob.sign_in("bob", PASSWORD);
            let token = token(&bob);
            assert_eq!(reads(&backend, &token), 200);
            assert_eq!(ann.post(&format!("/admin/users/{id}/{path}"), &form).status, 303);
            assert_eq!(reads(&backend, &token), 401, "{path}");
            if path == "disable" {
                assert_eq!(ann.post(&format!("/admin/users/{id}/enable"), &[]).status, 303);
                assert_eq!(reads(&backend, &token), 401, "enabling brings no token back");
            }
        }
    }

    fn signing_out_everywhere_and_a_new_password_end_tokens(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let first = token(&ann);
        ann.post("/admin/sign-out-everywhere", &[]);
        assert_eq!(reads(&backend, &first), 401);
        ann.sign_in("ann", PASSWORD);
        let second = token(&ann);
        let form = [("current", PASSWORD), ("password", OTHER), ("again", OTHER)];
        assert_eq!(ann.post("/admin/account/password", &form).status, 303);
        assert_eq!(reads(&backend, &second), 401);
    }

    fn every_way_to_export_leaves_a_row_in_the_audit_log(kind) {
        let backend = Backend::start(kind);
        assert_eq!(backend.post_events(&[event()]).status, 200);
        let ann = Person::admin(&backend, "ann");
        let token = token(&ann);
        for path in ["/admin/events.csv", "/admin/events.jsonl"] {
            assert_eq!(ann.get(path).status, 200);
        }
        assert_eq!(reads(&backend, &token), 200);
        let log = ann.get("/admin/audit.csv").body;
        assert_eq!(log.matches("events-exported").count(), 3, "{log}");
        assert!(log.contains("by the token siem"), "{log}");
    }

    fn failed_sign_ins_appear_in_the_audit_log(kind) {
        let backend = Backend::start_with(kind, |options| {
            options.metrics_token = Some("metrics".parse().unwrap());
        });
        let ann = Person::admin(&backend, "ann");
        let thief = Person::stranger(&backend);
        for _ in 0..4 {
            assert_eq!(thief.sign_in("ann", "a guess").status, 401);
        }
        assert_eq!(thief.sign_in("my password in the wrong field", "x").status, 401);
        let log = ann.get("/admin/audit.csv").body;
        let rows: Vec<_> = log.lines().filter(|row| row.contains("sign-in-failed")).collect();
        // The first, second and fourth failure of one name, and the first of an unknown name.
        assert_eq!(rows.len(), 4, "{log}");
        assert!(rows.iter().filter(|row| row.contains("ann")).count() == 3, "{log}");
        assert!(rows.iter().all(|row| row.contains("127.0.0.1")), "{log}");
        assert!(log.contains("failure 4 in a row") && !log.contains("wrong field"), "{log}");
        let header = "Authorization: Bearer metrics\r\n";
        let metrics = backend.request("GET /metrics", header, "").body;
        assert!(metrics.contains("milguard_sign_ins_total{outcome=\"failed\"} 5"), "{metrics}");
    }

    fn an_administrator_can_require_one_time_codes_for_a_role(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let bob = Person::user(&ann, "bob", "analyst");
        assert_eq!(ann.post("/admin/users/second-factor", &[("analyst", "on")]).status, 303);
        assert_eq!(bob.get("/admin").headers["location"], "/admin/account?done=code-needed");
        let export = bob.get("/admin/events.csv");
        assert_eq!(export.status, 303);
        assert_eq!(bob.get("/admin/account").status, 200);
        assert_eq!(ann.get("/admin").status, 200, "other roles need no code");
        assert_eq!(ann.post("/admin/users/second-factor", &[]).status, 303);
        assert_eq!(bob.get("/admin").status, 200);
    }
}

#[test]
fn a_stolen_session_cannot_make_dangerous_changes_without_the_password() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    let milguard::store::Database::Sqlite(path) = &backend.data.database else { unreachable!() };
    let age = || {
        block_on(async {
            let url = format!("sqlite:{}", path.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let sql = "UPDATE sessions SET confirmed_at = confirmed_at - 601000";
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    };
    let user =
        [("name", "mallory"), ("role", "admin"), ("password", PASSWORD), ("again", PASSWORD)];
    age();
    let asked = ann.post("/admin/users", &user);
    assert_eq!(asked.status, 403, "{}", asked.body);
    assert!(asked.body.contains("confirm-password") && asked.body.contains("value=\"mallory\""));
    assert!(!ann.get("/admin/users").body.contains("mallory"));
    for (path, form) in [
        ("/admin/tokens", vec![("name", "siem"), ("days", "30"), ("events", "on")]),
        ("/admin/policy/organisation/publish", vec![("document", "{}"), ("expected", "")]),
    ] {
        assert_eq!(ann.post(path, &form).status, 403, "{path}");
    }
    let with = |password: &'static str| [&user[..], &[("confirm-password", password)]].concat();
    assert_eq!(ann.post("/admin/users", &with("a guess")).status, 422);
    assert_eq!(ann.post("/admin/users", &with(PASSWORD)).status, 303);
    assert!(ann.get("/admin/users").body.contains("mallory"));
    // After the password was typed, further changes do not ask for it for a while.
    let other = [("name", "bob"), ("role", "viewer"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(ann.post("/admin/users", &other).status, 303);
}

#[test]
fn sign_in_forms_that_stall_do_not_block_other_people() {
    use std::io::Write;
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    ann.post("/admin/sign-out", &[]);
    let head = format!(
        "POST /admin/sign-in HTTP/1.1\r\nHost: {}\r\nContent-Length: 8100\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        backend.address
    );
    let stalled: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = crate::server::client::connect(backend.address);
            stream.write_all(head.as_bytes()).unwrap();
            let _ = stream.write_all(&[b'a'; 8_000]);
            stream
        })
        .collect();
    assert_eq!(ann.sign_in("ann", PASSWORD).status, 303, "a known browser");
    assert_eq!(Person::stranger(&backend).sign_in("ann", PASSWORD).status, 303, "a new browser");
    drop(stalled);
}
