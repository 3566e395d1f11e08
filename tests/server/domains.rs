//! `GET /v1/domains/{domain}`: which questions the server asks, how it answers, and which questions
//! it never asks.

use std::{
    thread,
    time::{Duration, Instant},
};

use hickory_resolver::proto::{op::ResponseCode, rr::RecordType};
use milguard::server::ResolverChoice;
use serde_json::{Value, json};

use crate::server::{
    client::{Response, Running, pages},
    name_server::{Entry, NameServer},
};

/// All names are ones that the default policy warns of.
const ZONE: &[(&str, Entry)] = &[
    ("army.ml", Entry::Mx(10, "mx.army.ml")),
    ("army.ml", Entry::Mx(5, "mx2.army.ml")),
    ("mx.army.ml", Entry::A([192, 0, 2, 1])),
    ("mx2.army.ml", Entry::Aaaa(1)),
    ("four.army.ml", Entry::A([192, 0, 2, 1])),
    ("six.army.ml", Entry::Aaaa(1)),
    ("null.army.ml", Entry::Mx(0, ".")),
    ("null.army.ml", Entry::A([192, 0, 2, 1])),
    ("null-and-more.army.ml", Entry::Mx(0, ".")),
    ("null-and-more.army.ml", Entry::Mx(10, "mx.army.ml")),
    ("nowhere.army.ml", Entry::Mx(10, "none.army.ml")),
    ("nowhere.army.ml", Entry::A([192, 0, 2, 1])),
    ("one-of-two.army.ml", Entry::Mx(10, "none.army.ml")),
    ("one-of-two.army.ml", Entry::Mx(20, "mx.army.ml")),
    ("dead-mx.army.ml", Entry::Mx(10, "broken.army.ml")),
    ("empty.army.ml", Entry::Nothing),
    ("alias.army.ml", Entry::Alias("alias2.army.ml")),
    ("alias2.army.ml", Entry::Alias("army.ml")),
    ("alias-to-host.army.ml", Entry::Alias("four.army.ml")),
    ("alias-to-none.army.ml", Entry::Alias("none.army.ml")),
    ("mx-by-alias.army.ml", Entry::Mx(10, "alias-to-host.army.ml")),
    ("long.army.ml", Entry::Truncated),
    ("long.army.ml", Entry::Mx(10, "mx.army.ml")),
    ("broken.army.ml", Entry::Code(ResponseCode::ServFail)),
    ("refused.army.ml", Entry::Code(ResponseCode::Refused)),
    ("loop.army.ml", Entry::Alias("loop2.army.ml")),
    ("loop2.army.ml", Entry::Alias("loop.army.ml")),
    ("silent.army.ml", Entry::Silence),
    ("garbage.army.ml", Entry::Garbage),
    // An outsider's zone that tries to learn about the organisation's own network.
    ("inside.army.ml", Entry::Mx(10, "vault.corp.internal")),
    ("single.army.ml", Entry::Mx(10, "localhost")),
    ("both.army.ml", Entry::Mx(10, "dc01.hq.lan")),
    ("both.army.ml", Entry::Mx(20, "mx.army.ml")),
    ("alias-inside.army.ml", Entry::Alias("dc01.hq.lan")),
    ("mx-alias-inside.army.ml", Entry::Mx(10, "alias-inside.army.ml")),
    ("vault.corp.internal", Entry::A([10, 0, 0, 1])),
    ("dc01.hq.lan", Entry::A([10, 0, 0, 2])),
    ("localhost", Entry::A([127, 0, 0, 1])),
];

fn start(delay: Duration) -> (NameServer, Running) {
    let names = NameServer::start(ZONE, delay);
    let address = names.address;
    let server = Running::start_in(pages(), |options| {
        options.resolver = ResolverChoice::Server(address);
        options.limits.domains_per_minute = 10_000;
    });
    (names, server)
}

fn ask(server: &Running, domain: &str) -> Response {
    let header = format!("Authorization: Bearer {}\r\n", server.token);
    server.request("GET", &format!("/v1/domains/{domain}"), &header)
}

fn json(response: &Response) -> Value {
    serde_json::from_str(&response.body).unwrap()
}

