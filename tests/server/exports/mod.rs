//! Exports to receivers that fail, stall, answer slowly and come back.

mod crash;
mod file;
pub(crate) mod hook;
mod page;
mod replicas;
mod sink;
mod syslog;
mod webhook;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use milguard::{
    export::{Pace, read},
    server::ServerOptions,
};
use serde_json::Value;

use crate::server::backend::{Backend, event};

/// The base64 of 24 letters.
pub(crate) const SECRET: &str = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4";

/// Short pauses for a test; only a receiver has as much time as on a real server.
pub(crate) fn pace() -> Pace {
    Pace {
        poll: Duration::from_millis(20),
        save: Duration::from_millis(20),
        renew: Duration::from_millis(50),
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(100),
        ..Pace::default()
    }
}

/// Writes a file of destinations, with a secret beside it.
pub(crate) fn write(folder: &Path, text: &str) -> std::path::PathBuf {
    fs::write(folder.join("secret"), format!("{SECRET}\n")).unwrap();
    let file = folder.join("exports.toml");
    fs::write(&file, text.replace("{folder}", &folder.display().to_string())).unwrap();
    file
}

/// A server with the destinations in a file.
pub(crate) fn exporting(text: &str) -> impl FnOnce(&mut ServerOptions) {
    exporting_at(text, pace())
}

pub(crate) fn exporting_at(text: &str, pace: Pace) -> impl FnOnce(&mut ServerOptions) {
    move |options| {
        let folder = options.state.parent().unwrap().to_owned();
        options.exports = read(&write(&folder, text)).unwrap();
        options.export_pace = pace;
    }
}

/// Reports `batches` batches of `size` events, and returns their ids.
pub(crate) fn report(backend: &Backend, batches: usize, size: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for _ in 0..batches {
        let events: Vec<Value> = (0..size).map(|_| event()).collect();
        assert_eq!(backend.post_events(&events).status, 200);
        ids.extend(events.iter().map(|event| event["id"].as_str().unwrap().to_owned()));
    }
    ids
}
