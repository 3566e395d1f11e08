//! The files that `milguard bundle` renders from pages and options.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use milguard::bundle::{
    Backend, BundleError, BundleOptions, Cloud, DeploymentConfig, Files, SendMode, render_bundle,
    render_outlook,
};
use serde_json::{Value, json};

use crate::bundle::fixture::{pages, xpi};

fn text<'a>(files: &'a Files, path: &str) -> &'a str {
    std::str::from_utf8(files.get(path).unwrap_or_else(|| panic!("{path}"))).unwrap()
}

fn value(files: &Files, path: &str) -> Value {
    serde_json::from_str(text(files, path)).unwrap()
}

fn options() -> BundleOptions {
    let mut options = BundleOptions::default();
    options.manifest.origin = "https://addins.example.mil/milguard".parse().unwrap();
    options.cloud = Cloud::Dod;
    options.config.policy =
        Some(json!({ "id": "x", "texts": { "en": { "title": "</script>\u{2028}é😀\"\\" } } }));
    options.config.backend = Some(Backend {
        url: "https://milguard.example.mil".parse().unwrap(),
        token: "t0ken".to_owned(),
    });
    options
}

#[test]
fn pages_load_office_js_from_the_cloud() {
    for cloud in Cloud::NAMED {
        let options = BundleOptions { cloud: cloud.clone(), ..BundleOptions::default() };
        let files = render_outlook(&pages(), &options).unwrap();
        for page in ["/outlook/taskpane.html", "/outlook/commands.html"] {
            let expected = format!("<script src=\"{}\"></script>\n", cloud.office_js());
            assert_eq!(text(&files, page), expected);
        }
    }
}

#[test]
fn the_configuration_is_one_safe_line() {
    let files = render_outlook(&pages(), &options()).unwrap();
    let script = text(&files, "/outlook/launchevent.js");
    let (line, rest) = script.split_once('\n').unwrap();
    assert_eq!(rest, "rest();\n");
    assert!(!line.contains('<') && !line.contains('\u{2028}'), "{line}");
    let json = line.strip_prefix("var milguardConfig = ").unwrap().strip_suffix(';').unwrap();
    let config: Value = serde_json::from_str(json).unwrap();
    assert_eq!(config["policy"], options().config.policy.unwrap());
    assert_eq!(
        config["backend"],
        json!({ "url": "https://milguard.example.mil", "token": "t0ken" })
    );
    let plain = render_outlook(&pages(), &BundleOptions::default()).unwrap();
    let lesson = "{\"lessonUrl\":\"https://localhost:8443/learn/index.html\"}";
    let script = format!("var milguardConfig = {lesson};\nrest();\n");
    assert_eq!(text(&plain, "/outlook/launchevent.js"), script);
    // The pane reads the same configuration.
    assert_eq!(value(&files, "/outlook/config.json"), config);
    assert_eq!(value(&plain, "/outlook/config.json").to_string(), lesson);
}

#[test]
fn warnings_link_to_the_lesson_and_its_address_gives_no_token_away() {
    let plain = options();
    let bundle = render_bundle(&pages(), Some(&xpi()), &plain).unwrap();
    assert_eq!(text(&bundle, "/learn/index.html"), "lesson");
    let config = value(&bundle, "/outlook/config.json");
    assert_eq!(config["lessonUrl"], "https://addins.example.mil/milguard/learn/index.html");

    let id = "0191d3a4-0000-4000-8000-000000000001".to_owned();
    let deployment = DeploymentConfig { id, token: "mg_enrol_SECRET".to_owned(), policy: None };
    let deployed = plain.deployed("/d/SECRET", &deployment);
    let files = render_bundle(&pages(), Some(&xpi()), &deployed).unwrap();
    let config = value(&files, "/outlook/config.json");
    let link = "https://addins.example.mil/milguard/learn/?d=0191d3a4-0000-4000-8000-000000000001";
    assert_eq!(config["lessonUrl"], link);
    let policies = value(&files, "/thunderbird/policies.json");
    let managed = &policies["policies"]["3rdparty"]["Extensions"]["milguard@milguard.example"];
    assert_eq!(managed["lessonUrl"], link);
}

