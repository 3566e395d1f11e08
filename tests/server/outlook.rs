//! The Outlook add-in: rendered for the address of the server, and which pages may frame it.

use std::{fs, path::Path};

use milguard::bundle::{BundleOptions, Cloud, SendMode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::client::{Running, pages};

/// The usual folder of pages, with an Outlook add-in.
pub(crate) fn with_outlook() -> TempDir {
    let folder = pages();
    let www = folder.path().join("www");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/_locales");
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        // The glossary for translators is beside the languages.
        if !entry.path().is_dir() {
            continue;
        }
        let target = www.join("_locales").join(entry.file_name());
        fs::create_dir_all(&target).unwrap();
        fs::copy(entry.path().join("messages.json"), target.join("messages.json")).unwrap();
    }
    fs::create_dir_all(www.join("outlook/icons")).unwrap();
    fs::create_dir_all(www.join("try/outlook")).unwrap();
    let page =
        "<script src=\"https://appsforoffice.microsoft.com/lib/1/hosted/office.js\"></script>";
    for (name, text) in [
        ("outlook/taskpane.html", page),
        ("outlook/commands.html", page),
        ("outlook/launchevent.js", "var milguardConfig = {};\nrest();\n"),
        ("outlook/icons/icon-16.png", "png"),
        ("try/outlook/index.html", "try"),
    ] {
        fs::write(www.join(name), text).unwrap();
    }
    folder
}

fn start() -> Running {
    let mut bundle = BundleOptions::default();
    bundle.manifest.origin = "https://addins.example.mil/m".parse().unwrap();
    bundle.cloud = Cloud::Dod;
    bundle.manifest.send_mode = SendMode::SoftBlock;
    Running::start_with(with_outlook(), bundle)
}

#[test]
fn the_add_in_is_rendered_for_the_origin_and_the_cloud() {
    let server = start();
    let manifest = server.below("/outlook/manifest.xml");
    assert_eq!(
        (manifest.status, manifest.headers["content-type"].as_str()),
        (200, "application/xml")
    );
    let below =
        format!("https://addins.example.mil/m/d/{}", server.token.trim_start_matches("mg_enrol_"));
    assert!(manifest.body.contains(&format!("{below}/outlook/taskpane.html")), "{below}");
    for page in ["/outlook/taskpane.html", "/outlook/commands.html"] {
        let page = server.below(page).body;
        assert!(page.contains("appsforoffice.dod.cdn.office.net"), "{page}");
    }
    let allowed = server.get("/.well-known/microsoft-officeaddins-allowed.json");
    assert_eq!(allowed.headers["content-type"], "application/json");
    assert!(allowed.body.contains("\"https://addins.example.mil/m/outlook/launchevent.js\""));
}

#[test]
fn the_script_and_the_pane_are_given_the_same_configuration() {
    let server = start();
    let script = server.below("/outlook/launchevent.js");
    let file = server.below("/outlook/config.json");
    let config: Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!(config["sendMode"], "SoftBlock");
    assert_eq!(config["policy"]["id"], "default");
    let backend = json!({ "url": "https://addins.example.mil/m", "token": server.token });
    assert_eq!(config["backend"], backend);
    assert_eq!(script.body, format!("var milguardConfig = {config};\nrest();\n"));
    assert_eq!(file.headers["content-type"], "application/json");
    // A changed policy reaches its clients.
    assert_eq!(file.headers["cache-control"], "no-cache");
}

#[test]
fn only_pages_of_the_add_in_may_be_framed_and_load_office_js() {
    let server = start();
    let policy = |path: &str| {
        let below = path.starts_with("/outlook/");
        let response = if below { server.below(path) } else { server.get(path) };
        assert_eq!(response.status, 200, "{path}");
        let framing = response.headers.contains_key("x-frame-options");
        (response.headers["content-security-policy"].clone(), framing)
    };
    let host = "https://appsforoffice.dod.cdn.office.net";
    let (outlook, denies_frames) = policy("/outlook/taskpane.html");
    assert!(
        outlook.contains(&format!("script-src 'self' 'wasm-unsafe-eval' {host};")),
        "{outlook}"
    );
    // Where Office.js does not know the mailbox's host, it asks for trust in a frame from its own
    // host.
    assert!(outlook.contains(&format!("frame-src {host};")), "{outlook}");
    assert!(outlook.ends_with("frame-ancestors 'self' https:"), "{outlook}");
    assert!(outlook.contains("connect-src 'self';") && !denies_frames, "{outlook}");
    let (simulation, denies_frames) = policy("/try/outlook/");
    assert!(simulation.contains("frame-src 'self';") && denies_frames, "{simulation}");
    let (other, denies_frames) = policy("/try/");
    assert!(!other.contains("frame-src") && denies_frames, "{other}");
    for strict in [simulation, other] {
        assert!(strict.contains("script-src 'self' 'wasm-unsafe-eval';"), "{strict}");
        assert!(strict.ends_with("frame-ancestors 'none'"), "{strict}");
    }
    // The server compares a path as it was sent, so no other path leads to the same file.
    assert_eq!(server.get("/try/../outlook/taskpane.html").status, 404);
    assert_eq!(server.get("//outlook/taskpane.html").status, 404);
}

#[test]
fn office_may_show_and_cache_the_icons() {
    let server = start();
    let first = server.get("/outlook/icons/icon-16.png");
    let condition = format!("If-None-Match: {}\r\n", first.headers["etag"]);
    let again = server.request("GET", "/outlook/icons/icon-16.png", &condition);
    assert_eq!((first.status, again.status), (200, 304));
    for response in [first, again] {
        assert!(!response.headers.contains_key("cache-control"), "{response:?}");
        assert_eq!(response.headers["cross-origin-resource-policy"], "cross-origin");
        assert_eq!(response.headers["x-content-type-options"], "nosniff");
    }
    let script = server.get("/outlook/launchevent.js");
    assert_eq!(script.headers["cache-control"], "no-cache");
    assert_eq!(script.headers["cross-origin-resource-policy"], "same-origin");
}
