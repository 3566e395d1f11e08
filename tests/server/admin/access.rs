//! Every page with every role, and forms that no page of ours sent.

use milguard::server::admin::{Access, Role, rules};

use super::person::{PASSWORD, Person, encode};
use crate::server::backend::{Backend, Kind};

/// Who should be able to open each page: method, path, the least role (`-` for anyone, `half` for a
/// sign-in that still lacks its one-time code; `+` where a role for one group is enough).
const TABLE: &str = "
    GET  /admin/setup/{link} -
    POST /admin/setup/{link} -
    GET  /admin/password/{link} -
    POST /admin/password/{link} -
    GET  /admin/forgot -
    POST /admin/forgot -
    GET  /admin/sign-in -
    POST /admin/sign-in -
    GET  /admin/sign-in/oidc -
    GET  /admin/sign-in/oidc/callback -
    GET  /admin/signed-out -
    GET  /admin/sign-in/code half
    POST /admin/sign-in/code half
    GET  /admin viewer+
    GET  /admin/report viewer
    GET  /admin/domains viewer
    GET  /admin/domains/{domain} viewer
    POST /admin/domains/{domain}/look-up analyst
    POST /admin/filters viewer+
    POST /admin/filters/remove viewer+
    GET  /admin/events analyst+
    GET  /admin/events/{event} analyst+
    GET  /admin/events.csv analyst+
    GET  /admin/events.jsonl analyst+
    GET  /admin/policy viewer+
    GET  /admin/policy/{group} viewer+
    GET  /admin/policy/{group}/history viewer+
    GET  /admin/policy/{group}/history/{version} viewer+
    POST /admin/domain-policy analyst
    GET  /admin/policy/{group}/edit analyst+
    POST /admin/policy/{group}/edit analyst+
    POST /admin/policy/{group}/review analyst+
    POST /admin/policy/{group}/publish admin+
    GET  /admin/help viewer+
    GET  /admin/groups viewer
    POST /admin/groups admin
    GET  /admin/groups/{group} viewer
    POST /admin/groups/{group} admin
    POST /admin/groups/{group}/remove admin
    POST /admin/groups/{group}/tokens admin
    POST /admin/groups/{group}/tokens/{token}/revoke admin
    GET  /admin/deployments viewer+
    POST /admin/deployments admin+
    GET  /admin/deployments/{deployment} viewer+
    POST /admin/deployments/{deployment}/close admin+
    POST /admin/deployments/{deployment}/shut-out admin+
    GET  /admin/clients viewer+
    POST /admin/clients/expected admin
    GET  /admin/clients/{client} viewer+
    POST /admin/clients/{client}/shut-out admin+
    POST /admin/clients/{client}/remove-events admin+
    POST /admin/events/erase admin
    GET  /admin/users admin
    POST /admin/users admin
    POST /admin/users/invite admin
    POST /admin/users/second-factor admin
    POST /admin/users/{user}/role admin
    POST /admin/users/{user}/disable admin
    POST /admin/users/{user}/enable admin
    POST /admin/users/{user}/delete admin
    POST /admin/users/{user}/password admin
    POST /admin/users/{user}/link admin
    POST /admin/users/{user}/mail admin
    POST /admin/users/{user}/group admin
    GET  /admin/tokens analyst
    POST /admin/tokens analyst
    POST /admin/tokens/{token}/revoke analyst
    GET  /admin/audit admin
    GET  /admin/audit.csv admin
    GET  /admin/alerts admin
    POST /admin/alerts/{name}/test admin
    POST /admin/alerts/remove admin
    GET  /admin/exports admin
    POST /admin/exports/{name}/test admin
    POST /admin/exports/{name}/remove admin
    GET  /admin/system admin
    GET  /admin/account viewer+
    GET  /admin/account/confirm viewer+
    GET  /admin/account/confirmed viewer+
    POST /admin/account/password viewer+
    POST /admin/account/code/offer viewer+
    POST /admin/account/code/on viewer+
    POST /admin/account/code/off viewer+
    POST /admin/account/code/recovery viewer+
    POST /admin/account/sessions/{session}/end viewer+
    POST /admin/sign-out viewer+
    POST /admin/sign-out-everywhere viewer+
";

/// Method, path, the least role, and whether a role for one group is enough.
fn table() -> Vec<(&'static str, &'static str, &'static str, bool)> {
    let lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[0], words[1], words[2].trim_end_matches('+'), words[2].ends_with('+'))
        })
        .collect()
}

