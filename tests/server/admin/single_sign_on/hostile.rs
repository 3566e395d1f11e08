//! Answers that let nobody in.

use super::{
    super::person::Person,
    away, is_in, leads_to,
    provider::{CLIENT, Provider, Says, Signing},
    sign_in,
};
use crate::server::backend::{Backend, Kind, on_both_databases};
use serde_json::{Value, json};

const FLOW: &str = "__Host-milguard-flow";

fn backend(provider: &Provider) -> Backend {
    Backend::start_with(Kind::Sqlite, |options| {
        options.sign_in = provider.options();
        options.metrics_token = Some("metrics".parse().unwrap());
    })
}

fn seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Valid claims of a person who may do everything, with the changes in `other`.
fn claims(other: &Value) -> Value {
    let mut claims =
        json!({ "sub": "m-1", "preferred_username": "mallory", "groups": ["mail-admins"] });
    let members = claims.as_object_mut().unwrap();
    members.extend(other.as_object().unwrap().clone());
    claims
}

#[test]
fn a_token_with_one_wrong_claim_lets_nobody_in() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let ann = Person::admin(&backend, "ann");
    let now = seconds();
    let wrong: Vec<(&str, Value, Value, Signing)> = vec![
        ("wrong-issuer", json!({ "iss": "https://login.evil.example" }), json!({}), Signing::Key),
        ("wrong-audience", json!({ "aud": "another" }), json!({}), Signing::Key),
        ("wrong-audience", json!({ "aud": [CLIENT, "another"] }), json!({}), Signing::Key),
        ("wrong-audience", json!({ "azp": "another" }), json!({}), Signing::Key),
        ("wrong-nonce", json!({ "nonce": null }), json!({}), Signing::Key),
        ("wrong-nonce", json!({ "nonce": "0".repeat(64) }), json!({}), Signing::Key),
        ("expired-token", json!({ "exp": now - 61 }), json!({}), Signing::Key),
        ("token-from-the-future", json!({ "iat": now + 600 }), json!({}), Signing::Key),
        ("no-subject", json!({ "sub": null }), json!({}), Signing::Key),
        ("malformed-token", json!({ "exp": null }), json!({}), Signing::Key),
        ("malformed-token", json!({}), json!({ "crit": ["exp"] }), Signing::Key),
        ("wrong-algorithm", json!({}), json!({}), Signing::None),
        ("wrong-algorithm", json!({}), json!({ "alg": "None" }), Signing::None),
        ("wrong-algorithm", json!({}), json!({}), Signing::Hmac),
        ("wrong-algorithm", json!({}), json!({ "kid": "symmetric" }), Signing::Hmac),
        ("unknown-key", json!({}), json!({ "alg": "RS256" }), Signing::Key),
        ("unknown-key", json!({}), json!({ "kid": "symmetric" }), Signing::Key),
        ("unknown-key", json!({}), json!({}), Signing::UnknownKey),
        ("wrong-signature", json!({}), json!({}), Signing::ForeignKey),
        ("wrong-signature", json!({}), json!({ "kid": null }), Signing::ForeignKey),
    ];
    let count = wrong.len();
    for (reason, other, header, signing) in wrong {
        let says = Says { claims: claims(&other), header, signing, ..Says::default() };
        let what = format!("{reason}: {says:?}");
        provider.says(says);
        let mallory = Person::stranger(&backend);
        let refused = sign_in(&mallory, &provider);
        assert_eq!(refused.status, 403, "{what}: {}", refused.body);
        assert!(refused.body.contains(&format!("({reason})")), "{what}: {}", refused.body);
        assert!(!refused.body.contains("mallory"), "{what}");
        assert!(!is_in(&mallory), "{what}");
        assert!(!mallory.cookies.borrow().contains_key("__Host-milguard-session"), "{what}");
    }
    assert!(!ann.get("/admin/users").body.contains("mallory"));
    let log = ann.get("/admin/audit.csv").body;
    let rows: Vec<_> = log.lines().filter(|row| row.contains("sign-in-failed")).collect();
    // The first failure and each doubling: 1, 2, 4, 8, 16.
    assert_eq!(rows.len(), 5, "{log}");
    assert!(rows.iter().all(|row| row.contains("127.0.0.1") && row.contains("(unknown)")), "{log}");
    assert!(log.contains("wrong-issuer; failure 1 in a row from this network"), "{log}");
    let metrics = backend.request("GET /metrics", "Authorization: Bearer metrics\r\n", "").body;
    let failed = format!("milguard_sign_ins_total{{outcome=\"failed\"}} {count}\n");
    assert!(metrics.contains(&failed), "{metrics}");
}

