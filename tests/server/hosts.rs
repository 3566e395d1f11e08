//! The hosts that requests may name, and whose statements about the client's address the server
//! believes.

use milguard::{bundle::BundleOptions, server::Transport};

use crate::server::client::{Running, pages, send};

fn server() -> Running {
    Running::start_in(pages(), |options| {
        options.origin = Some("https://milguard.example.mil/prefix".parse().unwrap());
        options.allowed_hosts = vec!["Other.example.mil".to_owned()];
        options.bundle = BundleOptions::default();
    })
}

#[test]
fn only_requests_for_this_server_are_answered() {
    let server = server();
    let port = server.address.port();
    let own = format!("127.0.0.1:{port}");
    for (host, status) in [
        (own.as_str(), 200),
        ("localhost", 200),
        ("localhost:1", 200),
        ("[::1]:8443", 200),
        ("milguard.example.mil", 200),
        ("MILGUARD.example.mil:443", 200),
        ("milguard.example.mil.", 200),
        ("other.example.mil", 200),
        ("evil.example", 421),
        ("milguard.example.mil.evil.example", 421),
        ("evil.example:443", 421),
        ("milguard.example.mil@evil.example", 421),
        ("milguard.example.mil/evil", 421),
        ("milguard.example.mil, evil.example", 421),
        ("localhost:x", 421),
        ("127.0.0.2", 421),
        ("192.0.2.1", 421),
        ("", 421),
        ("a b", 421),
        ("\u{e9}", 421),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let response = send(server.address, request.as_bytes());
        assert_eq!(response.status, status, "{host}: {response:?}");
        assert!(!response.body.contains("evil"), "{host}: the answer does not repeat the request");
    }
}

#[test]
fn a_request_has_to_name_exactly_one_host() {
    let server = server();
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
        ("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n", 200),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n", 421),
        ("GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n", 421),
        ("GET / HTTP/1.1\r\nX-Forwarded-Host: evil.example\r\nHost: localhost\r\n", 200),
    ] {
        let response = send(server.address, format!("{head}Connection: close\r\n\r\n").as_bytes());
        assert_eq!(response.status, status, "{head}: {response:?}");
        assert!(!response.body.contains("evil"), "{head}");
    }
}

#[test]
fn load_balancers_may_check_health_under_the_server_s_address() {
    let server = server();
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/metrics", 421), ("/", 421)] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: 10.0.0.7:1\r\nConnection: close\r\n\r\n");
        assert_eq!(send(server.address, request.as_bytes()).status, status, "{path}");
    }
}

#[test]
fn only_trusted_proxies_say_where_a_request_comes_from() {
    // The paths that only this machine may read show which address the server takes for the client's.
    let outside = "X-Forwarded-For: 203.0.113.9\r\n";
    let tls_like = Running::start_in(pages(), |options| {
        options.transport =
            Transport::Plain { trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()] };
    });
    for header in ["", outside] {
        let response = tls_like.request("GET", "/metrics", header);
        assert_eq!(response.status, 404, "behind a proxy, everyone seems to be on this machine");
    }
}
