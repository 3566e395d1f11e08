//! Attacks of a hostile client. Each gets a clear answer or a closed connection, and the next client is served as
//! before. docs/hostile.md lists them.

mod connections;

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
};

use crate::server::client::{Running, connect, exchange, send};

/// Checks that the server has survived the test.
#[track_caller]
fn assert_alive(server: &Running) {
    let response = server.get("/healthz");
    assert_eq!((response.status, response.body.as_str()), (200, "ok\n"));
}

/// The status of each response on a connection; none if it was closed without a response.
fn statuses(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    let heads = text.split("HTTP/1.1 ").skip(1);
    heads.filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}

/// Sends everything, whatever the server does meanwhile, and reads the answers.
fn talk(server: &Running, request: &[u8]) -> Vec<u16> {
    let mut stream = connect(server.address);
    // A server that has refused a request does not read the rest of it.
    let _ = stream.write_all(request);
    let closes = b"Connection: close";
    if !request.windows(closes.len()).any(|window| window == closes) {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    statuses(&bytes)
}

fn post(server: &Running, path: &str, body: &[u8]) -> Vec<u16> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.key(),
        body.len()
    );
    talk(server, &[head.as_bytes(), body].concat())
}

#[test]
fn requests_that_are_too_large_are_refused() {
    let server = Running::start();
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
    };
    let long = "a".repeat(100_000);
    let flood = "X-More: of it\r\n".repeat(1000);
    for (what, request, allowed) in [
        ("a long path", get(&format!("/{long}"), ""), &[414, 431][..]),
        ("a long query", get(&format!("/?{long}"), ""), &[414, 431]),
        ("a long field", get("/", &format!("X-Long: {long}\r\n")), &[431]),
        ("a thousand fields", get("/", &flood), &[431]),
        ("a long token", get("/v1/policy", &format!("Authorization: Bearer {long}\r\n")), &[431]),
        ("a long cookie", get("/admin/", &format!("Cookie: a={long}\r\n")), &[431]),
    ] {
        let statuses = talk(&server, request.as_bytes());
        assert!(statuses.is_empty() || allowed.contains(&statuses[0]), "{what}: {statuses:?}");
        assert_alive(&server);
    }
    assert_eq!(post(&server, "/v1/events", &vec![b' '; 3 << 20]), [413], "a large body");
    // The server refuses it by its declared length, before the body is sent.
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: 10000000000\r\n\r\n",
        server.token
    );
    let mut stream = connect(server.address);
    stream.write_all(head.as_bytes()).unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
    assert_alive(&server);
}