#[test]
fn the_clocks_of_provider_and_server_may_differ_by_a_minute() {
    let provider = Provider::start();
    let backend = backend(&provider);
    // These times are far enough from the minute, so that the test works on slow machines.
    for (other, is_let_in) in [
        (json!({ "exp": seconds() - 5 }), true),
        (json!({ "exp": seconds() - 90 }), false),
        (json!({ "iat": seconds() + 30, "exp": seconds() + 330 }), true),
        (json!({ "iat": seconds() + 600, "exp": seconds() + 900 }), false),
        (json!({ "nbf": seconds() + 30 }), true),
        (json!({ "nbf": seconds() + 600 }), false),
    ] {
        provider.says(Says { claims: claims(&other), ..Says::default() });
        let person = Person::stranger(&backend);
        assert_eq!(sign_in(&person, &provider).status == 200, is_let_in, "{other}");
        assert_eq!(is_in(&person), is_let_in, "{other}");
    }
}

on_both_databases! {
    fn an_answer_works_once_and_only_in_the_browser_that_asked(kind) {
        let provider = Provider::start();
        let backend = Backend::start_with(kind, |options| options.sign_in = provider.options());
        provider.knows("a-1", "ann", &["staff"]);
        let ann = Person::stranger(&backend);
        let answer = provider.answer(&away(&ann));
        // A person who has seen the answer tries it with a flow of their own, and without one.
        let thief = Person::stranger(&backend);
        for _ in 0..2 {
            let refused = thief.get(&answer);
            assert_eq!(refused.status, 400, "{}", refused.body);
            assert!(refused.body.contains("(wrong-state)"), "{}", refused.body);
            away(&thief);
        }
        // The reverse: the thief pushes an answer on a victim.
        let other = provider.answer(&away(&thief));
        assert_eq!(ann.get(&other).status, 400);
        let flow = ann.cookies.borrow()[FLOW].clone();
        leads_to(&ann.get(&answer));
        assert!(is_in(&ann));
        assert!(!ann.cookies.borrow().contains_key(FLOW), "the cookie is taken back");
        // Another browser sends the same answer again, with the earlier cookie.
        let again = Person::stranger(&backend);
        again.cookies.borrow_mut().insert(FLOW.to_owned(), flow);
        let refused = again.get(&answer);
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains("(replayed-state)"), "{}", refused.body);
        assert!(!is_in(&again));
    }
}

#[test]
fn manipulated_answers_are_refused() {
    let provider = Provider::start();
    let backend = backend(&provider);
    provider.knows("a-1", "ann", &["staff"]);
    let bend = |change: &dyn Fn(String) -> String, cookie: &dyn Fn(String) -> String| {
        let ann = Person::stranger(&backend);
        let answer = change(provider.answer(&away(&ann)));
        let flow = cookie(ann.cookies.borrow()[FLOW].clone());
        ann.cookies.borrow_mut().insert(FLOW.to_owned(), flow);
        let response = ann.get(&answer);
        assert!(!is_in(&ann) || response.status == 200);
        response.status
    };
    let same = |text: String| text;
    let earlier = |flow: String| {
        let parts: Vec<&str> = flow.split('.').collect();
        let ms: i64 = parts[1].parse().unwrap();
        format!("{}.{}.{}.{}", parts[0], ms - 1_000, parts[2], parts[3])
    };
    let other_page = |flow: String| format!("{flow}L2FkbWluL3VzZXJz");
    assert_eq!(bend(&same, &same), 200);
    assert_eq!(bend(&|answer| answer.replace("state=", "state=0"), &same), 400);
    assert_eq!(bend(&|answer| answer.split("&state").next().unwrap().to_owned(), &same), 400);
    assert_eq!(bend(&same, &earlier), 400);
    assert_eq!(bend(&same, &other_page), 400);
    assert_eq!(bend(&same, &|_| "x".to_owned()), 400);
    // An unknown code, no code, and the provider's answer when the person cancels.
    assert_eq!(bend(&|answer| answer.replace("code=code", "code=none"), &same), 403);
    assert_eq!(bend(&|answer| answer.replace("code=", "other="), &same), 403);
    let denied = |answer: String| answer.replace("code=", "error=access_denied&other=");
    assert_eq!(bend(&denied, &same), 403);
    let hostile = |answer: String| answer.replace("code=", "error=%3Cscript%3E&other=");
    assert_eq!(bend(&hostile, &same), 403);
    assert_eq!(bend(&|answer| format!("{answer}&state=1"), &same), 400);
}

