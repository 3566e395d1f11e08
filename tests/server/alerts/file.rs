//! The file with the destinations of alerts.

use std::{fs, process::Command};

use milguard::alert::read;

use super::{SECRET, write};
use crate::server::client::pages;

const MAIL: &str = "[[mail]]\nname = \"soc\"\nhost = \"smtp.example.mil\"\nfrom = \"m@example.mil\"\nto = [\"soc@example.mil\"]\n";
const HOOK: &str = "[[webhook]]\nname = \"soar\"\nto = \"https://h.example/x?key=k\"\nsecret-file = \"{folder}/secret\"\n";

#[test]
fn a_file_can_name_destinations_rules_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{MAIL}username = \"milguard\"\npassword-file = \"{{folder}}/password\"\nsend = [\"alerts\"]\n{HOOK}\
         [alerts]\nburst = {{ events = 20 }}\nmarked = false\ndisk = false\nsilence = {{ hours = 48, weekends = true }}\n\
         [reports]\nquarterly = false\n"
    );
    let found = read(&write(folder.path(), &text)).unwrap();
    let all: Vec<_> = found
        .destinations
        .iter()
        .map(|it| (&*it.name, it.describe(), it.address(), it.topics()))
        .collect();
    assert_eq!(
        all,
        [
            ("soc", "mail", "smtp.example.mil:587 (STARTTLS)".to_owned(), "alerts".to_owned()),
            (
                "soar",
                "webhook",
                "https://h.example/x?…".to_owned(),
                "alerts, weekly, quarterly".to_owned()
            ),
        ]
    );
    let burst = found.rules.burst.unwrap();
    assert_eq!((burst.events, burst.minutes), (20, 60));
    assert!(!found.rules.marked && found.rules.lookalike && found.rules.disk.is_none());
    assert!(found.rules.silence.unwrap().weekends && found.rules.certificate.unwrap().days == 14);
    assert!(found.reporting.weekly && !found.reporting.quarterly);
    assert!(!format!("{found:?}").contains("hush-hush"));
    assert!(read(&write(folder.path(), "")).unwrap().destinations.is_empty());
    let tls = read(&write(folder.path(), &format!("{MAIL}tls = \"tls\"\n"))).unwrap();
    assert_eq!(tls.destinations[0].address(), "smtp.example.mil:465 (TLS)");
}

#[test]
fn the_error_says_what_is_wrong_in_the_file_of_alerts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), " \n").unwrap();
    for (text, words) in [
        ("[[mail]]\nname = \"soc\"\n".to_owned(), "missing field `host`"),
        (format!("{MAIL}typ = 1\n"), "unknown field `typ`"),
        (format!("{MAIL}\n\nx"), "line 8"),
        (format!("{MAIL}{MAIL}"), "two destinations have the name `soc`"),
        (MAIL.replace("\"soc\"", "\"S O C\""), "1 to 40 of a-z"),
        (MAIL.replace("smtp.example.mil", "smtp://x/"), "`host` is the name"),
        (MAIL.replace("m@example.mil", "nobody"), "`from`: nobody is not a mail address"),
        (MAIL.replace("[\"soc@example.mil\"]", "[\"a b\"]"), "`to`: a b is not a mail address"),
        (MAIL.replace("[\"soc@example.mil\"]", "[]"), "`to` has 1 to 20 addresses"),
        (format!("{MAIL}tls = \"none\"\n"), "is for a mail server on this machine"),
        (format!("{MAIL}tls = \"ssl\"\n"), "unknown variant `ssl`"),
        (format!("{MAIL}username = \"x\"\n"), "`username` goes with"),
        (format!("{MAIL}password-file = \"{{folder}}/password\"\n"), "`username` goes with"),
        (format!("{MAIL}username = \"x\"\npassword-file = \"{{folder}}/none\"\n"), "none: "),
        (format!("{MAIL}username = \"x\"\npassword-file = \"{{folder}}/empty\"\n"), "is empty"),
        (format!("{MAIL}ca = \"{{folder}}/secret\"\n"), "secret: it holds no certificate"),
        (format!("{MAIL}send = [\"daily\"]\n"), "unknown variant `daily`"),
        (HOOK.replace("https:", "http:"), "`to` is https://HOST/PATH"),
        (HOOK.replace("secret-file", "token-file"), "needs `secret-file` or `secret-env`"),
        ("[alerts]\nburst = 3\n".to_owned(), "`burst` is true, false or a table"),
        ("[alerts]\nburst = { event = 3 }\n".to_owned(), "`burst`: unknown field `event`"),
        ("[alerts]\nburst = { events = 1 }\n".to_owned(), "`burst.events` is from 2 to 5000"),
        ("[alerts]\ndisk = { percent = 0 }\n".to_owned(), "`disk.percent` is from 1 to 90"),
        ("[alerts]\nfire = true\n".to_owned(), "unknown field `fire`"),
        ("[reports]\nhour = 24\n".to_owned(), "`hour` is from 0 to 23"),
        ("[reports]\nbudget = 0\n".to_owned(), "`budget` is above 0"),
    ] {
        let error = read(&write(folder.path(), &text)).unwrap_err().to_string();
        assert!(error.contains(words), "{text}\n{error}");
        assert!(error.contains("alerts.toml: ") && !error.contains(SECRET), "{error}");
        assert!(!error.contains("hush-hush") && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn checking_the_configuration_includes_the_file_of_alerts() {
    let folder = pages();
    for (text, status, words) in [
        (MAIL.replace("m@example.mil", "x"), Some(2), "alerts.toml: mail `soc`: `from`"),
        (MAIL.to_owned(), Some(0), "warning: the alert `lookalike` needs name servers"),
        (format!("{MAIL}[alerts]\nlookalike = false\n"), Some(0), "the configuration is valid"),
    ] {
        let file = write(folder.path(), &text);
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.args(["serve", "--check-config", "--resolver", "off"]);
        command.args(["--listen", "127.0.0.1:0", "--alerts"]).arg(file);
        command.arg("--assets").arg(folder.path().join("www"));
        let output = command.arg("--state").arg(folder.path().join("state")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), status, "{said}");
        assert!(said.contains(words), "{said}");
    }
}