#[test]
fn the_table_names_every_page_with_the_role_that_it_needs() {
    let mut meant = table();
    meant.sort_unstable();
    let rules = rules();
    let mut found: Vec<(&str, &str, &str, bool)> = rules
        .iter()
        .map(|rule| {
            let (takes, within) = match rule.access {
                Access::Anyone => ("-", false),
                Access::Half => ("half", false),
                Access::Role(role) => (role.as_str(), false),
                Access::Within(role) => (role.as_str(), true),
            };
            (rule.method.as_str(), rule.path, takes, within)
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, meant);
}

/// A path with a value for each parameter.
fn filled(path: &str) -> String {
    path.replace("{group}", "default")
        .replace("{version}", "1")
        .replace("{domain}", "army.ml")
        .replace(['{', '}'], "")
}

#[test]
fn every_page_lets_in_the_roles_that_it_is_for_and_no_other() {
    let backend = Backend::start(Kind::Sqlite);
    let admin = Person::admin(&backend, "ann");
    let people = [
        (None, Person::stranger(&backend)),
        (Some(Role::Viewer), Person::user(&admin, "eve", "viewer")),
        (Some(Role::Analyst), Person::user(&admin, "bob", "analyst")),
        (Some(Role::Admin), admin),
    ];
    // The lines that sign out come last, because they end the sessions that the other lines need.
    for (method, path, takes, _) in
        table().into_iter().filter(|(_, path, ..)| !path.contains("sign-out"))
    {
        let needed = Role::parse(takes);
        for (role, person) in &people {
            let path = filled(path);
            let response = match method {
                "GET" => person.get(&path),
                _ => person.post(&path, &[]),
            };
            let who = role.map_or("nobody", Role::as_str);
            let status = response.status;
            match (needed, role) {
                // Such a page is open to all; an empty form is invalid, but the server reads it.
                (None, _) if takes == "-" => assert_ne!(status, 401, "{who} {method} {path}"),
                // A page for a sign-in that still lacks its code does not open in a complete
                // session.
                (None, _) => {
                    assert_eq!(status, 303, "{who} {method} {path}");
                    assert_eq!(response.headers["location"], "/admin/sign-in", "{who} {path}");
                }
                (Some(_), None) if method == "GET" => {
                    assert_eq!(status, 303, "{who} {method} {path}");
                    assert!(response.headers["location"].starts_with("/admin/sign-in"), "{path}");
                }
                (Some(_), None) => assert_eq!(status, 401, "{who} {method} {path}"),
                (Some(needed), Some(role)) if *role < needed => {
                    assert_eq!(status, 403, "{who} {method} {path}");
                    assert!(response.body.contains("role for this page"), "{who} {path}");
                }
                (Some(_), Some(_)) => {
                    assert!(![401, 403].contains(&status), "{who} {method} {path}: {status}");
                    assert!(status < 500, "{who} {method} {path}: {status}");
                }
            }
            assert_eq!(response.headers["cache-control"], "no-store", "{who} {method} {path}");
        }
    }
}

#[test]
fn the_menu_shows_no_page_that_a_role_cannot_open() {
    let backend = Backend::start(Kind::Sqlite);
    let admin = Person::admin(&backend, "ann");
    let viewer = Person::user(&admin, "eve", "viewer");
    for (person, count) in [(&viewer, 8), (&admin, 15)] {
        let body = person.get("/admin").body;
        let menu = body.split("class=\"menu\"").nth(1).unwrap().split("</nav>").next().unwrap();
        let paths: Vec<&str> =
            menu.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(paths.len(), count, "{paths:?}");
        for path in paths {
            assert_eq!(person.get(path).status, 200, "{path}");
        }
    }
}

#[test]
fn a_form_that_another_site_sent_has_no_effect() {
    let backend = Backend::start(Kind::Sqlite);
    let admin = Person::admin(&backend, "ann");
    let stranger = Person::stranger(&backend);
    let token = admin.token("/admin/users");
    let form = |token: &str| {
        encode(&[
            ("name", "mallory"),
            ("role", "admin"),
            ("password", PASSWORD),
            ("again", PASSWORD),
            ("csrf", token),
        ])
    };
    let host = backend.address.to_string();
    for (what, token, headers) in [
        ("no token", String::new(), String::new()),
        ("a token of nobody", "0".repeat(64), String::new()),
        ("the token of another browser", stranger.token("/admin/sign-in"), String::new()),
        ("sent by another site", token.clone(), "Sec-Fetch-Site: cross-site\r\n".to_owned()),
        ("sent by a sibling", token.clone(), "Sec-Fetch-Site: same-site\r\n".to_owned()),
        ("another origin", token.clone(), "Origin: https://evil.example\r\n".to_owned()),
        ("another port", token.clone(), "Origin: http://127.0.0.1:1\r\n".to_owned()),
    ] {
        let response = admin.post_raw("/admin/users", &form(&token), &headers);
        assert_eq!(response.status, 403, "{what}");
    }
    let users = admin.get("/admin/users").body;
    assert!(!users.contains("mallory"));
    for headers in [
        String::new(),
        "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n".to_owned(),
        format!("Origin: http://{host}\r\n"),
    ] {
        let name = format!("carol{}", headers.len());
        let body = form(&token).replace("mallory", &name);
        assert_eq!(admin.post_raw("/admin/users", &body, &headers).status, 303, "{headers}");
    }
}

#[test]
fn a_form_that_is_too_large_is_refused() {
    let backend = Backend::start(Kind::Sqlite);
    let admin = Person::admin(&backend, "ann");
    let response = admin.post("/admin/users", &[("name", &"x".repeat(70_000))]);
    assert_eq!(response.status, 413);
    // A policy may be larger than any batch of events.
    let many: Vec<String> = (0..100_000).map(|n| format!("d{n}.example")).collect();
    let document = serde_json::json!({ "deny": many }).to_string();
    let form = [("as", "json"), ("expected", "0"), ("document", &*document), ("comment", "many")];
    let response = admin.post("/admin/policy/default/publish", &form);
    assert_eq!(response.status, 303, "{}", response.body);
}
