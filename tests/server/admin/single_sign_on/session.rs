//! Sessions that began at the provider: the page that was wanted, signing in anew, signing out, a provider that is down.

use super::{
    super::person::{PASSWORD, Person},
    away, is_in, leads_to,
    provider::{CLIENT, Provider, Says},
    sign_in,
};
use crate::server::backend::{Backend, Kind};
use milguard::server::admin::setup_link;
use serde_json::json;
use url::Url;

fn backend(provider: &Provider) -> Backend {
    Backend::start_with(Kind::Sqlite, |options| options.sign_in = provider.options())
}

#[test]
fn sign_in_leads_to_the_wanted_page_and_to_no_other_site() {
    let provider = Provider::start();
    let backend = backend(&provider);
    provider.knows("a-1", "ann", &["soc"]);
    for (next, to) in [
        (
            "%2Fadmin%2Fevents%3Fdomain%3Darmy.ml%26days%3D7",
            "/admin/events?domain=army.ml&#38;days=7",
        ),
        ("https%3A%2F%2Fevil.example", "/admin"),
        ("%2F%2Fevil.example", "/admin"),
        ("%2Fadmin%2Fsign-out", "/admin"),
    ] {
        let ann = Person::stranger(&backend);
        let page = ann.get(&format!("/admin/sign-in?next={next}")).body;
        let (_, rest) = page.split_once("href=\"/admin/sign-in/oidc").unwrap();
        let query = rest.split('"').next().unwrap();
        let location = ann.get(&format!("/admin/sign-in/oidc{query}")).headers["location"].clone();
        assert!(!location.contains("army"), "the provider does not learn which page: {location}");
        let response = ann.get(&provider.answer(&location));
        assert_eq!(leads_to(&response), to);
        // A browser that follows a redirect from the provider does not send a strict cookie.
        assert_eq!(response.status, 200);
    }
}

#[test]
fn the_cookies_are_only_as_lax_as_necessary() {
    let provider = Provider::start();
    let backend = backend(&provider);
    provider.knows("a-1", "ann", &["soc"]);
    let ann = Person::stranger(&backend);
    let there = ann.get("/admin/sign-in/oidc");
    let cookie = &there.headers["set-cookie"];
    // The answer also sets the cookie of the visit; the map keeps only the last cookie.
    assert!(
        cookie.contains("Strict")
            || cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{cookie}"
    );
    let back = ann.get(&provider.answer(&there.headers["location"]));
    leads_to(&back);
    let session = ann.cookies.borrow()["__Host-milguard-session"].clone();
    assert_eq!(session.len(), 43);
    assert!(!back.body.contains(&session));
}

#[test]
fn a_person_who_signed_in_long_ago_signs_in_again_before_a_dangerous_change() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let now = jiff::Timestamp::now().as_second();
    let says = |subject: &str, auth_time: serde_json::Value| {
        let claims = json!({
            "sub": subject, "preferred_username": subject, "groups": ["mail-admins"], "auth_time": auth_time,
        });
        provider.says(Says { claims, ..Says::default() });
    };
    let ann = Person::stranger(&backend);
    let user = [("name", "carol"), ("role", "admin"), ("password", PASSWORD), ("again", PASSWORD)];
    for auth_time in [json!(now - 3_600), json!(null)] {
        says("ann", auth_time);
        leads_to(&sign_in(&ann, &provider));
        let asked = ann.post("/admin/users", &user);
        assert_eq!(asked.status, 403, "{}", asked.body);
        assert!(asked.body.contains("Sign in again with the Ministry"), "{}", asked.body);
        assert!(asked.body.contains("value=\"carol\"") && !asked.body.contains("confirm-password"));
        let with = [&user[..], &[("confirm-password", PASSWORD)]].concat();
        assert_eq!(ann.post("/admin/users", &with).status, 403);
        ann.cookies.borrow_mut().clear();
    }
    says("ann", json!(now - 3_600));
    leads_to(&sign_in(&ann, &provider));
    let anew = || {
        let location = ann.get("/admin/account/confirm").headers["location"].clone();
        let url = Url::parse(&location).unwrap();
        for (name, value) in [("prompt", "login"), ("max_age", "0")] {
            assert!(url.query_pairs().any(|it| it == (name.into(), value.into())), "{location}");
        }
        ann.get(&provider.answer(&location))
    };
    for (subject, auth_time, words) in [
        ("ann", json!(now - 3_600), "(not-signed-in-anew)"),
        ("ann", json!(null), "auth_time"),
        ("bob", json!(now + 3_600), "as another person"),
    ] {
        says(subject, auth_time);
        let refused = anew();
        assert_eq!(refused.status, 403, "{words}");
        assert!(refused.body.contains(words), "{}", refused.body);
        assert_eq!(ann.post("/admin/users", &user).status, 403, "{words}");
    }
    says("ann", json!(now + 30));
    let confirmed = anew();
    assert_eq!(leads_to(&confirmed), "/admin/account/confirmed");
    assert!(ann.get("/admin/account/confirmed").body.contains("Continue"));
    assert_eq!(ann.post("/admin/users", &user).status, 303);
    assert!(ann.get("/admin/users").body.contains("carol"));
}

