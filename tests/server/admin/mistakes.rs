//! Careless people: a session that ended while they typed, an address that accepts only forms, two
//! deployments for one purpose. Each time the page says what to do next, and nothing that was typed
//! is lost.

use serde_json::{Value, json};

use super::person::{PASSWORD, Person, encode};
use crate::server::{
    backend::{Backend, Kind, event, on_both_databases, wait_for},
    client::enrol,
};

/// The header that a browser sends with a form from a page of this server.
const OWN_PAGE: &str = "Sec-Fetch-Site: same-origin\r\n";

const TYPED: &str = r#"{"mode":"audit","allow":["partner.army.ml"]}"#;

/// Two tabs: in one, somebody has written a policy; in the other, they sign out and in again. The form is that of the
/// first tab.
fn written(backend: &Backend) -> (Person<'_>, String) {
    let ann = Person::admin(backend, "ann");
    let token = ann.token("/admin/policy/default/edit");
    let form = [("csrf", &*token), ("as", "json"), ("expected", "0"), ("document", TYPED)];
    let form = encode(&form);
    assert_eq!(ann.post("/admin/sign-out", &[]).status, 303);
    (ann, form)
}

on_both_databases! {
    fn a_policy_that_was_written_before_the_session_ended_can_be_sent_again(kind) {
        let backend = Backend::start(kind);
        let (ann, form) = written(&backend);
        for action in ["review", "edit", "publish"] {
            let path = format!("/admin/policy/default/{action}");
            let out = ann.post_raw(&path, &form, OWN_PAGE);
            assert_eq!(out.status, 401, "{action}");
            assert!(out.body.contains("reload this page"), "{}", out.body);
            assert!(out.body.contains("href=\"/admin/sign-in\" target=\"_blank\""), "{}", out.body);
        }
        assert_eq!(ann.sign_in("ann", PASSWORD).status, 303);
        for action in ["review", "edit", "publish"] {
            let again = ann.post_raw(&format!("/admin/policy/default/{action}"), &form, OWN_PAGE);
            assert_eq!(again.status, 403, "{action}");
            assert!(again.body.contains("partner.army.ml"), "{action}: {}", again.body);
            // The page offers the form again, but for a review instead of a publication.
            let to = if action == "publish" { "review" } else { action };
            let to = format!("action=\"/admin/policy/default/{to}\"");
            assert!(again.body.contains(&to), "{action}: {}", again.body);
        }
        let reviewed = ann.post("/admin/policy/default/review", &[("as", "json"), ("expected", "0"), ("document", TYPED)]);
        assert!(reviewed.body.contains("Publish"), "{}", reviewed.body);
        assert!(ann.get("/admin/policy/default").body.contains("no settings of its own"));
    }

    fn a_second_deployment_has_a_name_of_its_own(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let make = |label: &str| {
            let made = ann.post("/admin/deployments", &[("group", "default"), ("label", label)]);
            assert_eq!(made.status, 303, "{}", made.body);
            made.headers["location"].split('?').next().unwrap().to_owned()
        };
        let offered = |path: &str| {
            let body = ann.get(path).body;
            let (_, rest) = body.split_once("id=\"rotate\"").unwrap();
            let (_, rest) = rest.split_once("name=\"label\" value=\"").unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        assert_eq!(offered(&make("Head office")), "Head office 2");
        assert_eq!(offered(&make("Head office 2")), "Head office 3");
        assert_eq!(offered(&make("Building 9")), "Building 10");
        let longest = "x".repeat(100);
        assert_eq!(offered(&make(&longest)).chars().count(), 100);
    }

    fn a_deployment_whose_clients_have_moved_says_so(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let mut made = backend.with_store(async |store| {
            let first = store.create_deployment("default", "first", None).await.unwrap();
            vec![first, store.create_deployment("default", "second", None).await.unwrap()]
        });
        let second = made.pop().unwrap();
        let first = made.pop().unwrap();
        let page = |id: &str| ann.get(&format!("/admin/deployments/{id}")).body;
        assert!(page(&first.token.id).contains("none seen yet"));
        assert!(page(&first.token.id).contains("No client has been in contact yet"));
        let says = |key: Option<&str>| {
            let mut body = json!({ "host": "thunderbird", "clientVersion": "1.2.3" });
            if let Some(key) = key {
                body["key"] = key.into();
            }
            body.to_string()
        };
        let mut key = String::new();
        wait_for("the first deployment", || {
            let enrolled = enrol(backend.address, &first.token_text(), &says(None));
            let is_in = enrolled.status == 200;
            if is_in {
                let answer: Value = serde_json::from_str(&enrolled.body).unwrap();
                answer["key"].as_str().unwrap().clone_into(&mut key);
            }
            is_in
        });
        wait_for("its client", || page(&first.token.id).contains("Thunderbird 1"));
        wait_for("the second deployment", || {
            enrol(backend.address, &second.token_text(), &says(Some(&key))).status == 200
        });
        wait_for("its client", || page(&second.token.id).contains("Thunderbird 1"));
        wait_for("the first one without a client", || page(&first.token.id).contains("none now"));
        let left = page(&first.token.id);
        assert!(!left.contains("No client has been in contact yet"), "{left}");
        assert!(left.contains("No client uses this address now"), "{left}");
    }

    fn a_single_client_is_counted_in_the_singular(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        assert_eq!(backend.post_events(&[event()]).status, 200);
        let page = ann.get("/admin/clients").body;
        assert!(page.contains("<strong>1</strong> client was in contact"), "{page}");
    }

    fn the_editor_names_the_value_that_the_group_inherits(kind) {
        let backend = Backend::start(kind);
        backend.set_policy("organisation", &json!({ "mode": "audit", "markings": { "enabled": false } }));
        let ann = Person::admin(&backend, "ann");
        let field = |group: &str, name: &str| {
            let body = ann.get(&format!("/admin/policy/{group}/edit")).body;
            let (_, rest) = body.split_once(&format!("name=\"{name}\"")).unwrap();
            let (_, rest) = rest.split_once("<option value=\"\">").unwrap();
            rest.split('<').next().unwrap().to_owned()
        };
        assert_eq!(field("default", "mode"), "not set here (audit)");
        assert_eq!(field("default", "markings.enabled"), "not set here (no)");
        assert_eq!(field("default", "mute"), "not set here (real-domains)");
        // The organisation sets `audit` itself; the default that it would inherit is `enforce`.
        assert_eq!(field("organisation", "mode"), "not set here (enforce)");
    }
}

#[test]
fn a_form_that_may_come_from_another_site_is_not_offered_again() {
    let backend = Backend::start(Kind::Sqlite);
    let (ann, form) = written(&backend);
    let out = ann.post_raw("/admin/policy/default/review", &form, "");
    assert!(out.body.contains("copy what you wrote"), "{}", out.body);
    assert_eq!(ann.sign_in("ann", PASSWORD).status, 303);
    for headers in ["", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        let refused = ann.post_raw("/admin/policy/default/review", &form, headers);
        assert_eq!(refused.status, 403, "{headers}");
        assert!(!refused.body.contains("partner.army.ml"), "{headers}: {}", refused.body);
    }
    // The password that confirms a publication does not come back.
    let publish = format!("{form}&confirm-password=a+secret+of+ann");
    let again = ann.post_raw("/admin/policy/default/publish", &publish, OWN_PAGE);
    assert!(again.body.contains("partner.army.ml"), "{}", again.body);
    assert!(!again.body.contains("a secret of ann"), "{}", again.body);
    // A form that takes effect at once has to be filled in again.
    let other = ann.post_raw("/admin/groups", "csrf=0&name=Navy&id=navy&parent=default", OWN_PAGE);
    assert_eq!(other.status, 403);
    assert!(!other.body.contains("value=\"Navy\""), "{}", other.body);
}

#[test]
fn a_page_that_accepts_only_forms_links_to_the_dashboard() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    for path in
        ["/admin/policy/default/review", "/admin/users/x/role", "/admin/groups/default/tokens"]
    {
        let page = ann.get(path);
        assert_eq!(page.status, 405, "{path}");
        assert!(page.body.contains("href=\"/admin\""), "{path}: {}", page.body);
        assert!(page.body.contains("takes a form"), "{path}: {}", page.body);
    }
}