#[test]
fn requests_that_are_not_http_are_refused() {
    let server = Running::start();
    let body = "Transfer-Encoding: chunked\r\nContent-Type: application/json";
    let with = |headers: &str, rest: &str| {
        format!(
            "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{headers}\r\n\r\n{rest}",
            server.key()
        )
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("line ends", b"\r\n\r\n\r\n".to_vec()),
        ("zeros", vec![0; 1000]),
        ("high bytes", vec![0xff; 1000]),
        ("TLS to a server that has none", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("HTTP/0.9", b"GET /\r\n".to_vec()),
        ("HTTP/3.0", b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n".to_vec()),
        ("no target", b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("a space in the target", b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("a zero in the target", b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("a zero in a field", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n".to_vec()),
        ("a folded field", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n".to_vec()),
        ("a space before the colon", b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n".to_vec()),
        ("a field without a colon", b"GET / HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n".to_vec()),
        ("a negative length", with("Content-Length: -1", "").into()),
        ("a length that is not a number", with("Content-Length: ten", "").into()),
        ("a length beyond numbers", with("Content-Length: 99999999999999999999", "").into()),
        ("two lengths", with("Content-Length: 1\r\nContent-Length: 2", "{}").into()),
        ("a chunk that is not a number", with(body, "xyz\r\n{}\r\n0\r\n\r\n").into()),
        ("a chunk beyond numbers", with(body, "fffffffffffffffff\r\n{}\r\n0\r\n\r\n").into()),
        ("a coding before chunked", with("Transfer-Encoding: gzip", "{}").into()),
        ("CONNECT", b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n".to_vec()),
    ];
    for (what, request) in cases {
        let statuses = talk(&server, &request);
        let is_refusal = |status: &u16| (400..500).contains(status) || *status == 505;
        assert!(statuses.iter().all(is_refusal), "{what}: {statuses:?}");
        assert_alive(&server);
    }
}

#[test]
fn a_request_cannot_hide_another_one() {
    let server = Running::start();
    // Texts that a proxy and a server could read as two different requests.
    for headers in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 6",
        "Transfer-Encoding: xchunked\r\nContent-Length: 6",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Content-Length: 6\r\nContent-Length: 0",
    ] {
        let request = format!(
            "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n0\r\n\r\nGET /try/try.js HTTP/1.1\r\n\
             Host: localhost\r\nConnection: close\r\n\r\n"
        );
        let statuses = talk(&server, request.as_bytes());
        assert!(!statuses.contains(&200) || statuses.len() == 1, "{headers}: {statuses:?}");
        assert_alive(&server);
    }
}

#[test]
fn json_that_is_deep_or_endless_is_refused() {
    let server = Running::start();
    let cases: [(&str, Vec<u8>); 9] = [
        ("deep lists", [b"[".repeat(500_000), b"]".repeat(500_000)].concat()),
        (
            "deep objects",
            [b"{\"a\":".repeat(300_000), b"1".to_vec(), b"}".repeat(300_000)].concat(),
        ),
        ("deep within events", [b"{\"events\":".to_vec(), b"[".repeat(100_000)].concat()),
        (
            "a long number",
            [b"{\"events\":".to_vec(), b"9".repeat(1_000_000), b"}".to_vec()].concat(),
        ),
        ("a huge exponent", b"{\"events\":[1e999999999]}".to_vec()),
        ("many events", format!("{{\"events\":[{}0]}}", "0,".repeat(500_000)).into()),
        (
            "a key many times",
            format!("{{{}\"events\":[]}}", "\"events\":[],".repeat(50_000)).into(),
        ),
        ("not UTF-8", b"{\"events\":[\"\xff\xfe\"]}".to_vec()),
        ("half a surrogate", b"{\"events\":[\"\\ud800\"]}".to_vec()),
    ];
    for (what, body) in cases {
        let statuses = post(&server, "/v1/events", &body);
        assert!(matches!(statuses[..], [400 | 413 | 422]), "{what}: {statuses:?}");
        assert_alive(&server);
    }
}

#[test]
fn nothing_else_is_accepted_in_place_of_a_token() {
    let server = Running::start();
    let long = "a".repeat(8000);
    for header in [
        "",
        "Authorization:\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer  \r\n",
        "Authorization: Bearer null\r\n",
        "Authorization: Bearer mg_enrol_\r\n",
        "Authorization: Bearer mg_enrol_' OR '1'='1\r\n",
        "Authorization: Bearer mg_enrol_%27%20OR%201=1--\r\n",
        "Authorization: Bearer \u{e9}\r\n",
        "Authorization: Basic bWdfZW5yb2w6\r\n",
        "Cookie: token=mg_enrol_1; session=1\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
        &format!("Authorization: Bearer {long}\r\n"),
    ] {
        for (method, path) in
            [("GET", "/v1/policy"), ("POST", "/v1/events"), ("GET", "/v1/domains/army.ml")]
        {
            let head = format!("{header}Content-Type: application/json\r\nContent-Length: 0\r\n");
            let response = server.request(method, path, &head);
            assert_eq!(response.status, 401, "{method} {path} {header}: {response:?}");
            assert!(!response.body.contains("OR"), "the answer does not repeat the request");
        }
    }
    for query in ["token", "access_token", "authorization"] {
        let path = format!("/v1/policy?{query}={}", server.token);
        assert_eq!(server.get(&path).status, 401, "a token in an address ends up in logs");
    }
    let twice = format!("Authorization: Bearer {0}\r\nAuthorization: Bearer x\r\n", server.token);
    assert!([200, 401].contains(&server.request("GET", "/v1/policy", &twice).status));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Running::start();
    let one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(999);
    let last = "GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut stream = connect(server.address);
    let bytes = exchange(&mut stream, format!("{one}{last}").as_bytes()).unwrap();
    let statuses = statuses(&bytes);
    assert_eq!(statuses.len(), 1000);
    assert!(statuses[..999].iter().all(|status| *status == 200));
    assert_eq!(statuses[999], 404);
}

#[test]
fn a_request_has_only_the_effect_of_its_method() {
    let server = Running::start();
    for (method, headers) in [
        ("TRACE", ""),
        ("get", ""),
        ("BREW", ""),
        ("POST", "X-HTTP-Method-Override: GET\r\n"),
        ("DELETE", ""),
        ("PROPFIND", ""),
    ] {
        for path in ["/", "/v1/policy", "/healthz", "/metrics"] {
            let head = format!("{headers}Content-Length: 0\r\n");
            let response = server.request(method, path, &head);
            assert!((400..500).contains(&response.status), "{method} {path}: {response:?}");
            assert!(!response.body.contains("Override"), "the answer does not repeat the request");
        }
    }
}

#[test]
fn answers_never_repeat_the_request() {
    let server = Running::start();
    let marks = "<script>alert(1)</script>";
    let escaped = "%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [
        format!("/{escaped}"),
        format!("/?q={escaped}"),
        format!("/v1/domains/{escaped}.ml"),
        format!("/v1/{escaped}"),
        format!("/api/{escaped}"),
        format!("/outlook/{escaped}"),
        format!("/{marks}"),
        format!("/try{escaped}"),
    ] {
        let header = format!(
            "Authorization: Bearer {}\r\nReferer: {marks}\r\nUser-Agent: {marks}\r\n",
            server.key()
        );
        let response = server.request("GET", &path, &header);
        assert!(!response.body.contains("alert(1)"), "{path}: {}", response.body);
        let values: String = response.headers.values().map(String::as_str).collect();
        assert!(!values.contains("alert(1)"), "{path}: {values}");
    }
    let injected = send(
        server.address,
        b"GET /try%0d%0aX-Injected:%201 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(!injected.headers.contains_key("x-injected"));
}

#[test]
fn the_table_names_tests_that_exist() {
    let table = include_str!("../../../docs/hostile.md");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server");
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains(".rs`"));
    let mut named = Vec::new();
    for row in rows {
        let mut quoted = row.rsplit('`').skip(1).step_by(2);
        let (test, file) = (quoted.next().unwrap(), quoted.next().unwrap());
        let source = fs::read_to_string(format!("{folder}/{file}")).expect(row);
        assert!(source.contains(&format!("fn {test}(")), "{file} has no {test}");
        named.push(test);
    }
    assert!(named.len() >= 15, "{}", named.len());
    let sources = concat!(include_str!("mod.rs"), include_str!("connections.rs"));
    for test in sources.split("#[test]\nfn ").skip(1) {
        let name = test.split('(').next().unwrap();
        let is_this = name == "the_table_names_tests_that_exist";
        assert!(is_this || named.contains(&name), "{name} is not in the table");
    }
}