#[test]
fn the_script_knows_the_send_mode_of_the_manifest() {
    for mode in SendMode::ALL {
        let mut options = options();
        options.manifest.send_mode = mode;
        let config = value(&render_outlook(&pages(), &options).unwrap(), "/outlook/config.json");
        let expected = (mode != SendMode::PromptUser).then(|| json!(mode.as_str()));
        assert_eq!(config.get("sendMode"), expected.as_ref());
    }
}

#[test]
fn a_script_without_a_place_for_the_configuration_is_refused() {
    let mut files = pages();
    files.insert("/outlook/launchevent.js".to_owned(), b"rest();\n".to_vec());
    let error = render_outlook(&files, &options()).unwrap_err();
    assert!(matches!(error, BundleError::Unexpected { .. }), "{error}");
    files.remove("/outlook/launchevent.js");
    let error = render_bundle(&files, None, &options()).unwrap_err();
    assert_eq!(error, BundleError::Missing { path: "/outlook/launchevent.js" });
    let error = render_outlook(&Files::from([("/outlook/x.html".to_owned(), vec![])]), &options());
    assert!(matches!(error, Err(BundleError::Manifest(_))), "texts are missing: {error:?}");
    assert_eq!(render_outlook(&Files::new(), &options()).unwrap(), Files::new());
}

#[test]
fn a_file_at_the_root_names_the_script_for_classic_outlook() {
    let files = render_outlook(&pages(), &options()).unwrap();
    assert_eq!(
        value(&files, "/.well-known/microsoft-officeaddins-allowed.json"),
        json!({ "allowed": ["https://addins.example.mil/milguard/outlook/launchevent.js"] })
    );
}

#[test]
fn a_bundle_is_complete_and_the_same_each_time() {
    let bundle = render_bundle(&pages(), Some(&xpi()), &options()).unwrap();
    assert_eq!(bundle, render_bundle(&pages(), Some(&xpi()), &options()).unwrap());
    for path in [
        "/manifest.xml",
        "/outlook/manifest.xml",
        "/outlook/icons/icon-16.png",
        "/shared/base.css",
        "/checker/milguard_bg.wasm",
        "/_locales/de/messages.json",
        "/thunderbird/milguard.xpi",
        "/thunderbird/updates.json",
        "/thunderbird/policies.json",
        "/thunderbird/policies.reg",
        "/thunderbird/org.mozilla.thunderbird.plist",
        "/README.md",
    ] {
        assert!(bundle.contains_key(path), "{path}");
        let listed = format!("  {}\n", path.trim_start_matches('/'));
        assert!(text(&bundle, "/SHA256SUMS").contains(&listed), "{path}");
    }
    assert!(!bundle.contains_key("/try/index.html") && !bundle.contains_key("/index.html"));
    // The output of sha256sum for `png`.
    let sum = "8f8cbb7dcf46e0bc7d53265749a6c17d116093a6ba95e442764060c76fd4a86c";
    let line = format!("{sum}  outlook/icons/icon-16.png\n");
    assert!(text(&bundle, "/SHA256SUMS").contains(&line));
}

#[test]
fn every_member_of_the_bundle_s_readme_is_filled() {
    let addin = xpi();
    for xpi in [None, Some(addin.as_slice())] {
        let bundle = render_bundle(&pages(), xpi, &options()).unwrap();
        let readme = text(&bundle, "/README.md");
        assert!(!readme.contains("{{") && !readme.contains("}}"), "{readme}");
        assert!(readme.contains("https://addins.example.mil/milguard/"));
        assert!(readme.contains("appsforoffice.dod.cdn.office.net"));
        assert!(readme.contains("16353f2f-4825-43d7-8633-f9841751788e"));
        assert_eq!(readme.contains("## 4. Push the add-in to Thunderbird"), xpi.is_some());
        assert_eq!(bundle.contains_key("/thunderbird/policies.json"), xpi.is_some());
        assert!(!readme.contains("t0ken"), "the token is not repeated");
    }
}

