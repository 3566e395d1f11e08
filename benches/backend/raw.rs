//! The same rows without a server: one INSERT and one commit for each batch, by the databases' own clients,
//! into a table with the same columns and indices, which stays from round to round and so grows as the server's does.
//!
//! PostgreSQL: `psql`, one process for each client. SQLite: Python's module, which calls SQLite with a
//! statement that is prepared once.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use milguard::store::{Database, Event};

/// Inserts the batches of each client; returns the time that all took together.
pub(crate) fn insert(database: &Database, folder: &Path, clients: &[Vec<Vec<Event>>]) -> Duration {
    let files = clients.iter().enumerate().map(|(index, batches)| {
        let path = folder.join(format!("raw-{index}"));
        let text: String = match database {
            Database::Postgres(_) => numbered(batches, statement),
            Database::Sqlite(_) => numbered(batches, rows),
        };
        fs::write(&path, text).unwrap();
        path
    });
    let files: Vec<PathBuf> = files.collect();
    match database {
        Database::Postgres(url) => {
            psql(
                url,
                "SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS raw (LIKE events INCLUDING ALL)",
            );
            let begin = Instant::now();
            let children: Vec<_> = files
                .iter()
                .map(|file| {
                    let mut command = Command::new("psql");
                    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(file);
                    command.stdout(Stdio::null()).spawn().unwrap()
                })
                .collect();
            for mut child in children {
                assert!(child.wait().unwrap().success());
            }
            begin.elapsed()
        }
        Database::Sqlite(path) => {
            let mut command = Command::new("python3");
            command.arg("-c").arg(SQLITE).arg(path).arg(&files[0]).arg(COLUMNS);
            let output = command.stderr(Stdio::inherit()).output().unwrap();
            assert!(output.status.success());
            let seconds = String::from_utf8(output.stdout).unwrap();
            Duration::from_secs_f64(seconds.trim().parse().unwrap())
        }
    }
}

/// Prints how many seconds the inserts took.
const SQLITE: &str = "
import json, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute('PRAGMA journal_mode = WAL')
connection.execute('PRAGMA synchronous = FULL')
definitions = [sql for (sql,) in connection.execute(
    \"SELECT sql FROM sqlite_master WHERE tbl_name = 'events' AND sql IS NOT NULL ORDER BY type DESC\")]
exists = connection.execute(\"SELECT 1 FROM sqlite_master WHERE name = 'raw'\").fetchone()
for sql in [] if exists else definitions:
    connection.execute(sql.replace('TABLE events', 'TABLE raw').replace('INDEX events', 'INDEX raw')
                       .replace('ON events', 'ON raw'))
batches = [json.loads(line) for line in open(sys.argv[2])]
insert = f'INSERT INTO raw ({sys.argv[3]}) VALUES (' + ', '.join('?' * len(sys.argv[3].split(','))) + ')'
begin = time.perf_counter()
for batch in batches:
    connection.execute('BEGIN IMMEDIATE')
    connection.executemany(insert, batch)
    connection.execute('COMMIT')
print(time.perf_counter() - begin)
";

fn psql(url: &str, sql: &str) {
    let mut command = Command::new("psql");
    let status = command.args(["-X", "-q", "-d", url, "-c", sql]).status().unwrap();
    assert!(status.success(), "{sql}");
}

/// The batches as text, each with its number.
fn numbered(batches: &[Vec<Event>], text: fn(&[Event], usize) -> String) -> String {
    batches.iter().enumerate().map(|(number, batch)| text(batch, number)).collect()
}

/// One line for each batch: an array of rows.
fn rows(batch: &[Event], number: usize) -> String {
    let rows: Vec<_> = batch.iter().map(|event| values(event, number)).collect();
    serde_json::to_string(&rows).unwrap() + "\n"
}

/// One statement for each batch. The made-up texts need no escape.
fn statement(batch: &[Event], number: usize) -> String {
    let mut sql = format!("INSERT INTO raw ({COLUMNS}) VALUES ");
    for (index, event) in batch.iter().enumerate() {
        let values: Vec<_> = values(event, number)
            .iter()
            .map(|value| match value {
                serde_json::Value::String(text) => format!("'{text}'"),
                other => other.to_string(),
            })
            .collect();
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(sql, "{comma}({})", values.join(", "));
    }
    sql + ";\n"
}

const COLUMNS: &str = "id, message, time, received, group_id, client, host, client_version, policy_id, policy_version, \
    action, severity, reasons, raised_by, domain, address, justification, batch";

/// In the order of [`COLUMNS`].
fn values(event: &Event, batch: usize) -> Vec<serde_json::Value> {
    vec![
        (&*event.id).into(),
        (&*event.message).into(),
        event.time.into(),
        event.received.into(),
        (&*event.group_id).into(),
        event.client.as_deref().into(),
        event.host.as_str().into(),
        (&*event.client_version).into(),
        (&*event.policy_id).into(),
        event.policy_version.into(),
        event.action.as_str().into(),
        event.severity.as_str().into(),
        serde_json::to_string(&event.reasons).unwrap().into(),
        event.raised_by.first().map(|_| serde_json::to_string(&event.raised_by).unwrap()).into(),
        event.domain.as_deref().into(),
        event.address.as_deref().into(),
        event.justification.as_deref().into(),
        batch.into(),
    ]
}
