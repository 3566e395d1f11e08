//! Accounts that the first sign-in creates, and that later ones update.

use super::{
    super::person::{PASSWORD, Person},
    is_in, leads_to, new_token,
    provider::{Provider, Says},
    read_events, sign_in,
};
use crate::server::backend::{Backend, Kind, on_both_databases};
use milguard::server::admin::new_link;
use serde_json::json;

fn backend(kind: Kind, provider: &Provider) -> Backend {
    Backend::start_with(kind, |options| options.sign_in = provider.options())
}

/// The path of an action on a user.
fn path(admin: &Person<'_>, name: &str, action: &str) -> String {
    let body = admin.get("/admin/users").body;
    let row = body.split("<tr>").find(|row| row.contains(name)).unwrap();
    let id = row.split("/admin/users/").nth(1).unwrap().split('/').next().unwrap();
    format!("/admin/users/{id}/{action}")
}

on_both_databases! {
    fn the_first_sign_in_creates_an_account_that_follows_the_provider(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let zoe = Person::stranger(&backend);
        let page = zoe.get("/admin/sign-in").body;
        assert!(page.contains("Sign in with the Ministry") && page.contains("name=\"password\""));
        provider.knows("z-1", "Zoe", &["staff", "other"]);
        assert_eq!(leads_to(&sign_in(&zoe, &provider)), "/admin");
        assert_eq!(zoe.get("/admin/events").status, 403, "a viewer");
        assert!(zoe.get("/admin/account").body.contains("zoe, viewer"));
        assert!(!zoe.get("/admin/account").body.contains("Change your password"));
        // The provider now gives the same person another role and another name.
        provider.knows("z-1", "zoe.lee", &["staff", "mail-admins"]);
        let again = Person::stranger(&backend);
        leads_to(&sign_in(&again, &provider));
        assert!(!is_in(&zoe), "sessions with the old role end");
        let users = again.get("/admin/users").body;
        assert_eq!(users.matches("<th scope=\"row\">").count(), 1, "{users}");
        assert!(users.contains("zoe.lee") && users.contains("elsewhere"));
        let log = again.get("/admin/audit.csv").body;
        for words in ["user-created,zoe,by the Ministry", "signed-in,zoe,by the Ministry",
            "user-role,zoe,\"viewer to admin, by the Ministry\""] {
            assert!(log.contains(words), "{words}: {log}");
        }
    }

    fn a_person_without_a_role_gets_a_plain_page_and_no_account(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let ann = Person::admin(&backend, "ann");
        let max = Person::stranger(&backend);
        for groups in [&[][..], &["Staff", "soc2", "staff "]] {
            provider.knows("m-1", "max", groups);
            let refused = sign_in(&max, &provider);
            assert_eq!(refused.status, 403);
            assert!(refused.body.contains("You have no role on this server"), "{}", refused.body);
            assert!(!is_in(&max));
        }
        provider.says(Says { claims: json!({ "preferred_username": "max" }), ..Says::default() });
        assert_eq!(sign_in(&max, &provider).status, 403, "without the claim");
        assert!(!ann.get("/admin/users").body.contains(">max"));
    }

    fn a_person_who_loses_every_group_loses_sessions_and_tokens(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        provider.knows("b-1", "bob", &["soc"]);
        let bob = Person::stranger(&backend);
        leads_to(&sign_in(&bob, &provider));
        let token = new_token(&bob);
        let reads = || read_events(&backend, &token);
        assert_eq!(reads(), 200);
        provider.knows("b-1", "bob", &[]);
        assert_eq!(sign_in(&Person::stranger(&backend), &provider).status, 403);
        assert!(!is_in(&bob));
        assert_eq!(reads(), 401);
    }

    fn a_disabled_account_stays_out(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let ann = Person::admin(&backend, "ann");
        provider.knows("b-1", "bob", &["soc"]);
        let bob = Person::stranger(&backend);
        leads_to(&sign_in(&bob, &provider));
        assert_eq!(ann.post(&path(&ann, "bob", "disable"), &[]).status, 303);
        assert!(!is_in(&bob));
        let refused = sign_in(&bob, &provider);
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("disabled"), "{}", refused.body);
        assert!(!is_in(&bob));
        assert_eq!(ann.post(&path(&ann, "bob", "enable"), &[]).status, 303);
        leads_to(&sign_in(&bob, &provider));
        assert!(is_in(&bob));
        // The provider decides this, so an administrator cannot set it here.
        for (action, form) in [
            ("role", vec![("role", "admin")]),
            ("password", vec![("password", PASSWORD), ("again", PASSWORD)]),
        ] {
            assert_eq!(ann.post(&path(&ann, "bob", action), &form).status, 400, "{action}");
        }
    }

    fn the_name_of_another_account_does_not_open_that_account(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let ann = Person::admin(&backend, "ann");
        let mallory = Person::stranger(&backend);
        provider.knows("m-1", " ANN", &["mail-admins"]);
        let refused = sign_in(&mallory, &provider);
        assert_eq!(refused.status, 409, "{}", refused.body);
        assert!(!is_in(&mallory));
        // A later name does not take over an account either.
        provider.knows("m-1", "mallory", &["staff"]);
        leads_to(&sign_in(&mallory, &provider));
        provider.knows("m-1", "ann", &["staff"]);
        leads_to(&sign_in(&Person::stranger(&backend), &provider));
        assert!(mallory.get("/admin/account").body.contains("mallory, viewer"));
        // An account without a password accepts none.
        for password in ["", " "] {
            assert_eq!(Person::stranger(&backend).sign_in("mallory", password).status, 401);
        }
        assert!(ann.get("/admin/users").body.contains("mallory"));
    }
}

