//! The command `milguard bundle`: the files that it writes, and the options that it refuses.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::bundle::fixture::{pages, xpi};

/// A folder with pages in `www`; the tests write bundles beside them.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in pages() {
        let path = folder.path().join("www").join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn bundle(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.current_dir(folder).args(["bundle", "--assets", "www"]).args(arguments);
    command.output().unwrap()
}

/// All files below a folder.
fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                out.insert(name.replace('\\', "/"), fs::read(&path).unwrap());
            }
        }
    }
    out
}

const ORIGIN: &str = "https://addins.example.mil";

#[test]
fn the_same_options_write_the_same_bytes() {
    let folder = folder();
    fs::create_dir(folder.path().join("www/thunderbird")).unwrap();
    fs::write(folder.path().join("www/thunderbird/milguard.xpi"), xpi()).unwrap();
    for out in ["a", "b"] {
        let ran = bundle(folder.path(), &["--origin", ORIGIN, "--out", out]);
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!((ran.status.code(), ran.stdout.len()), (Some(0), 0), "{stderr}");
        assert!(stderr.contains("README.md") && !stderr.contains("--xpi"), "{stderr}");
    }
    let first = read(&folder.path().join("a"));
    assert_eq!(first, read(&folder.path().join("b")));
    assert!(first.contains_key("thunderbird/policies.json"), "{:?}", first.keys());
    assert!(first.contains_key(".well-known/microsoft-officeaddins-allowed.json"));
}

#[cfg(unix)]
#[test]
fn the_checksums_are_those_of_the_files() {
    let folder = folder();
    let ran = bundle(folder.path(), &["--origin", ORIGIN, "--out", "a"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(String::from_utf8(ran.stderr).unwrap().contains("no add-in for Thunderbird"));
    let check = || {
        let mut command = Command::new("sha256sum");
        command.args(["--check", "--strict", "SHA256SUMS"]).current_dir(folder.path().join("a"));
        command.output().unwrap().status.success()
    };
    assert!(check());
    let listed = fs::read_to_string(folder.path().join("a/SHA256SUMS")).unwrap().lines().count();
    assert_eq!(
        listed + 1,
        read(&folder.path().join("a")).len(),
        "the list names every file except itself"
    );
    fs::write(folder.path().join("a/manifest.xml"), "").unwrap();
    assert!(!check());
}

#[test]
fn a_policy_and_a_backend_are_baked_in() {
    let folder = folder();
    fs::write(folder.path().join("policy.json"), "\u{feff}{\"id\":\"ours\",\"version\":3}")
        .unwrap();
    fs::write(folder.path().join("token"), "abc-123\n").unwrap();
    let backend = ["--backend-url", "https://milguard.example.mil", "--token-file", "token"];
    let mut arguments = vec!["--origin", ORIGIN, "--out", "a", "--policy", "policy.json"];
    arguments.extend(backend);
    let ran = bundle(folder.path(), &arguments);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let script = fs::read_to_string(folder.path().join("a/outlook/launchevent.js")).unwrap();
    assert_eq!(
        script.lines().next().unwrap(),
        "var milguardConfig = {\"policy\":{\"id\":\"ours\",\"version\":3},\"backend\":{\"url\":\
         \"https://milguard.example.mil\",\"token\":\"abc-123\"},\"lessonUrl\":\
         \"https://addins.example.mil/learn/index.html\"};"
    );
}

#[test]
fn options_that_cannot_work_are_refused_with_a_reason() {
    let folder = folder();
    fs::write(folder.path().join("bad.json"), "{\"mode\":\"sleep\"}").unwrap();
    fs::write(folder.path().join("token"), "a b").unwrap();
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/file"), "").unwrap();
    let backend = "--backend-url";
    for (arguments, what) in [
        (&["--out", "a"][..], "--origin"),
        (&["--origin", "http://a.example", "--out", "a"], "over https:// only"),
        (&["--origin", ORIGIN, "--out", "a", "--cloud", "mars"], "gcc-high"),
        (&["--origin", ORIGIN, "--out", "a", "--send-mode", "never"], "soft-block"),
        (&["--origin", ORIGIN, "--out", "a", "--id", "1"], "UUID"),
        (&["--origin", ORIGIN, "--out", "a", "--name", ""], "empty"),
        (&["--origin", ORIGIN, "--out", "a", "--manifest-version", "x"], "four numbers"),
        (&["--origin", ORIGIN, "--out", "a", "--policy", "none.json"], "cannot read the policy"),
        (&["--origin", ORIGIN, "--out", "a", "--policy", "bad.json"], "is invalid"),
        (&["--origin", ORIGIN, "--out", "a", "--xpi", "none.xpi"], "cannot read none.xpi"),
        (
            &["--origin", ORIGIN, "--out", "a", "--xpi", "www/index.html"],
            "is not Milguard's add-in for Thunderbird",
        ),
        (&["--origin", ORIGIN, "--out", "a", backend, ORIGIN], "--token"),
        (&["--origin", ORIGIN, "--out", "a", "--token", "x"], "--backend-url"),
        (&["--origin", ORIGIN, "--out", "a", backend, ORIGIN, "--token", "a\"b"], "the token"),
        (
            &["--origin", ORIGIN, "--out", "a", backend, ORIGIN, "--token-file", "token"],
            "the token",
        ),
        (&["--origin", ORIGIN, "--out", "full"], "--force"),
        (&["--origin", ORIGIN, "--out", "full/file"], "cannot write full/file"),
    ] {
        let ran = bundle(folder.path(), arguments);
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!((ran.status.code(), ran.stdout.len()), (Some(2), 0), "{arguments:?}: {stderr}");
        assert!(stderr.contains(what), "{arguments:?}: {stderr}");
        assert!(!folder.path().join("a").exists(), "{arguments:?} wrote something");
    }
    let ran = bundle(folder.path(), &["--origin", ORIGIN, "--out", "full", "--force"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(folder.path().join("full/file").exists(), "other files are left alone");
}

#[test]
fn an_error_about_missing_pages_names_the_command_that_makes_them() {
    let folder = folder();
    fs::remove_file(folder.path().join("www/outlook/launchevent.js")).unwrap();
    let ran = bundle(folder.path(), &["--origin", ORIGIN, "--out", "a"]);
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(
        stderr.contains("/outlook/launchevent.js") && stderr.contains("make build"),
        "{stderr}"
    );
}
