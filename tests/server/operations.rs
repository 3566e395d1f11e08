//! The things that operators watch: health, counters, logs; and what these must not contain.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use milguard::server::{Secret, Transport};

use crate::server::client::{Running, pages};

/// A server that believes it has no proxy in front, but without TLS, so that a test can read its
/// answers.
fn with_token(token: Option<&str>) -> Running {
    Running::start_in(pages(), |options| options.metrics_token = token.map(Secret::new))
}

#[test]
fn a_server_that_answers_is_healthy_and_ready() {
    let server = Running::start();
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let response = server.get(path);
        assert_eq!((response.status, response.body.as_str()), (200, body), "{path}");
    }
}

#[test]
fn counters_can_be_read_only_with_their_token() {
    let server = with_token(Some("let-me"));
    for (header, status) in [
        ("", 401),
        ("Authorization: Bearer let-me\r\n", 200),
        ("Authorization: Bearer let-m\r\n", 401),
        ("Authorization: Bearer let-me-in\r\n", 401),
        ("Authorization: Bearer \r\n", 401),
        ("Authorization: Basic let-me\r\n", 401),
        ("Authorization: let-me\r\n", 401),
    ] {
        let response = server.request("GET", "/metrics", header);
        assert_eq!(response.status, status, "{header}");
        assert_eq!(response.headers["cache-control"], "no-store", "{header}");
    }
    assert_eq!(server.request("GET", "/metrics?token=let-me", "").status, 401);
}

#[test]
fn behind_a_proxy_there_are_no_counters_without_a_token() {
    assert_eq!(with_token(None).get("/metrics").status, 404);
}

#[test]
fn counters_name_routes_and_never_paths() {
    let server = with_token(Some("let-me"));
    server.get("/try/?q=bob@army.ml");
    server.get("/secret-path/bob@army.ml");
    server.get("/v1/domains/army.ml");
    server.request("BREW", "/try/", "");
    let text = server.request("GET", "/metrics", "Authorization: Bearer let-me\r\n").body;
    for line in [
        "milguard_http_requests_total{method=\"GET\",route=\"files\",status=\"200\"} 1",
        "milguard_http_requests_total{method=\"GET\",route=\"files\",status=\"404\"} 1",
        "milguard_http_requests_total{method=\"GET\",route=\"/v1/domains/{domain}\",status=\"401\"} 1",
        "milguard_http_requests_total{method=\"other\",route=\"files\",status=\"405\"} 1",
        "milguard_http_request_duration_seconds_count{route=\"files\"} 3",
        "milguard_http_connections ",
        "milguard_event_queue ",
        "# TYPE milguard_dns_lookups counter",
        "# TYPE milguard_policy_requests counter",
        "# TYPE milguard_events counter",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    for secret in ["army.ml", "secret-path", "bob", "BREW"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn each_response_has_an_id_of_its_own() {
    let server = Running::start();
    let ids: Vec<_> = ["/", "/none", "/healthz", "/"]
        .map(|path| {
            server.request("GET", path, "X-Request-Id: mine\r\n").headers["x-request-id"].clone()
        })
        .into();
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(id.len(), 32, "{id}");
        assert!(!ids[index + 1..].contains(id), "{ids:?}");
    }
}

#[cfg(unix)]
#[test]
fn logs_hold_no_address_domain_token_or_query() {
    let folder = pages();
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.args([
        "serve",
        "--http",
        "--listen",
        "127.0.0.1:0",
        "--log-level",
        "debug",
        "--assets",
    ]);
    command.arg(folder.path().join("www")).arg("--state").arg(folder.path().join("state"));
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let reading = thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    // The log names the port, but the test reads it only at the end, so it asks the system instead.
    let address = listening(child.id());
    for path in ["/try/?q=bob@army.ml", "/bob@army.ml", "/v1/domains/army.ml", "/v1/policy"] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer mg_enrol_secret\r\n\
             User-Agent: bob@army.ml\r\nConnection: close\r\n\r\n"
        );
        crate::server::client::send(address, request.as_bytes());
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let log = reading.join().unwrap();
    // The lines that the first start prints once, for the person who starts the server.
    let is_once = |line: &&str| line.starts_with("milguard serve: ");
    assert_eq!(log.lines().filter(is_once).count(), 2, "{log}");
    let rest: Vec<_> = log.lines().filter(|line| !is_once(line)).collect();
    let rest = rest.join("\n");
    for line in rest.lines().filter(|line| !line.is_empty()) {
        let entry: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(entry["level"].is_string() && entry["message"].is_string(), "{line}");
    }
    assert!(rest.contains("\"route\":\"/v1/policy\"") && rest.contains("\"status\":401"), "{rest}");
    for secret in ["army.ml", "bob", "mg_enrol", "?q", "secret"] {
        assert!(!rest.contains(secret), "{secret}: {rest}");
    }
}

/// The port that a process listens on, from `/proc`.
#[cfg(unix)]
fn listening(pid: u32) -> std::net::SocketAddr {
    let start = Instant::now();
    loop {
        let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap_or_default();
        let own: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                Some(std::fs::read_link(entry.ok()?.path()).ok()?.display().to_string())
            })
            .collect();
        for row in table.lines().skip(1) {
            let columns: Vec<_> = row.split_whitespace().collect();
            let is_own =
                columns.get(9).is_some_and(|inode| own.contains(&format!("socket:[{inode}]")));
            if columns.get(3) == Some(&"0A") && is_own {
                let port = columns[1].rsplit(':').next().unwrap();
                return ([127, 0, 0, 1], u16::from_str_radix(port, 16).unwrap()).into();
            }
        }
        assert!(start.elapsed() < Duration::from_secs(20), "the server does not listen");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn over_https_this_machine_reads_counters_without_a_token() {
    let server =
        Running::start_in(pages(), |options| options.transport = Transport::OwnCertificate);
    let ask = |headers: &str| crate::server::tls::get(&server, "/metrics", headers).unwrap().status;
    assert_eq!(ask(""), 200);
    for header in ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "Via: 1.1 proxy"] {
        assert_eq!(ask(&format!("{header}\r\n")), 404, "{header}");
    }
}