#[test]
fn an_error_page_of_a_failed_sign_in_links_to_the_sign_in() {
    let backend = Backend::start(Kind::Sqlite);
    let stranger = Person::stranger(&backend);
    let out = stranger.post_raw("/admin/groups", "name=x", OWN_PAGE);
    assert_eq!(out.status, 401);
    assert!(out.body.contains("href=\"/admin/sign-in\""), "{}", out.body);
}

#[test]
fn mail_that_was_only_audited_is_not_called_sent_anyway() {
    let backend = Backend::start(Kind::Sqlite);
    backend.set_policy("default", &json!({ "mode": "audit", "reporting": "domain" }));
    let ann = Person::admin(&backend, "ann");
    let mut audited = event();
    audited["domain"] = json!("army.ml");
    audited["action"] = json!("audited");
    assert_eq!(backend.post_events(&[audited]).status, 200);
    let domain = ann.get("/admin/domains/army.ml").body;
    assert!(domain.contains("<dt>Sent, anyway or in audit mode</dt><dd>1"), "{domain}");
    for page in ["/admin/domains", "/admin"] {
        let body = ann.get(page).body;
        let table = body.split("<table").find(|table| table.contains("army.ml")).unwrap();
        let (table, _) = table.split_once("</table>").unwrap();
        assert!(table.contains(">Sent<") && !table.contains("Sent anyway"), "{page}: {table}");
    }
}