#[test]
fn a_claim_that_cannot_be_an_account_name_is_passed_over() {
    let provider = Provider::start();
    let backend = backend(Kind::Sqlite, &provider);
    let ann = Person::stranger(&backend);
    let claims = |name: &str, email: &str| json!({ "sub": "1", "preferred_username": name, "email": email, "groups": "staff" });
    let hostile = "<script>alert(1)</script>";
    provider.says(Says { claims: claims(hostile, "ann@example.mil"), ..Says::default() });
    leads_to(&sign_in(&ann, &provider));
    assert!(ann.get("/admin/account").body.contains("ann@example.mil, viewer"));
    provider.says(Says { claims: claims(hostile, "CORP\\ann"), ..Says::default() });
    let refused = sign_in(&Person::stranger(&backend), &provider);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("oidc-user-claim") && !refused.body.contains("<script>"));
}

#[test]
fn claims_that_a_token_lacks_are_fetched_and_have_to_be_about_the_same_person() {
    let provider = Provider::start();
    let backend = backend(Kind::Sqlite, &provider);
    let ann = Person::stranger(&backend);
    let says = |userinfo| {
        provider.says(Says { claims: json!({ "sub": "a-1" }), userinfo, ..Says::default() });
    };
    for userinfo in [
        json!({ "sub": "a-2", "preferred_username": "ann", "groups": ["mail-admins"] }),
        json!({ "preferred_username": "ann", "groups": ["mail-admins"] }),
    ] {
        says(userinfo);
        let refused = sign_in(&ann, &provider);
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("other-subject"), "{}", refused.body);
    }
    says(
        json!({ "sub": "a-1", "preferred_username": "ann", "groups": ["mail-admins"], "iss": "x" }),
    );
    leads_to(&sign_in(&ann, &provider));
    assert!(ann.get("/admin/account").body.contains("ann, admin"));
}

#[test]
fn without_passwords_the_link_for_emergencies_still_works() {
    let provider = Provider::start();
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.sign_in = provider.options();
        options.sign_in.passwords = false;
    });
    let ann = Person::admin(&backend, "ann");
    assert!(is_in(&ann), "the link has let her in");
    let users = ann.get("/admin/users").body;
    assert!(users.contains("Passwords are switched off") && !users.contains("Add a user"));
    ann.post("/admin/sign-out", &[]);
    let page = ann.get("/admin/sign-in").body;
    assert!(page.contains("Sign in with the Ministry") && !page.contains("name=\"password\""));
    let form = [("csrf", ann.token("/admin/sign-in")), ("name", "ann".to_owned())];
    assert!(form[0].1.is_empty(), "the page has no form");
    // A form that was open before passwords were switched off still has a token.
    let link = backend.with_store(async |store| new_link(&store).await.unwrap());
    let token = ann.token(&link);
    let body = format!("csrf={token}&name=ann&password={}", PASSWORD.replace(' ', "+"));
    let refused = ann.post_raw("/admin/sign-in", &body, "");
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("admin-link"), "{}", refused.body);
    assert!(!is_in(&ann));
    let bob = Person::admin(&backend, "bob");
    assert!(is_in(&bob));
}
