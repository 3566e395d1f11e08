//! `GET /v1/policy`: which policy a client gets, and when it learns of a change.

use milguard::store::NewToken;
use serde_json::{Value, json};

use crate::server::{
    backend::{Backend, on_both_databases, wait_for},
    client::Response,
};

on_both_databases! {
    fn a_group_gets_the_merged_policies_of_organisation_and_group(kind) {
        let backend = Backend::start(kind);
        let token = backend.with_store(async |store| {
            store.create_group("navy", "Navy contractors", "organisation", None).await.unwrap();
            let token = NewToken { group: "navy".to_owned(), label: "pilot".to_owned(), expires: None };
            store.create_token(&token, None).await.unwrap().1.reveal().to_owned()
        });
        let organisation = json!({ "countdown": 3, "deny": ["*.ml"], "locked": ["countdown"] });
        backend.set_policy("organisation", &organisation);
        backend.with_store(async |store| {
            let put = milguard::store::PolicyChange {
                group: "navy".to_owned(),
                document: json!({ "countdown": 0, "deny": ["bad.example"], "mode": "audit" }).to_string(),
                author: "ann".to_owned(),
                comment: String::new(),
                expected: Some(0),
            };
            store.put_policy(&put, None).await.unwrap()
        });
        let policy = || serde_json::from_str::<Value>(&backend.policy(&token, "").body).unwrap();
        wait_for("the policy of the group", || policy()["mode"] == "audit");
        let navy = policy();
        assert_eq!((&navy["id"], &navy["countdown"]), (&json!("navy"), &json!(3)), "{navy}");
        assert_eq!(navy["deny"], json!(["*.ml", "bad.example"]));
        let default: Value = serde_json::from_str(&backend.policy(&backend.token, "").body).unwrap();
        assert_eq!((&default["id"], &default["mode"]), (&json!("default"), &json!("enforce")));
        assert!(navy["version"].as_i64() > default["version"].as_i64());
    }

    fn a_client_with_the_current_policy_gets_no_copy_until_it_changes(kind) {
        let backend = Backend::start(kind);
        let first = backend.policy(&backend.token, "");
        let etag = first.headers["etag"].clone();
        assert!(etag.starts_with('"') && first.status == 200, "{first:?}");
        let asks = format!("If-None-Match: {etag}\r\n");
        let unchanged = backend.policy(&backend.token, &asks);
        assert_eq!((unchanged.status, &*unchanged.body), (304, ""));
        // Both answers have the same headers for caching, sharing and security.
        let said = |response: &Response| {
            let mut headers = response.headers.clone();
            for name in ["content-type", "content-length", "date", "vary", "x-request-id"] {
                headers.remove(name);
            }
            headers
        };
        assert_eq!(said(&unchanged), said(&first));
        assert_eq!(unchanged.headers["etag"], etag);
        assert_eq!(backend.policy(&backend.token, "If-None-Match: \"other\"\r\n").status, 200);
        backend.set_policy("organisation", &json!({ "countdown": 5 }));
        let changed = backend.policy(&backend.token, &asks);
        assert_eq!(changed.status, 200);
        assert_ne!(changed.headers["etag"], etag);
        assert!(changed.headers["access-control-expose-headers"].contains("etag"));
        assert!(changed.headers["cache-control"].contains("no-cache"));
    }
}

#[test]
fn nobody_gets_a_policy_without_a_token() {
    let backend = Backend::start(crate::server::backend::Kind::Sqlite);
    assert_eq!(backend.policy("mg_enrol_wrong", "").status, 401);
    assert_eq!(backend.request("GET /v1/policy", "", "").status, 401);
    assert_eq!(backend.request("POST /v1/policy", "", "").status, 405);
}
