//! The files that a client can get, and those that it cannot.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use milguard::server::{Assets, AssetsError};

use crate::server::client::{Running, link, pages, send};

#[test]
fn every_kind_of_file_has_its_content_type() {
    let server = Running::start();
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/try/", "text/html; charset=utf-8"),
        ("/try/try.js", "text/javascript; charset=utf-8"),
        ("/try/page.mjs", "text/javascript; charset=utf-8"),
        ("/try/try.css", "text/css; charset=utf-8"),
        ("/_locales/en/messages.json", "application/json"),
        ("/checker/milguard_bg.wasm", "application/wasm"),
        ("/checker/milguard.d.ts", "text/plain; charset=utf-8"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.headers["content-type"], content_type, "{path}");
        assert!(!response.body.is_empty(), "{path}");
    }
    assert!(server.get("/?lang=de").body.contains("start"), "a query does not change the file");
}

#[test]
fn every_response_carries_the_security_headers() {
    let server = Running::start();
    let refused = server.request("POST", "/try/", "Content-Length: 0\r\n");
    for response in [server.get("/try/"), server.get("/try"), server.get("/none"), refused] {
        let csp = &response.headers["content-security-policy"];
        let mut directives: Vec<_> = csp.split(';').map(str::trim).collect();
        directives.sort_unstable();
        assert_eq!(
            directives,
            [
                "base-uri 'none'",
                "connect-src 'self'",
                "default-src 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
                "img-src 'self'",
                "script-src 'self' 'wasm-unsafe-eval'",
                "style-src 'self'",
            ]
        );
        assert_eq!(response.headers["x-content-type-options"], "nosniff");
        assert_eq!(response.headers["referrer-policy"], "no-referrer");
        assert_eq!(response.headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(response.headers["cross-origin-resource-policy"], "same-origin");
    }
}

#[test]
fn a_current_copy_is_not_sent_again() {
    let server = Running::start();
    let first = server.get("/try/try.js");
    assert_eq!(first.headers["cache-control"], "no-cache");
    let etag = first.headers["etag"].as_str();
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    for current in [etag.to_owned(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()]
    {
        let again = server.request("GET", "/try/try.js", &format!("If-None-Match: {current}\r\n"));
        assert_eq!(again.status, 304, "{current}");
        assert_eq!(again.body, "", "{current}");
        assert_eq!(again.headers["etag"], etag);
    }
    let stale = server.request("GET", "/try/try.js", "If-None-Match: \"0123456789abcdef\"\r\n");
    assert_eq!((stale.status, stale.body.as_str()), (200, "export {};"));
    let other = server.get("/try/try.css");
    assert_ne!(other.headers["etag"], etag, "another content has another validator");
}

#[test]
fn files_are_sent_compressed_to_clients_that_ask_for_it() {
    let folder = pages();
    let text = "export const words = \"mistyped\";\n".repeat(200);
    fs::write(folder.path().join("www/try/long.js"), &text).unwrap();
    let server = Running::start_in(folder, |_| {});
    let ask = |accepted: &str| {
        server.request("GET", "/try/long.js", &format!("Accept-Encoding: {accepted}\r\n"))
    };
    // The server compresses files after its start.
    let start = Instant::now();
    while !ask("br").headers.contains_key("content-encoding") {
        assert!(start.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(20));
    }
    let mut etags = Vec::new();
    for (accepted, encoding) in [
        ("br, gzip", Some("br")),
        ("gzip, deflate, br;q=1.0", Some("br")),
        ("gzip", Some("gzip")),
        ("br;q=0, gzip;q=0.5", Some("gzip")),
        ("br;q=0, gzip;q=0", None),
        ("identity", None),
        ("zstd, compress", None),
        ("", None),
    ] {
        let response = ask(accepted);
        assert_eq!(
            response.headers.get("content-encoding").map(String::as_str),
            encoding,
            "{accepted}"
        );
        assert_eq!(response.headers["vary"], "Accept-Encoding", "{accepted}");
        let length: usize = response.headers["content-length"].parse().unwrap();
        assert_eq!(length < text.len() / 4, encoding.is_some(), "{accepted}: {length}");
        etags.push(response.headers["etag"].clone());
    }
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), 3, "each form of the file has its own validator");
    for etag in etags {
        let again = server.request("GET", "/try/long.js", &format!("If-None-Match: {etag}\r\n"));
        assert_eq!(again.status, 304, "{etag}");
    }
    let short = server.request("GET", "/try/try.js", "Accept-Encoding: br\r\n");
    assert!(!short.headers.contains_key("content-encoding"), "it would not be smaller");
}

