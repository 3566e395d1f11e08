//! The file with the destinations of exports.

use std::{fs, process::Command};

use milguard::export::{Format, ReceiverKind, read};

use super::{SECRET, write};
use crate::server::client::pages;

const HOOK: &str = "[[export]]\nname = \"a\"\nkind = \"webhook\"\nto = \"https://h.example/x\"\n";
const SYSLOG: &str = "[[export]]\nname = \"a\"\nkind = \"syslog\"\n";
const SPLUNK: &str =
    "[[export]]\nname = \"a\"\nkind = \"splunk\"\nto = \"https://h.example:8088/x\"\n";

#[test]
fn a_file_can_name_destinations_of_each_kind() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "secret-file = \"{folder}/secret\"\n";
    let text = format!(
        "{HOOK}{secret}token-file = \"{{folder}}/secret\"\n\
         {}to = \"tls://siem.example:6514\"\nformat = \"cef\"\n{}to = \"tcp://127.0.0.1\"\n{}token-env = \"PATH\"\n",
        SYSLOG.replace("\"a\"", "\"b\""),
        SYSLOG.replace("\"a\"", "\"c\""),
        SPLUNK.replace("\"a\"", "\"d\""),
    );
    let found = read(&write(folder.path(), &text)).unwrap();
    let all: Vec<_> =
        found.iter().map(|it| (&*it.name, it.kind, it.describe(), it.address())).collect();
    assert_eq!(
        all,
        [
            ("a", ReceiverKind::Webhook, "webhook, ECS", "https://h.example/x".to_owned()),
            ("b", ReceiverKind::Syslog, "syslog, CEF", "tls://siem.example:6514".to_owned()),
            ("c", ReceiverKind::Syslog, "syslog, ECS", "tcp://127.0.0.1".to_owned()),
            ("d", ReceiverKind::Splunk, "Splunk HEC, ECS", "https://h.example:8088/x".to_owned()),
        ]
    );
    assert_eq!(Format::default(), Format::Ecs);
    assert!(!format!("{found:?}").contains(SECRET));
    assert!(read(&write(folder.path(), "")).unwrap().is_empty());
}

#[test]
fn the_error_says_what_is_wrong_in_the_file_of_exports() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("short"), "c2hvcnQ=").unwrap();
    fs::write(folder.path().join("lines"), "a\nb\n").unwrap();
    fs::write(folder.path().join("empty"), " \n").unwrap();
    let secret = "secret-file = \"{folder}/secret\"\n";
    for (text, words) in [
        ("[[export]]\nname = \"a\"\n".to_owned(), "missing field `kind`"),
        (format!("{HOOK}{secret}typ = 1\n"), "unknown field `typ`"),
        (format!("{HOOK}{secret}\n\nx"), "line 8"),
        (format!("{HOOK}{secret}{HOOK}{secret}"), "export `a`: another export has the same name"),
        (format!("{HOOK}{secret}").replace("\"a\"", "\"A b\""), "1 to 40 of a-z"),
        (HOOK.to_owned(), "needs `secret-file` or `secret-env`"),
        (format!("{HOOK}secret-file = \"{{folder}}/none\"\n"), "none: "),
        (format!("{HOOK}secret-file = \"{{folder}}/short\"\n"), "openssl rand -base64 32"),
        (format!("{HOOK}secret-file = \"{{folder}}/lines\"\n"), "more than one line"),
        (format!("{HOOK}secret-file = \"{{folder}}/empty\"\n"), "is empty"),
        (format!("{HOOK}secret-env = \"NO_SUCH\"\n"), "has no variable NO_SUCH"),
        (format!("{HOOK}{secret}secret-env = \"PATH\"\n"), "exclude each other"),
        (format!("{HOOK}{secret}format = \"cef\"\n"), "`format` is not for kind = \"webhook\""),
        (format!("{HOOK}{secret}ca = \"{{folder}}/secret\"\n"), "secret: it holds no certificate"),
        (format!("{HOOK}{secret}").replace("https:", "http:"), "`to` is https://HOST/PATH"),
        (format!("{HOOK}{secret}").replace("h.example", "u:p@h.example"), "without a password"),
        (format!("{SPLUNK}{secret}"), "`secret-file` is not for kind = \"splunk\""),
        (SPLUNK.to_owned(), "needs `token-file` or `token-env`"),
        (format!("{SYSLOG}to = \"udp://h.example\"\n"), "tls://HOST:PORT"),
        (format!("{SYSLOG}to = \"h.example:514\"\n"), "tls://HOST:PORT"),
        (format!("{SYSLOG}to = \"tcp://h.example\"\nca = \"x\"\n"), "are for tls://"),
        (
            format!("{SYSLOG}to = \"tls://h.example\"\ncert = \"x\"\n"),
            "`cert` and `key` go together",
        ),
        (format!("{SYSLOG}to = \"tls://h.example\"\nca = \"/none.pem\"\n"), "/none.pem"),
        (
            format!("{SYSLOG}to = \"tls://h.example\"\nfacility = \"x\"\n"),
            "`facility` is one of kern, ",
        ),
        (
            format!("{SYSLOG}to = \"tls://h.example\"\n{secret}"),
            "`secret-file` is not for kind = \"syslog\"",
        ),
    ] {
        let error = read(&write(folder.path(), &text)).unwrap_err().to_string();
        assert!(error.contains(words), "{text}\n{error}");
        assert!(error.contains("exports.toml: ") && !error.contains(SECRET), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn checking_the_configuration_includes_the_file_of_exports() {
    let folder = pages();
    for (text, status, words) in [
        (HOOK, Some(2), "exports.toml: export `a`: a webhook needs"),
        ("", Some(0), "the configuration is valid"),
    ] {
        let file = write(folder.path(), text);
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.args(["serve", "--check-config", "--listen", "127.0.0.1:0", "--exports"]).arg(file);
        command.arg("--assets").arg(folder.path().join("www"));
        let output = command.arg("--state").arg(folder.path().join("state")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), status, "{said}");
        assert!(said.contains(words), "{said}");
    }
}
