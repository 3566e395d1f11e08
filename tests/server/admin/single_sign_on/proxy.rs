//! A proxy that names a person in headers.

use super::{super::person::Person, leads_to};
use crate::server::{
    backend::{Backend, Kind, on_both_databases},
    client::Response,
};
use milguard::server::{ProxyOptions, RoleMap, SignInOptions, SignInSource};

fn options(networks: &str) -> SignInOptions {
    let group = |name: &str| vec![name.to_owned()];
    SignInOptions {
        passwords: false,
        source: Some(SignInSource::Proxy(ProxyOptions {
            user_header: "remote-user".to_owned(),
            groups_header: "remote-groups".to_owned(),
            networks: vec![networks.parse().unwrap()],
            sign_out: Some("https://login.example.mil/leave".to_owned()),
        })),
        roles: RoleMap {
            admin: group("admins"),
            analyst: group("soc"),
            viewer: group("staff"),
            within: vec!["navy-soc=analyst:navy".parse().unwrap()],
        },
    }
}

fn backend(kind: Kind, networks: &str) -> Backend {
    Backend::start_with(kind, |it| it.sign_in = options(networks))
}

/// A request that the proxy passes on.
fn get(person: &Person<'_>, path: &str, user: &str, groups: &str) -> Response {
    let headers = format!("Remote-User: {user}\r\nRemote-Groups: {groups}\r\n");
    person.send("GET", path, &headers, "")
}

on_both_databases! {
    fn a_person_is_signed_in_while_the_proxy_names_them(kind) {
        let backend = backend(kind, "127.0.0.0/8");
        let ann = Person::stranger(&backend);
        let away = get(&ann, "/admin/events", "Ann", "staff, soc");
        assert_eq!(away.headers["location"], "/admin/sign-in?next=%2Fadmin%2Fevents");
        let signed_in = get(&ann, &away.headers["location"], "Ann", "staff, soc");
        assert_eq!(leads_to(&signed_in), "/admin/events");
        assert_eq!(get(&ann, "/admin/events", "Ann", "soc").status, 200);
        assert!(get(&ann, "/admin/account", "Ann", "soc").body.contains("ann, analyst"));
        let mut session = ann.cookies.borrow().clone();
        // The cookie alone, another name, another role, no role: each ends the session.
        for (user, groups) in [("", ""), ("bob", "soc"), ("ann", "soc"), ("Ann", "admins"), ("Ann", "")] {
            ann.cookies.borrow_mut().clone_from(&session);
            let response = if user.is_empty() {
                ann.get("/admin/events")
            } else {
                get(&ann, "/admin/events", user, groups)
            };
            assert_eq!(response.status, 303, "{user} {groups}");
            ann.cookies.borrow_mut().clone_from(&session);
            assert_eq!(get(&ann, "/admin/events", "Ann", "soc").status, 303, "{user} {groups}");
            leads_to(&get(&ann, "/admin/sign-in", "Ann", "soc"));
            session.clone_from(&ann.cookies.borrow());
            assert_eq!(get(&ann, "/admin/events", "Ann", "soc").status, 200);
        }
    }

    fn a_session_ends_when_the_role_is_for_another_group(kind) {
        let backend = backend(kind, "127.0.0.0/8");
        let admin = Person::stranger(&backend);
        backend.with_store(async |store| {
            store.create_group("navy", "Navy", "organisation", None).await.unwrap();
        });
        leads_to(&get(&admin, "/admin/sign-in", "olga", "admins"));
        let ann = Person::stranger(&backend);
        leads_to(&get(&ann, "/admin/sign-in", "ann", "navy-soc"));
        assert!(get(&ann, "/admin/account", "ann", "navy-soc").body.contains("ann, analyst"));
        assert_eq!(get(&ann, "/admin/policy/navy", "ann", "navy-soc").status, 200);
        assert_eq!(get(&ann, "/admin/policy/organisation", "ann", "navy-soc").status, 404);
        // The role is for the organisation again, but a session that has ended does not come back.
        assert_eq!(get(&ann, "/admin/policy/navy", "ann", "soc").status, 303);
        assert_eq!(get(&ann, "/admin/policy/navy", "ann", "navy-soc").status, 303);
        leads_to(&get(&ann, "/admin/sign-in", "ann", "soc"));
        assert_eq!(get(&ann, "/admin/policy/organisation", "ann", "soc").status, 200);
        assert_eq!(get(&ann, "/admin/policy/organisation", "ann", "navy-soc").status, 303);
    }

    fn a_header_from_elsewhere_is_ignored(kind) {
        let backend = backend(kind, "10.0.0.0/8");
        let mallory = Person::stranger(&backend);
        for headers in ["", "X-Forwarded-For: 10.0.0.1\r\n", "Forwarded: for=10.0.0.1\r\n"] {
            let headers = format!("Remote-User: ann\r\nRemote-Groups: admins\r\n{headers}");
            let page = mallory.send("GET", "/admin/sign-in", &headers, "");
            assert_eq!(page.status, 200);
            assert!(!page.body.contains("ann") && !page.body.contains("http-equiv"), "{}", page.body);
            assert_eq!(mallory.send("GET", "/admin", &headers, "").status, 303);
        }
    }
}

#[test]
fn two_names_in_one_request_sign_nobody_in() {
    let backend = backend(Kind::Sqlite, "127.0.0.1/32");
    let mallory = Person::stranger(&backend);
    let headers = "Remote-User: ann\r\nRemote-User: mallory\r\nRemote-Groups: admins\r\n";
    let page = mallory.send("GET", "/admin/sign-in", headers, "");
    assert!(!page.body.contains("http-equiv"), "{}", page.body);
}

#[test]
fn a_person_without_a_role_gets_a_plain_page() {
    let backend = backend(Kind::Sqlite, "127.0.0.1/32");
    let eve = Person::stranger(&backend);
    for groups in ["", "Staff", "staff2,nobody"] {
        let refused = get(&eve, "/admin/sign-in", "eve", groups);
        assert_eq!(refused.status, 403, "{groups}");
        assert!(refused.body.contains("You have no role on this server"), "{}", refused.body);
    }
}

#[test]
fn signing_out_leads_to_the_page_of_the_proxy_and_does_not_sign_in_again() {
    let backend = backend(Kind::Sqlite, "127.0.0.1/32");
    let ann = Person::stranger(&backend);
    leads_to(&get(&ann, "/admin/sign-in", "ann", "admins"));
    let headers = "Remote-User: ann\r\nRemote-Groups: admins\r\n";
    let body = get(&ann, "/admin/account", "ann", "admins").body;
    let token = body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    // Forms that confirm a change by password do not ask for it, because the proxy names the person
    // with each request.
    let form = format!(
        "csrf={token}&name=carol&role=viewer&password=a+sentence+to+remember&again=a+sentence+to+remember"
    );
    assert_eq!(ann.post_raw("/admin/users", &form, headers).status, 303);
    let left = ann.post_raw("/admin/sign-out", &format!("csrf={token}"), headers);
    assert_eq!(leads_to(&left), "https://login.example.mil/leave");
    let page = get(&ann, "/admin/sign-in?done=signed-out", "ann", "admins");
    assert!(page.body.contains("Sign in as ann"), "{}", page.body);
    assert!(!page.body.contains("http-equiv"));
}