#[test]
fn the_address_of_a_folder_redirects_and_never_lists_files() {
    let server = Running::start();
    let response = server.get("/try");
    assert_eq!((response.status, response.headers["location"].as_str()), (308, "try/"));
    for path in ["/shared", "/shared/", "/_locales/", "/checker/", "//", "//try", "//try/"] {
        let response = server.get(path);
        assert_eq!((response.status, response.body.as_str()), (404, "Not found.\n"), "{path}");
    }
}

#[test]
fn nothing_outside_the_folder_can_be_reached() {
    let server = Running::start();
    for path in [
        "/../secret.txt",
        "/try/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/try/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/try/..;/..;/secret.txt",
        "/secret.txt",
        "//secret.txt",
        "/.env",
        "/.hidden/key.txt",
        "/try/try.js/",
        "/try/try.js%00",
        "/TRY/",
    ] {
        let response = server.get(path);
        assert!((400..500).contains(&response.status), "{path}: {response:?}");
        assert!(!response.body.contains("SECRET"), "{path}");
    }
    // Forms of a request target other than a path.
    for target in ["http://other.example/../secret.txt", "*", "secret.txt", "?", ""] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let response = send(server.address, request.as_bytes());
        assert!(!response.body.contains("SECRET"), "{target}");
    }
}

#[test]
fn only_get_and_head_are_answered() {
    let server = Running::start();
    let head = server.request("HEAD", "/try/try.js", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.headers["content-length"], "10");
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let response = server.request(method, "/try/", "Content-Length: 0\r\n");
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.headers["allow"], "GET,HEAD", "{method}");
    }
}

#[test]
fn a_link_out_of_the_folder_keeps_the_server_from_starting() {
    let folder = pages();
    let www = folder.path().join("www");
    if link(&www.join("try/try.js"), &www.join("same.js")) {
        assert!(Assets::load(&www).is_ok(), "a link within the folder is served");
        assert!(link(&folder.path().join("secret.txt"), &www.join("try/out.txt")));
        let error = Assets::load(&www).unwrap_err();
        assert!(matches!(error, AssetsError::LeavesFolder { .. }), "{error}");
        assert!(error.to_string().contains("out.txt"), "{error}");
    }
}

#[test]
fn a_link_to_a_parent_folder_is_refused_instead_of_followed_for_ever() {
    let folder = pages();
    let www = folder.path().join("www");
    if link(&www, &www.join("try/loop")) {
        let error = Assets::load(&www).unwrap_err();
        assert!(matches!(error, AssetsError::TooLarge { .. }), "{error}");
    }
}

#[test]
fn a_folder_without_pages_is_refused() {
    let folder = pages();
    let www = folder.path().join("www");
    let error = Assets::load(&folder.path().join("none")).unwrap_err();
    assert!(matches!(error, AssetsError::Missing { .. }), "{error}");
    assert!(error.to_string().contains("`make build`"), "{error}");
    let error = Assets::load(&www.join("shared")).unwrap_err();
    assert!(matches!(error, AssetsError::Missing { .. }), "{error}");

    fs::write(www.join("id.pem"), "key").unwrap();
    let error = Assets::load(&www).unwrap_err();
    assert!(matches!(error, AssetsError::UnknownType { .. }), "{error}");
    fs::remove_file(www.join("id.pem")).unwrap();

    fs::write(www.join("a b.js"), "").unwrap();
    let error = Assets::load(&www).unwrap_err();
    assert!(matches!(error, AssetsError::UnservableName { .. }), "{error}");
}
