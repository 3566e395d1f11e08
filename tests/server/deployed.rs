//! The files below a deployment's address, and who can read them; `milguard bundle` writes the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};

use milguard::bundle::{BundleOptions, render_bundle};
use milguard::server::{Assets, AssetsSource};
use milguard::store::Database;
use serde_json::{Value, json};

use crate::server::{
    backend::{Backend, Data, wait_for},
    client::Response,
    outlook::with_outlook,
};

const ORIGIN: &str = "https://milguard.example.mil";

fn start(origin: Option<&str>) -> Backend {
    let folder = with_outlook();
    let www = folder.path().join("www");
    fs::create_dir_all(www.join("thunderbird")).unwrap();
    fs::write(www.join("thunderbird/milguard.xpi"), xpi()).unwrap();
    let database = Database::Sqlite(folder.path().join("milguard.db"));
    Backend::start_on(Data { database, folder }, |options| {
        options.assets = AssetsSource::Folder(www);
        options.origin = origin.map(|origin| origin.parse().unwrap());
    })
}

fn get(backend: &Backend, path: &str) -> Response {
    backend.request(&format!("GET {path}"), "", "")
}

/// The path of the deployment that the first start has made.
fn below(backend: &Backend) -> String {
    format!("/d/{}", backend.token.trim_start_matches("mg_enrol_"))
}

fn json(backend: &Backend, path: &str) -> Value {
    serde_json::from_str(&get(backend, path).body).expect(path)
}

#[test]
fn files_below_the_address_contain_the_groups_policy_and_the_token() {
    let backend = start(Some(ORIGIN));
    let below = below(&backend);
    let first = get(&backend, &format!("{below}/outlook/launchevent.js"));
    assert!(first.body.contains(&backend.token), "{first:?}");
    let updates = json(&backend, &format!("{below}/thunderbird/updates.json"));
    let update = &updates["addons"]["milguard@milguard.example"]["updates"][0];
    assert_eq!(update["update_link"], format!("{ORIGIN}{below}/thunderbird/milguard.xpi"));

    backend
        .set_policy("default", &json!({ "countdown": 7, "trainingUrl": "https://example.mil/t" }));
    let script = format!("{below}/outlook/launchevent.js");
    wait_for("the policy", || get(&backend, &script).body.contains("\"countdown\":7"));
    assert_ne!(get(&backend, &script).headers["etag"], first.headers["etag"]);
    let config = json(&backend, &format!("{below}/outlook/config.json"));
    assert_eq!(config["policy"]["countdown"], 7);
    assert_eq!(config["backend"], json!({ "url": ORIGIN, "token": backend.token }));
    let policies = json(&backend, &format!("{below}/thunderbird/policies.json"));
    let managed = &policies["policies"]["3rdparty"]["Extensions"]["milguard@milguard.example"];
    assert_eq!(managed["backend"], config["backend"]);
    assert!(
        managed.get("policy").is_none(),
        "a managed policy would stay in force for ever: {managed}"
    );
    for name in
        ["policies.reg", "intune.ps1", "org.mozilla.thunderbird.plist", "milguard.mobileconfig"]
    {
        let file = get(&backend, &format!("{below}/thunderbird/{name}"));
        assert!(file.status == 200 && file.body.contains(&backend.token), "{name}: {file:?}");
    }
}

#[test]
fn without_the_address_of_a_deployment_nobody_gets_a_policy_or_an_add_in() {
    let backend = start(Some(ORIGIN));
    let secret =
        json!({ "markings": { "words": ["PROJECT-NIGHTJAR"] }, "deny": ["secret.example"] });
    backend.set_policy("organisation", &secret);
    let below = below(&backend);
    for path in [
        "/manifest.xml",
        "/outlook/manifest.xml",
        "/outlook/manifest.json",
        "/outlook/config.json",
        "/outlook/launchevent.js",
        "/thunderbird/policies.json",
        "/thunderbird/updates.json",
        "/thunderbird/milguard.xpi",
        "/.well-known/microsoft-officeaddins-allowed.json",
    ] {
        let answer = get(&backend, path);
        assert!(!answer.body.contains("NIGHTJAR") && !answer.body.contains("mg_enrol"), "{path}");
        assert!(!answer.body.contains(&below), "{path}");
        let installs = path.contains("manifest") || path.starts_with("/thunderbird");
        assert_eq!(answer.status, if installs { 404 } else { 200 }, "{path}");
    }
    let guess = format!("/d/{}/manifest.xml", "0".repeat(40));
    for path in ["/d/", "/d//manifest.xml", &guess, "/d/../manifest.xml"] {
        assert_eq!(get(&backend, path).status, 404, "{path}");
    }
    assert_eq!(get(&backend, &format!("{below}/manifest.xml")).status, 200);
    backend.with_store(async |store| {
        let id = store.deployments().await.unwrap()[0].token.id.clone();
        store.revoke_token(&id, None).await.unwrap();
    });
    wait_for("the end of it", || get(&backend, &format!("{below}/manifest.xml")).status == 404);
}

#[test]
fn a_server_for_this_machine_alone_has_its_own_pages_deployed() {
    let backend = start(None);
    let config = json(&backend, "/outlook/config.json");
    assert_eq!(config["backend"]["token"], backend.token);
    assert_eq!(config["policy"]["id"], "default");
    let manifest = get(&backend, "/manifest.xml").body;
    assert!(manifest.contains("https://localhost") && manifest.contains("/outlook/launchevent.js"));
    // A proxy on this machine would let everybody in who reaches it.
    let forwarded = "X-Forwarded-For: 203.0.113.9\r\n";
    let answer = backend.request("GET /outlook/config.json", forwarded, "");
    assert!(!answer.body.contains("mg_enrol"), "{answer:?}");
    assert_eq!(backend.request("GET /manifest.xml", forwarded, "").status, 404);
}

#[test]
fn a_bundle_has_the_files_that_the_server_serves() {
    let backend = start(Some(ORIGIN));
    let below = below(&backend);
    let policy: Value = serde_json::from_str(&backend.policy(&backend.token, "").body).unwrap();
    let pages = Assets::load(&backend.data.folder.path().join("www")).unwrap().files();
    let mut options = BundleOptions::default();
    options.manifest.origin = format!("{ORIGIN}{below}").parse().unwrap();
    options.config.policy = Some(policy);
    options.config.backend = Some(milguard::bundle::Backend {
        url: ORIGIN.parse().unwrap(),
        token: backend.token.clone(),
    });
    let deployments = backend.with_store(async |store| store.deployments().await.unwrap());
    options.config.deployment = Some(deployments[0].token.id.clone());
    let xpi = pages["/thunderbird/milguard.xpi"].clone();
    let bundle: BTreeMap<_, _> = render_bundle(&pages, Some(&xpi), &options).unwrap();
    let mut compared = 0;
    for (path, bytes) in bundle.iter().filter(|(path, _)| !path.starts_with("/.well-known")) {
        let served = get(&backend, &format!("{below}{path}"));
        assert_eq!(served.status, 200, "{path}");
        assert_eq!(served.body, String::from_utf8_lossy(bytes), "{path}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

/// An add-in for Thunderbird that contains only its manifest.
fn xpi() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("manifest.json", zip::write::SimpleFileOptions::default()).unwrap();
    let manifest = r#"{"version": "7.8.9", "browser_specific_settings":
        {"gecko": {"id": "milguard@milguard.example", "strict_min_version": "140.0"}}}"#;
    archive.write_all(manifest.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}
