//! What administrators point their tools at: it carries the policy in force.

use std::fs;
use std::io::{Cursor, Write};

use serde_json::{Value, json};

use crate::{
    backend::{Backend, Kind, wait_for},
    outlook::with_outlook,
};

#[test]
fn what_is_served_carries_the_organisations_policy() {
    let folder = with_outlook();
    let www = folder.path().join("www");
    fs::create_dir_all(www.join("thunderbird")).unwrap();
    fs::write(www.join("thunderbird/milguard.xpi"), xpi()).unwrap();
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.assets = www;
        options.origin = Some("https://milguard.example.mil".parse().unwrap());
    });
    let get = |backend: &Backend, path: &str| backend.request(&format!("GET {path}"), "", "");
    let json = |backend: &Backend, path: &str| -> Value {
        serde_json::from_str(&get(backend, path).body).expect(path)
    };
    let first = get(&backend, "/outlook/launchevent.js");
    let updates = json(&backend, "/thunderbird/updates.json");
    let update = &updates["addons"]["milguard@milguard.example"]["updates"][0];
    assert_eq!(update["update_link"], "https://milguard.example.mil/thunderbird/milguard.xpi");

    backend.set_policy(
        "organisation",
        &json!({ "countdown": 7, "trainingUrl": "https://example.mil/t" }),
    );
    wait_for("the script with the policy", || {
        get(&backend, "/outlook/launchevent.js").body.contains("\"countdown\":7")
    });
    let second = get(&backend, "/outlook/launchevent.js");
    assert_ne!(second.headers["etag"], first.headers["etag"]);
    assert_eq!(json(&backend, "/outlook/config.json")["policy"]["countdown"], 7);
    let policies = json(&backend, "/thunderbird/policies.json");
    let config = &policies["policies"]["3rdparty"]["Extensions"]["milguard@milguard.example"];
    assert_eq!(config["policy"]["countdown"], 7);
    assert_eq!(config["policy"]["trainingUrl"], "https://example.mil/t");
    for path in ["/thunderbird/policies.json", "/outlook/config.json", "/outlook/launchevent.js"] {
        assert!(!get(&backend, path).body.contains("mg_enrol"), "{path}: anyone can read it");
    }
}

/// An add-in for Thunderbird with nothing in it but its manifest.
fn xpi() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("manifest.json", zip::write::SimpleFileOptions::default()).unwrap();
    let manifest = r#"{"version": "7.8.9", "browser_specific_settings":
        {"gecko": {"id": "milguard@milguard.example", "strict_min_version": "140.0"}}}"#;
    archive.write_all(manifest.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}