#[test]
fn the_add_in_looks_for_updates_where_it_is_served() {
    let read = |bytes: &[u8]| {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
        let names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        let file = |name: &String| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            (name.clone(), text)
        };
        names.iter().map(file).collect::<BTreeMap<_, _>>()
    };
    let bundle = render_bundle(&pages(), Some(&xpi()), &options()).unwrap();
    let (mut before, mut after) = (read(&xpi()), read(&bundle["/thunderbird/milguard.xpi"]));
    let manifest = |files: &mut BTreeMap<String, String>| -> Value {
        serde_json::from_str(&files.remove("manifest.json").unwrap()).unwrap()
    };
    let (mut expected, manifest) = (manifest(&mut before), manifest(&mut after));
    expected["browser_specific_settings"]["gecko"]["update_url"] =
        "https://addins.example.mil/milguard/thunderbird/updates.json".into();
    assert_eq!(manifest, expected);
    assert!(!before.is_empty());
    assert_eq!(after, before, "the other files are unchanged");
}

#[test]
fn thunderbird_gets_the_same_policies_on_each_system() {
    let bundle = render_bundle(&pages(), Some(&xpi()), &options()).unwrap();
    let id = "milguard@milguard.example";
    let link = "https://addins.example.mil/milguard/thunderbird/milguard.xpi";

    let updates = value(&bundle, "/thunderbird/updates.json");
    let update = &updates["addons"][id]["updates"][0];
    assert_eq!(update["version"], "7.8.9");
    assert_eq!(update["applications"]["gecko"]["strict_min_version"], "140.0");
    assert_eq!(update["update_link"], link);
    let sums = text(&bundle, "/SHA256SUMS");
    let sum = sums.lines().find_map(|line| line.strip_suffix("  thunderbird/milguard.xpi"));
    assert_eq!(update["update_hash"], format!("sha256:{}", sum.unwrap()));

    let policies = &value(&bundle, "/thunderbird/policies.json")["policies"];
    let settings = &policies["ExtensionSettings"];
    assert_eq!(settings[id]["installation_mode"], "force_installed");
    assert_eq!(settings[id]["install_url"], link);
    let config = &policies["3rdparty"]["Extensions"][id];
    // A managed policy takes precedence over the server's, and would stay in force for ever.
    assert_eq!(config["policy"], Value::Null);
    assert_eq!(config["backend"]["token"], "t0ken");
    let mut alone = options();
    alone.config.backend = None;
    let alone = render_bundle(&pages(), Some(&xpi()), &alone).unwrap();
    let managed =
        &value(&alone, "/thunderbird/policies.json")["policies"]["3rdparty"]["Extensions"][id];
    assert_eq!(managed["policy"], options().config.policy.unwrap());

    // Registry values hold the same objects as JSON.
    let registry = text(&bundle, "/thunderbird/policies.reg");
    assert!(
        registry.is_ascii() && registry.matches('\n').count() == registry.matches("\r\n").count()
    );
    let parsed = |name: &str| -> Value {
        let row = registry.split("\r\n").find(|row| row.starts_with(&format!("\"{name}\"=")));
        let quoted = row.unwrap().split_once('=').unwrap().1;
        // A .reg file has two escapes, which JSON has as well.
        let text: String = serde_json::from_str(quoted).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(parsed("ExtensionSettings"), *settings);
    assert_eq!(parsed("Preferences"), policies["Preferences"]);
    assert_eq!(parsed(id), *config);

    let property_list = text(&alone, "/thunderbird/org.mozilla.thunderbird.plist");
    assert!(property_list.contains("<key>EnterprisePoliciesEnabled</key>\n  <true/>"));
    assert!(property_list.contains(&format!("<string>{link}</string>")));
    assert!(property_list.contains("<string>&lt;/script&gt;"));
}