#[test]
fn dns_says_whether_a_domain_exists_and_takes_mail() {
    let (_names, server) = start(Duration::ZERO);
    for (domain, exists, accepts_mail) in [
        ("army.ml", true, true),
        ("four.army.ml", true, true),
        ("six.army.ml", true, true),
        ("null.army.ml", true, false),
        ("null-and-more.army.ml", true, true),
        ("nowhere.army.ml", true, false),
        ("one-of-two.army.ml", true, true),
        // The name server does not answer about the mail host, so the host may exist.
        ("dead-mx.army.ml", true, true),
        ("empty.army.ml", true, false),
        ("none.army.ml", false, false),
        ("alias.army.ml", true, true),
        ("alias-to-host.army.ml", true, true),
        ("alias-to-none.army.ml", false, false),
        ("mx-by-alias.army.ml", true, true),
        ("long.army.ml", true, true),
        // The top-level domain `mli` does not exist.
        ("army.mli", false, false),
    ] {
        let response = ask(&server, domain);
        let expected = json!({ "domain": domain, "exists": exists, "acceptsMail": accepts_mail });
        assert_eq!((response.status, json(&response)), (200, expected), "{domain}");
    }
}

#[test]
fn a_name_is_asked_for_in_its_canonical_form() {
    let (_names, server) = start(Duration::ZERO);
    for written in ["ARMY.ml", "army.ml.", "army%2eml", "%EF%BD%81rmy.ml"] {
        let response = ask(&server, written);
        assert_eq!(response.status, 200, "{written}: {response:?}");
        assert_eq!(json(&response)["domain"], "army.ml", "{written}");
    }
}

#[test]
fn silent_name_servers_are_reported_in_time() {
    let (names, server) = start(Duration::ZERO);
    thread::scope(|scope| {
        for domain in [
            "broken.army.ml",
            "refused.army.ml",
            "silent.army.ml",
            "garbage.army.ml",
            "loop.army.ml",
        ] {
            let server = &server;
            scope.spawn(move || {
                let start = Instant::now();
                let response = ask(server, domain);
                // Add-ins wait ten seconds.
                assert!(start.elapsed() < Duration::from_secs(9), "{domain}");
                if domain == "loop.army.ml" && response.status == 200 {
                    assert_eq!(json(&response)["acceptsMail"], false, "{domain}");
                    return;
                }
                assert_eq!(response.status, 503, "{domain}: {response:?}");
                assert_eq!(json(&response)["code"], "no-answer", "{domain}");
                assert_eq!(response.headers["retry-after"], "30", "{domain}");
            });
        }
    });
    let before = names.questions();
    assert_eq!(ask(&server, "broken.army.ml").status, 503);
    assert_eq!(
        names.questions(),
        before,
        "the server does not ask a name server that is down again"
    );
}

#[test]
fn clients_that_ask_at_the_same_time_share_one_answer() {
    let (names, server) = start(Duration::from_millis(300));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(ask(&server, "four.army.ml").status, 200));
        }
    });
    assert_eq!(names.asked("four.army.ml", RecordType::MX), 1);
    assert_eq!(names.asked("four.army.ml", RecordType::A), 1);
}

#[test]
fn an_answer_is_kept_also_over_a_restart() {
    let (names, server) = start(Duration::ZERO);
    assert_eq!(ask(&server, "army.ml").status, 200);
    let before = names.questions();
    assert_eq!(ask(&server, "army.ml").status, 200);
    assert_eq!(names.questions(), before);
    // The next server with the same data finds the answer there.
    let token = server.token.clone();
    let folder = server.stop();
    let address = names.address;
    let mut again = Running::start_in(folder, |options| {
        options.resolver = ResolverChoice::Server(address);
    });
    again.token = token;
    assert_eq!(json(&ask(&again, "army.ml"))["acceptsMail"], true);
    assert_eq!(names.questions(), before);
}