#[test]
fn a_person_who_lost_the_role_cannot_confirm_a_change() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let now = jiff::Timestamp::now().as_second();
    let says = |groups: serde_json::Value, auth_time: i64| {
        let claims = json!({
            "sub": "ann", "preferred_username": "ann", "groups": groups, "auth_time": auth_time,
        });
        provider.says(Says { claims, ..Says::default() });
    };
    let user = [("name", "carol"), ("role", "admin"), ("password", PASSWORD), ("again", PASSWORD)];
    for (groups, words) in
        [(json!(["staff"]), "now gives you another role"), (json!([]), "You have no role")]
    {
        let ann = Person::stranger(&backend);
        says(json!(["mail-admins"]), now - 3_600);
        leads_to(&sign_in(&ann, &provider));
        assert_eq!(
            ann.post("/admin/users", &user).status,
            403,
            "the server asks her to sign in anew"
        );
        let location = ann.get("/admin/account/confirm").headers["location"].clone();
        says(groups, now + 30);
        let refused = ann.get(&provider.answer(&location));
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert!(refused.body.contains(words), "{}", refused.body);
        assert!(!is_in(&ann), "the session with the old role has ended");
    }
}

#[test]
fn the_first_sign_in_ends_the_set_up_link_of_the_first_start() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let link = backend.with_store(async |store| setup_link(&store).await.unwrap()).unwrap();
    let stranger = Person::stranger(&backend);
    assert_eq!(stranger.get(&link).status, 200);
    provider.knows("a-1", "ann", &["staff"]);
    leads_to(&sign_in(&Person::stranger(&backend), &provider));
    assert_eq!(stranger.get(&link).status, 404);
}

#[test]
fn one_time_codes_are_required_only_for_sign_ins_by_password() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let ann = Person::admin(&backend, "ann");
    assert_eq!(ann.post("/admin/users/second-factor", &[("viewer", "on")]).status, 303);
    provider.knows("z-1", "zoe", &["staff"]);
    let zoe = Person::stranger(&backend);
    leads_to(&sign_in(&zoe, &provider));
    assert!(is_in(&zoe));
    let eve = Person::user(&ann, "eve", "viewer");
    assert!(!is_in(&eve));
}

#[test]
fn signing_out_ends_the_session_and_leads_to_the_provider() {
    let provider = Provider::start();
    let backend = backend(&provider);
    provider.knows("a-1", "ann", &["staff"]);
    let ann = Person::stranger(&backend);
    for path in ["/admin/sign-out", "/admin/sign-out-everywhere"] {
        leads_to(&sign_in(&ann, &provider));
        let session = ann.cookies.borrow()["__Host-milguard-session"].clone();
        let left = ann.post(path, &[]);
        let to = Url::parse(&leads_to(&left).replace("&#38;", "&")).unwrap();
        assert!(to.as_str().starts_with(&format!("{}/leave?from=here&", provider.issuer)), "{to}");
        let query = |name| to.query_pairs().find(|it| it.0 == name).map(|it| it.1.into_owned());
        assert_eq!(query("client_id").as_deref(), Some(CLIENT));
        assert!(query("post_logout_redirect_uri").unwrap().ends_with("/admin/signed-out"));
        assert_eq!(query("id_token_hint").unwrap().split('.').count(), 3);
        ann.cookies.borrow_mut().insert("__Host-milguard-session".to_owned(), session);
        assert!(!is_in(&ann), "the session has ended");
        let back = ann.get("/admin/signed-out");
        assert_eq!(back.headers["location"], "/admin/sign-in?done=signed-out");
    }
    // A person who signed in with a password stays at this server.
    let bob = Person::admin(&backend, "bob");
    assert_eq!(bob.post("/admin/sign-out", &[]).status, 303);
}

#[test]
fn signing_out_leads_to_the_servers_own_page_if_the_provider_has_none() {
    let provider = Provider::start();
    provider.describes_itself(json!({ "end_session_endpoint": null }));
    let backend = backend(&provider);
    provider.knows("a-1", "ann", &["staff"]);
    let ann = Person::stranger(&backend);
    leads_to(&sign_in(&ann, &provider));
    let left = ann.post("/admin/sign-out", &[]);
    assert_eq!(left.headers["location"], "/admin/sign-in?done=signed-out");
}

#[test]
fn a_server_starts_without_its_provider_and_takes_passwords() {
    let provider = Provider::start();
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.sign_in = provider.options();
        if let Some(milguard::server::SignInSource::Oidc(oidc)) = &mut options.sign_in.source {
            // Nobody listens at this address.
            "http://127.0.0.1:1".clone_into(&mut oidc.issuer);
        }
    });
    let ann = Person::admin(&backend, "ann");
    let response = Person::stranger(&backend).get("/admin/sign-in/oidc");
    assert_eq!(response.status, 502);
    assert!(response.body.contains("not available"), "{}", response.body);
    ann.post("/admin/sign-out", &[]);
    assert_eq!(ann.sign_in("ann", PASSWORD).status, 303);
    assert!(is_in(&ann));
}

#[test]
fn a_server_without_a_provider_has_no_pages_for_single_sign_on() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::stranger(&backend);
    assert!(!ann.get("/admin/sign-in").body.contains("Sign in with"));
    for path in ["/admin/sign-in/oidc", "/admin/sign-in/oidc/callback?code=a&state=b"] {
        assert_eq!(ann.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_signed_in_person_is_not_sent_to_the_provider() {
    let provider = Provider::start();
    let backend = backend(&provider);
    provider.knows("a-1", "ann", &["staff"]);
    let ann = Person::stranger(&backend);
    let location = away(&ann);
    leads_to(&ann.get(&provider.answer(&location)));
    assert_eq!(ann.get("/admin/sign-in/oidc").headers["location"], "/admin");
}
