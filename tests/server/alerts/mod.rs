//! Alerts and reports, sent to receivers that refuse, stall and come back.

mod crash;
mod file;
mod flood;
mod mail;
mod page;
mod replicas;
mod report;
mod rules;
pub(crate) mod smtp;
mod webhook;

use std::{fs, path::Path, time::Duration};

use milguard::{
    alert::read,
    export::Pace,
    server::{Clock, ServerOptions},
};
use serde_json::{Value, json};

use crate::server::backend::{Backend, Kind, event};
use smtp::{Security, Smtp};

pub(crate) const SECRET: &str = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4";

pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Switches all alerts off; a test switches on the ones that it names.
pub(crate) const NOTHING: &str = "burst = false\nlookalike = false\nmarked = false\nsilence = false\n\
                                  certificate = false\ndisk = false\n";

/// Short pauses for a test; only a receiver has as much time as on a real server.
pub(crate) fn pace() -> Pace {
    Pace {
        poll: Duration::from_millis(30),
        renew: Duration::from_millis(50),
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(100),
        ..Pace::default()
    }
}

/// Writes a file of destinations, with a secret and a password beside it.
pub(crate) fn write(folder: &Path, text: &str) -> std::path::PathBuf {
    fs::write(folder.join("secret"), format!("{SECRET}\n")).unwrap();
    fs::write(folder.join("password"), "hush-hush\n").unwrap();
    let file = folder.join("alerts.toml");
    fs::write(&file, text.replace("{folder}", &folder.display().to_string())).unwrap();
    file
}

/// A mail server as a destination.
pub(crate) fn mail(smtp: &Smtp, more: &str) -> String {
    let port = smtp.address.port();
    format!(
        "[[mail]]\nname = \"soc\"\nhost = \"localhost\"\nport = {port}\nfrom = \"Milguard <milguard@example.mil>\"\n{more}"
    )
}

/// A mail server without TLS as a destination with one recipient.
pub(crate) fn clear(smtp: &Smtp) -> String {
    mail(smtp, "tls = \"none\"\nto = [\"soc@example.mil\"]\n")
}

/// A server with the destinations in a file.
pub(crate) fn telling(text: &str) -> impl FnOnce(&mut ServerOptions) {
    move |options| {
        let folder = options.state.parent().unwrap().to_owned();
        options.alerts = read(&write(&folder, text)).unwrap();
        options.alert_pace = pace();
    }
}

/// A server, a mail server beside it that takes mail without TLS, and a clock that can be moved. `rules` are the
/// alerts to switch on; the rest is off.
pub(crate) struct Watched {
    pub(crate) backend: Backend,
    pub(crate) smtp: Smtp,
    pub(crate) clock: Clock,
}

impl Watched {
    pub(crate) fn start(kind: Kind, rules: &str) -> Self {
        Self::start_with(kind, rules, |_| {})
    }

    pub(crate) fn start_with(
        kind: Kind,
        rules: &str,
        change: impl FnOnce(&mut ServerOptions),
    ) -> Self {
        let data = kind.data();
        let smtp = Smtp::start(Security::Clear, data.folder.path());
        let clock = Clock::default();
        let text = format!("{}\n[alerts]\n{}", clear(&smtp), only(rules));
        let moved = clock.clone();
        let backend = Backend::start_on(data, |options| {
            telling(&text)(options);
            options.clock = moved;
            change(options);
        });
        Self { backend, smtp, clock }
    }
}

/// Switches these rules on and all others off; reports are off too, unless their section follows.
pub(crate) fn only(rules: &str) -> String {
    let none = "weekly = false\nquarterly = false\n";
    let (first, rest) = rules.split_once("[reports]").unwrap_or((rules, none));
    let off = NOTHING.lines().filter(|line| {
        let name = line.split(' ').next().unwrap();
        !first.lines().any(|rule| rule.starts_with(&format!("{name} ")))
    });
    let off = off.map(|line| line.to_owned() + "\n").collect::<String>();
    format!("{first}\n{off}\n[reports]\n{rest}")
}

/// An event about a domain.
pub(crate) fn about(domain: &str) -> Value {
    let mut event = event();
    event["domain"] = json!(domain);
    event
}

/// Lets clients report domains.
pub(crate) fn report_domains(backend: &Backend) {
    backend.set_policy("default", &json!({ "reporting": "domain" }));
}
