//! The smallest pages that `make build` could assemble.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::Path,
};

use milguard::bundle::{Files, Messages};

/// The add-in's files that rendering reads, and some that it copies or leaves out.
pub(crate) fn pages() -> Files {
    let page =
        "<script src=\"https://appsforoffice.microsoft.com/lib/1/hosted/office.js\"></script>\n";
    let mut files = Files::new();
    for (path, text) in [
        ("/index.html", "start"),
        ("/try/index.html", "try"),
        ("/shared/base.css", "body{}"),
        ("/checker/milguard_bg.wasm", "\0asm"),
        ("/learn/index.html", "lesson"),
        ("/policy/default.json", "{}"),
        ("/outlook/taskpane.html", page),
        ("/outlook/commands.html", page),
        ("/outlook/launchevent.js", "var milguardConfig = {};\nrest();\n"),
        ("/outlook/icons/icon-16.png", "png"),
    ] {
        files.insert(path.to_owned(), text.into());
    }
    for language in languages() {
        let path = format!("/_locales/{language}/messages.json");
        let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("www{path}")));
        files.insert(path, text.unwrap());
    }
    files
}

/// An add-in for Thunderbird with hardly more than its manifest.
pub(crate) fn xpi() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    archive.start_file("manifest.json", options).unwrap();
    let manifest = r#"{"version": "7.8.9", "browser_specific_settings":
        {"gecko": {"id": "milguard@milguard.example", "strict_min_version": "140.0"}}}"#;
    archive.write_all(manifest.as_bytes()).unwrap();
    archive.start_file("background.js", options).unwrap();
    archive.write_all(b"listen();").unwrap();
    archive.finish().unwrap().into_inner()
}

/// The texts of the release.
pub(crate) fn messages() -> Messages {
    let mut out = Messages::new();
    for (path, bytes) in pages() {
        let language = path.strip_prefix("/_locales/").and_then(|rest| rest.split('/').next());
        if let Some(language) = language {
            let entries: BTreeMap<String, serde_json::Value> =
                serde_json::from_slice(&bytes).unwrap();
            let texts = entries
                .into_iter()
                .map(|(key, entry)| (key, entry["message"].as_str().unwrap().to_owned()));
            out.insert(language.to_owned(), texts.collect());
        }
    }
    out
}

fn languages() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/_locales");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
}