#[test]
fn the_server_asks_the_dns_only_about_lookalikes() {
    let (names, server) = start(Duration::ZERO);
    let long = format!("{}.army.ml", "a.".repeat(130));
    for (domain, code) in [
        ("gmail.com", "not-flagged"),
        ("army.mil", "not-flagged"),
        ("example.com", "not-flagged"),
        ("army.mil.local", "private-name"),
        ("army.mil.internal", "private-name"),
        ("army.mil.corp", "private-name"),
        ("printer.lan", "private-name"),
        ("army.mil.example", "private-name"),
        ("1.0.0.127.in-addr.arpa", "private-name"),
        ("army.onion", "private-name"),
        ("localhost", "not-a-domain"),
        ("ml", "not-a-domain"),
        ("127.0.0.1", "not-a-domain"),
        ("[::1]", "not-a-domain"),
        ("a..army.ml", "not-a-domain"),
        (".army.ml", "not-a-domain"),
        ("-a.army.ml", "not-a-domain"),
        ("a_b.army.ml", "not-a-domain"),
        ("bob@army.ml", "not-a-domain"),
        ("army.ml%00", "not-a-domain"),
        ("army.ml%20", "not-a-domain"),
        ("army.ml%0d%0aX:1", "not-a-domain"),
        ("%27%20OR%201=1--.ml", "not-a-domain"),
        ("%3Cscript%3E.ml", "not-a-domain"),
        (long.as_str(), "not-a-domain"),
    ] {
        let response = ask(&server, domain);
        assert_eq!(response.status, 404, "{domain}: {response:?}");
        let body = json(&response);
        assert_eq!(body["code"], code, "{domain}");
        assert_eq!(response.headers["content-type"], "application/problem+json", "{domain}");
        assert!(!response.body.contains("script"), "the answer does not repeat the request");
    }
    assert_eq!(names.questions(), 0);
    for path in ["a/b", "..%2f..%2fetc", "%ff"] {
        let status = ask(&server, path).status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(names.questions(), 0);
}

#[test]
fn no_zone_can_make_the_server_ask_about_private_names() {
    let (names, server) = start(Duration::ZERO);
    for (domain, accepts_mail) in [
        ("inside.army.ml", false),
        ("single.army.ml", false),
        ("both.army.ml", true),
        ("alias-inside.army.ml", false),
        ("mx-alias-inside.army.ml", false),
    ] {
        let response = ask(&server, domain);
        assert_eq!(response.status, 200, "{domain}: {response:?}");
        assert_eq!(json(&response)["acceptsMail"], accepts_mail, "{domain}");
    }
    for private in ["vault.corp.internal", "dc01.hq.lan", "localhost"] {
        for kind in [RecordType::A, RecordType::AAAA, RecordType::MX, RecordType::CNAME] {
            assert_eq!(names.asked(private, kind), 0, "{private} {kind}");
        }
    }
}

#[test]
fn a_question_about_a_domain_needs_a_token() {
    let (names, server) = start(Duration::ZERO);
    for header in ["", "Authorization: Bearer mg_enrol_none\r\n", "Authorization: Basic eDp5\r\n"] {
        let response = server.request("GET", "/v1/domains/army.ml", header);
        assert_eq!(response.status, 401, "{header}");
        assert_eq!(response.headers["www-authenticate"], "Bearer", "{header}");
    }
    assert_eq!(names.questions(), 0);
}

#[test]
fn each_token_has_a_limit_of_questions_in_a_minute() {
    let server = Running::start_in(pages(), |options| options.limits.domains_per_minute = 3);
    let statuses: Vec<u16> = (0..5).map(|_| ask(&server, "army.mli").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let refused = ask(&server, "army.mli");
    let seconds: u64 = refused.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[test]
fn a_server_without_name_servers_says_so() {
    let server = Running::start();
    let response = ask(&server, "army.ml");
    assert_eq!((response.status, &json(&response)["code"]), (404, &json!("evidence-off")));
}

#[test]
fn add_ins_may_ask_from_pages_of_another_origin() {
    let server = Running::start();
    let headers = "Origin: moz-extension://0f0f\r\nAccess-Control-Request-Method: GET\r\n\
                   Access-Control-Request-Headers: authorization\r\n";
    let preflight = server.request("OPTIONS", "/v1/domains/army.ml", headers);
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.headers["access-control-allow-origin"], "*");
    assert!(preflight.headers["access-control-allow-headers"].contains("authorization"));
    assert!(!preflight.headers.contains_key("access-control-allow-credentials"));
    for path in ["/", "/healthz", "/admin/", "/openapi.json"] {
        let response = server.request("GET", path, "Origin: https://evil.example\r\n");
        assert!(!response.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}
