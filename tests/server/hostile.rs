//! What a hostile client may try. Each is refused with a clear answer or a closed connection, and the next client
//! is served as before. docs/hostile.md is the table of it.

use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

use milguard::server::{ServerOptions, Timeouts, Transport};

use crate::server::client::{Running, connect, exchange, pages, parse, send};

/// The server must have survived what a test did to it.
#[track_caller]
fn assert_alive(server: &Running) {
    let response = server.get("/healthz");
    assert_eq!((response.status, response.body.as_str()), (200, "ok\n"));
}

/// The status of each response in what a connection gave, or none where it was closed without one.
fn statuses(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    let heads = text.split("HTTP/1.1 ").skip(1);
    heads.filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}

/// Sends all of it, whatever the server does meanwhile, and reads what it says.
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
fn what_is_too_large_is_refused() {
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
    // Refused by what it says, before it is sent.
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
fn what_is_no_http_is_refused() {
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
        ("a length that is no number", with("Content-Length: ten", "").into()),
        ("a length beyond numbers", with("Content-Length: 99999999999999999999", "").into()),
        ("two lengths", with("Content-Length: 1\r\nContent-Length: 2", "{}").into()),
        ("a chunk that is no number", with(body, "xyz\r\n{}\r\n0\r\n\r\n").into()),
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
    // What a proxy and a server could take for two different requests.
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
fn a_token_is_needed_whatever_is_sent_in_its_place() {
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
            assert!(!response.body.contains("OR"), "what was sent does not come back");
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

/// Sends `first`, then a byte of `rest` at a time, and tells whether the server ended it within half a minute.
fn drip(mut stream: TcpStream, first: &[u8], rest: &[u8]) -> (bool, Vec<u8>) {
    let start = Instant::now();
    stream.write_all(first).unwrap();
    let mut said = Vec::new();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut rest = rest.iter().cycle();
    while start.elapsed() < Duration::from_secs(30) {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer) {
            Ok(0) => return (true, said),
            Ok(length) => said.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if let Some(byte) = rest.next()
                    && stream.write_all(&[*byte]).is_err()
                {
                    return (true, said);
                }
            }
            Err(_) => return (true, said),
        }
    }
    (false, said)
}

/// As in a server that is not tested, but shorter.
fn impatient(options: &mut ServerOptions) {
    options.limits.timeouts = Timeouts {
        handshake: Duration::from_secs(1),
        head: Duration::from_secs(1),
        request: Duration::from_secs(2),
        idle: Duration::from_secs(3),
    };
}

#[test]
fn a_client_that_dawdles_is_let_go() {
    let usual = Timeouts::default();
    assert!(usual.handshake <= Duration::from_secs(10) && usual.head <= Duration::from_secs(15));
    assert!(usual.request <= Duration::from_secs(30) && usual.idle <= Duration::from_mins(1));
    let plain = Running::start_in(pages(), impatient);
    let tls = Running::start_in(pages(), |options| {
        impatient(options);
        options.transport = Transport::OwnCertificate;
    });
    let body = format!(
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n",
        plain.key()
    );
    let again = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let cases: [(&str, &Running, &str, &str); 7] = [
        ("says nothing", &plain, "", ""),
        ("sends a head byte by byte", &plain, "GET / HTTP/1.1\r\nHost: loc", "a"),
        ("sends fields byte by byte", &plain, "GET / HTTP/1.1\r\n", "X: y\r\n"),
        ("sends a body byte by byte", &plain, &body, " "),
        ("says nothing after a request", &plain, again, ""),
        ("says nothing where TLS is spoken", &tls, "", ""),
        ("speaks TLS byte by byte", &tls, "\x16\x03\x01", "\x01"),
    ];
    thread::scope(|scope| {
        for (what, server, first, rest) in cases {
            scope.spawn(move || {
                let (is_closed, said) =
                    drip(connect(server.address), first.as_bytes(), rest.as_bytes());
                assert!(is_closed, "{what}");
                let statuses = statuses(&said);
                let is_refused = statuses.iter().all(|status| [200, 400, 408].contains(status));
                assert!(is_refused, "{what}: {statuses:?}");
            });
        }
        // Others are served meanwhile.
        for _ in 0..10 {
            assert_alive(&plain);
            thread::sleep(Duration::from_millis(100));
        }
    });
    assert_alive(&plain);
}

#[test]
fn connections_beyond_the_bound_are_closed_and_the_others_served() {
    let server = Running::start_in(pages(), |options| {
        options.limits.connections = 50;
        options.limits.network_connections = 50;
    });
    let mut kept = Vec::new();
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for _ in 0..50 {
        let mut stream = connect(server.address);
        stream.write_all(request).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        kept.push(stream);
    }
    for _ in 0..500 {
        let mut stream = connect(server.address);
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        assert!(bytes.is_empty(), "{}", String::from_utf8_lossy(&bytes));
    }
    // A new client does not push out an earlier one.
    for stream in &mut kept {
        stream.write_all(request).unwrap();
        let mut bytes = [0; 2048];
        assert!(stream.read(&mut bytes).unwrap() > 0);
    }
    drop(kept);
    let start = Instant::now();
    while parse_alive(&server) != Some(200) {
        assert!(start.elapsed() < Duration::from_secs(10), "places are given back");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn connections_of_one_network_leave_room_for_others() {
    let server = Running::start_in(pages(), |options| {
        options.listen = "0.0.0.0:0".parse().unwrap();
        options.limits.connections = 50;
        options.limits.network_connections = 25;
    });
    let at = |host: [u8; 4]| std::net::SocketAddr::from((host, server.address.port()));
    // From 127.0.0.1, since that is where it goes.
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(at([127, 0, 0, 1])).unwrap()).collect();
    // On Linux, a connection to another loopback address comes from that address.
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for _ in 0..20 {
        let mut stream = connect(at([127, 0, 0, 2]));
        if stream.local_addr().unwrap().ip() == std::net::IpAddr::from([127, 0, 0, 1]) {
            return;
        }
        assert_eq!(parse(&exchange(&mut stream, request).unwrap()).status, 200);
    }
    drop(idle);
}

#[test]
fn bodies_that_stall_keep_no_other_sender_out() {
    let server = Running::start_in(pages(), |options| {
        options.limits.batches_per_minute = 100_000;
    });
    let length = (2 << 20) - 1;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: {length}\r\n\r\n",
        server.key()
    );
    let almost = vec![b' '; length - 1];
    let stalled: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(server.address);
            stream.write_all(head.as_bytes()).unwrap();
            // Those that are ended meanwhile take no more.
            let _ = stream.write_all(&almost);
            stream
        })
        .collect();
    for _ in 0..200 {
        assert_eq!(post(&server, "/v1/events", b"{\"events\":[]}"), [200]);
    }
    drop(stalled);
}

fn parse_alive(server: &Running) -> Option<u16> {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let bytes = exchange(&mut connect(server.address), request).ok()?;
    (!bytes.is_empty()).then(|| parse(&bytes).status)
}

#[test]
fn methods_do_what_they_say_alone() {
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
            assert!(!response.body.contains("Override"), "what was sent does not come back");
        }
    }
}

#[test]
fn what_was_sent_does_not_come_back() {
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
    let table = include_str!("../../docs/hostile.md");
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
    for test in include_str!("hostile.rs").lines().filter_map(|line| line.strip_prefix("fn ")) {
        let name = test.split('(').next().unwrap();
        let helpers = [
            "assert_alive",
            "statuses",
            "talk",
            "post",
            "drip",
            "impatient",
            "parse_alive",
            "the_table_names_tests_that_exist",
        ];
        assert!(helpers.contains(&name) || named.contains(&name), "{name} is not in the table");
    }
}