#[test]
fn the_answer_of_another_provider_is_refused() {
    let provider = Provider::start();
    provider.describes_itself(json!({ "authorization_response_iss_parameter_supported": true }));
    let backend = backend(&provider);
    let own: &'static str = provider.issuer.clone().leak();
    for (named, status) in [(Some(own), 200), (Some("https://evil.example"), 403), (None, 403)] {
        provider.says(Says {
            claims: claims(&json!({})),
            issuer_parameter: named,
            ..Says::default()
        });
        assert_eq!(sign_in(&Person::stranger(&backend), &provider).status, status, "{named:?}");
    }
}

#[test]
fn a_new_key_is_fetched_and_a_withdrawn_one_forgotten() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let ann = Person::stranger(&backend);
    provider.knows("a-1", "ann", &["staff"]);
    leads_to(&sign_in(&ann, &provider));
    leads_to(&sign_in(&Person::stranger(&backend), &provider));
    assert_eq!(provider.count("/keys"), 1, "keys are kept");
    provider.rotate();
    let bob = Person::stranger(&backend);
    leads_to(&sign_in(&bob, &provider));
    assert!(is_in(&bob));
    assert_eq!(provider.count("/keys"), 2);
    // A flood of unknown key names causes a few fetches and then no more.
    provider.says(Says {
        claims: claims(&json!({})),
        signing: Signing::UnknownKey,
        ..Says::default()
    });
    for _ in 0..12 {
        assert_eq!(sign_in(&Person::stranger(&backend), &provider).status, 403);
    }
    assert!(provider.count("/keys") <= 2 + 7, "{}", provider.count("/keys"));
    assert_eq!(provider.count("/.well-known/openid-configuration"), 1);
}

#[test]
fn failures_of_the_provider_are_not_counted_as_failed_sign_ins() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let ann = Person::admin(&backend, "ann");
    let stranger = Person::stranger(&backend);
    for says in
        [(500, "oops"), (200, "{}"), (200, "[]"), (200, ""), (302, "{}"), (200, "{\"id_token\":1}")]
    {
        provider.says(Says { refuses: Some(says), ..Says::default() });
        let status = sign_in(&stranger, &provider).status;
        let expected = if says == (200, "{}") { 403 } else { 502 };
        assert_eq!(status, expected, "{says:?}");
    }
    provider
        .says(Says { refuses: Some((400, "{\"error\":\"invalid_client\"}")), ..Says::default() });
    let refused = sign_in(&stranger, &provider);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("(code-refused)"), "{}", refused.body);
    let metrics = backend.request("GET /metrics", "Authorization: Bearer metrics\r\n", "").body;
    assert!(metrics.contains("milguard_sign_ins_total{outcome=\"failed\"} 2\n"), "{metrics}");
    assert!(is_in(&ann));
}

#[test]
fn a_provider_that_gives_itself_another_name_is_not_used() {
    for metadata in [
        json!({ "issuer": "https://login.evil.example" }),
        json!({ "token_endpoint": "http://login.example.mil/token" }),
        json!({ "jwks_uri": null }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
    ] {
        let provider = Provider::start();
        provider.describes_itself(metadata.clone());
        let backend = backend(&provider);
        let response = Person::stranger(&backend).get("/admin/sign-in/oidc");
        assert_eq!(response.status, 502, "{metadata}");
        assert!(!response.body.contains("evil"), "{metadata}: {}", response.body);
    }
}

#[test]
fn a_network_that_sends_many_answers_is_refused() {
    let provider = Provider::start();
    let backend = backend(&provider);
    let stranger = Person::stranger(&backend);
    let statuses: Vec<u16> = (0..80)
        .map(|_| stranger.get("/admin/sign-in/oidc/callback?code=a&state=b").status)
        .collect();
    assert!(statuses[..50].iter().all(|status| *status == 400), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(provider.count("/token"), 0);
}
