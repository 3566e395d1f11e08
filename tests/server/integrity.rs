//! Acknowledged events survive other processes, a full disk, a wrong clock and an operator's mistakes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use milguard::{
    server::Clock,
    store::{Database, EventFilter, Store},
};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use crate::{
    server::admin::person::{PASSWORD, Person},
    server::backend::{Backend, Kind, block_on, event, on_both_databases, wait_for},
};

const DAY: i64 = 86_400_000;

fn file(backend: &Backend) -> &Path {
    match &backend.data.database {
        Database::Sqlite(path) => path,
        Database::Postgres(_) => unreachable!(),
    }
}

fn milguard(arguments: &[&str], database: &Database) -> Output {
    let Database::Sqlite(path) = database else { unreachable!() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.args(arguments).arg("--database").arg(format!("sqlite:{}", path.display()));
    command.output().unwrap()
}

async fn ids(store: &Store) -> Vec<String> {
    let page = store.events(&EventFilter::default(), None, 1_000).await.unwrap();
    page.events.into_iter().map(|event| event.id).collect()
}

fn id(event: &Value) -> String {
    event["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_restored_on_a_new_machine() {
    let mut backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    let before: Vec<_> = (0..20).map(|_| event()).collect();
    assert_eq!(backend.post_events(&before).status, 200);
    let copy = backend.data.folder.path().join("copy.db");
    let out = ["backup", "--out", copy.to_str().unwrap()];
    let made = milguard(&out, &backend.data.database);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);
    }
    let again = milguard(&out, &backend.data.database);
    assert!(!again.status.success(), "a backup overwrites nothing");
    assert_eq!(backend.post_events(&[event()]).status, 200, "the server goes on");
    drop(ann);

    // Restoring is refused while a server runs.
    let from = ["restore", "--from", copy.to_str().unwrap()];
    let refused = milguard(&from, &backend.data.database);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("stop it first"), "{text}");

    // A file that is not a backup does not replace a database.
    backend.stop();
    let nonsense = backend.data.folder.path().join("nonsense.db");
    fs::write(&nonsense, "not a database, and long enough to be looked at").unwrap();
    for from in [nonsense.as_path(), backend.data.folder.path()] {
        let from = from.to_str().unwrap();
        let refused = milguard(&["restore", "--from", from], &backend.data.database);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        let is_told = text.contains(&format!("{from} is not a backup"));
        assert!(!refused.status.success() && is_told, "{text}");
    }
    let store = block_on(Store::connect(&backend.data.database)).unwrap();
    assert_eq!(block_on(ids(&store)).len(), 21);
    block_on(store.close());

    // The backup is restored on a machine without data.
    let machine = Kind::Sqlite.data();
    let done = milguard(&from, &machine.database);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let there = Backend::start_on(machine, |_| {});
    let person = Person::stranger(&there);
    assert_eq!(person.sign_in("ann", PASSWORD).status, 303);
    let mut stored = there.with_store(async |store| ids(&store).await);
    let mut sent: Vec<_> = before.iter().map(id).collect();
    stored.sort();
    sent.sort();
    assert_eq!(stored, sent, "as it was when the backup was made");

    // Restoring replaces the present database, and keeps it beside the new one.
    let done = milguard(&from, &backend.data.database);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let kept = String::from_utf8_lossy(&done.stderr).contains(".before-restore");
    assert!(kept && file(&backend).with_extension("db.before-restore").exists());
}

#[test]
fn a_backup_is_restored_to_the_place_that_the_configuration_file_names() {
    let mut backend = Backend::start(Kind::Sqlite);
    drop(Person::admin(&backend, "ann"));
    let folder = backend.data.folder.path().to_owned();
    let copy = folder.join("copy.db");
    let out = ["backup", "--out", copy.to_str().unwrap()];
    assert!(milguard(&out, &backend.data.database).status.success());
    backend.stop();
    let config = folder.join("milguard.toml");
    let restore = |line: &str| {
        fs::write(&config, line).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.arg("restore").arg("--config").arg(&config).arg("--from").arg(&copy);
        // The command would restore into this folder if it did not read the file.
        command
            .env("XDG_STATE_HOME", folder.join("elsewhere"))
            .env("HOME", folder.join("elsewhere"));
        command.output().unwrap()
    };
    let (state, file) = (folder.join("state-of-the-file"), folder.join("named.db"));
    for (line, expected) in [
        (format!("state = {:?}", state.display().to_string()), state.join("milguard.db")),
        (format!("database = \"sqlite:{}\"", file.display()), file.clone()),
    ] {
        let done = restore(&line);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(expected.exists(), "{line}");
    }
    let refused = restore("database = \"postgres://u:p@127.0.0.1:1/n\"");
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("pg_restore"), "{text}");
    assert!(!folder.join("elsewhere").exists());
}

#[test]
fn a_server_is_ready_only_while_it_can_store_something() {
    let backend = Backend::start(Kind::Sqlite);
    let ready = || backend.request("GET /readyz", "", "").status;
    assert_eq!(ready(), 200);
    // Another process holds the lock.
    block_on(async {
        let url = format!("sqlite:{}", file(&backend).display());
        let mut other = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        wait_for("the server not to be ready", || ready() == 503);
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        other.close().await.unwrap();
    });
    wait_for("the server to be ready again", || ready() == 200);
    // The file is deleted while the server runs.
    let away = file(&backend).with_extension("away");
    fs::rename(file(&backend), &away).unwrap();
    wait_for("the server not to be ready", || ready() == 503);
    fs::rename(&away, file(&backend)).unwrap();
    wait_for("the server to be ready again", || ready() == 200);
    assert_eq!(backend.request("GET /healthz", "", "").status, 200);
}

#[test]
fn two_servers_do_not_share_a_file() {
    let backend = Backend::start(Kind::Sqlite);
    let other = backend.data.folder.path().join("other");
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.args(["serve", "--http", "--listen", "127.0.0.1:0"]).arg("--state").arg(&other);
    command.arg("--assets").arg(backend.data.folder.path().join("www"));
    command.arg("--database").arg(format!("sqlite:{}", file(&backend).display()));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("another server uses"), "{text}");
}

#[test]
fn on_a_nearly_full_disk_events_are_refused_and_pages_still_work() {
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.limits.disk_reserve = Some(u64::MAX);
    });
    let refused = backend.post_events(&[event()]);
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.headers.contains_key("retry-after"));
    let ann = Person::admin(&backend, "ann");
    assert_eq!(ann.get("/admin").status, 200);
    assert_eq!(backend.policy(&backend.token, "").status, 200);
}

#[test]
fn a_sender_and_a_group_have_a_daily_limit_of_events() {
    let backend = Backend::start_with(Kind::Sqlite, |options| {
        options.limits.events_per_day = 5;
        options.limits.group_events_per_day = 7;
    });
    let batch = |count: usize| (0..count).map(|_| event()).collect::<Vec<_>>();
    assert_eq!(backend.post_events(&batch(5)).status, 200);
    let refused = backend.post_events(&batch(1));
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.body.contains("too-many-events-today"), "{}", refused.body);
}

#[cfg(target_os = "linux")]
#[test]
fn after_a_full_disk_the_server_recovers_by_itself() {
    use crate::server::durability::Process;
    let data = Kind::Sqlite.data();
    // Creates the tables first, so that the limit affects only events.
    let first = Process::start(&data, "state");
    let token = first.token();
    let link = milguard(&["admin-link", "--origin", "https://localhost"], &data.database);
    let link = String::from_utf8(link.stdout).unwrap();
    let link = link.trim().trim_start_matches("https://localhost").to_owned();
    drop(first);
    let server = Process::start_bounded(&data, "state", 6000);
    let post = |events: &[Value]| {
        let body = json!({ "events": events }).to_string();
        server.request("POST /v1/events", &token, &body)
    };
    let mut acknowledged = Vec::new();
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_mins(1), "the disk was never full");
        let events: Vec<_> = (0..50).map(|_| event()).collect();
        let response = post(&events);
        if response.status != 200 {
            assert!(matches!(response.status, 429 | 503), "{response:?}");
            assert!(response.headers.contains_key("retry-after"), "{response:?}");
            break;
        }
        acknowledged.extend(events.iter().map(id));
    }
    server.lift_bound();
    // Every kind of write works again within five seconds.
    let lifted = Instant::now();
    let extra = event();
    while post(std::slice::from_ref(&extra)).status != 200 {
        assert!(lifted.elapsed() < Duration::from_secs(5), "events are still refused");
        thread::sleep(Duration::from_millis(100));
    }
    acknowledged.push(id(&extra));
    let backend = Backend::at(server.address, &token, data);
    let ann = Person::stranger(&backend);
    let form = [("name", "ann"), ("password", PASSWORD), ("again", PASSWORD)];
    ann.get(&link);
    assert_eq!(ann.post(&link, &form).status, 303, "people can sign in");
    let group = [("id", "finance"), ("name", "Finance"), ("parent", "organisation")];
    assert_eq!(ann.post("/admin/groups", &group).status, 303, "policies and groups can be stored");
    assert_eq!(backend.request("GET /readyz", "", "").status, 200);
    server.kill();
    let stored = backend.with_store(async |store| {
        let mut stored = Vec::new();
        let mut cursor = None;
        loop {
            let page = store.events(&EventFilter::default(), cursor.as_ref(), 1_000).await.unwrap();
            stored.extend(page.events.into_iter().map(|event| event.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        store.check_integrity().await.unwrap();
        stored
    });
    let missing = acknowledged.iter().filter(|id| !stored.contains(id)).count();
    assert_eq!(missing, 0, "of {} acknowledged", acknowledged.len());
}

on_both_databases! {
    fn a_clock_that_jumps_ahead_deletes_nothing(kind) {
        let mut backend = Backend::start(kind);
        assert_eq!(backend.post_events(&[event()]).status, 200);
        backend.stop();
        let clock = Clock::default();
        clock.shift(400 * DAY);
        backend.start_again(|options| options.clock = clock);
        // The server does not take an event that arrives now for an old one.
        let sent = event();
        assert_eq!(backend.post_events(std::slice::from_ref(&sent)).status, 200);
        // The server deletes old events soon after its start; this pause gives it the time.
        thread::sleep(Duration::from_millis(300));
        let stored = backend.with_store(async |store| ids(&store).await);
        assert_eq!(stored.len(), 2);
        assert!(stored.contains(&id(&sent)));
    }

    fn events_that_arrive_while_the_clock_is_behind_are_kept(kind) {
        let mut backend = Backend::start(kind);
        backend.stop();
        let clock = Clock::default();
        clock.shift(-400 * DAY);
        backend.start_again(|options| options.clock = clock);
        let sent: Vec<_> = (0..7).map(|_| event()).collect();
        assert_eq!(backend.post_events(&sent).status, 200);
        backend.stop();
        backend.start_again(|_| {});
        thread::sleep(Duration::from_millis(300));
        let times = backend.with_store(async |store| {
            let page = store.events(&EventFilter::default(), None, 100).await.unwrap();
            page.events.into_iter().map(|event| event.time).collect::<Vec<_>>()
        });
        assert_eq!(times.len(), 7);
        let now = milguard::store::now();
        assert!(times.iter().all(|time| now - time < DAY), "events keep the day on which they were sent");
    }

    fn the_events_of_one_person_can_be_erased(kind) {
        let backend = Backend::start(kind);
        backend.set_policy("organisation", &json!({ "reporting": "address" }));
        let about = |address: &str| {
            let mut event = event();
            event["domain"] = json!("army.ml");
            event["address"] = json!(address);
            event
        };
        let person = "jane.private@army.ml";
        let sent = [about(person), about("Jane.Private@army.ml"), about("bob@army.ml")];
        assert_eq!(backend.post_events(&sent).status, 200);
        let ann = Person::admin(&backend, "ann");
        assert_eq!(ann.get("/admin/events.csv?address=jane.private%40army.ml").status, 200);
        let done = ann.post("/admin/events/erase", &[("address", person)]);
        assert_eq!(done.status, 303, "{}", done.body);
        let left = backend.with_store(async |store| ids(&store).await);
        assert_eq!(left, [id(&sent[2])]);
        let log = ann.get("/admin/audit").body;
        assert!(log.contains("events erased") || log.contains("events-erased"), "{log}");
        assert!(!log.contains("private"), "the audit log does not name the person");
        if kind == Kind::Sqlite {
            for suffix in ["", "-wal"] {
                let mut name = file(&backend).as_os_str().to_owned();
                name.push(suffix);
                let bytes = fs::read(name).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes).to_lowercase();
                assert!(!text.contains("jane.private"), "a copy is left in milguard.db{suffix}");
            }
        }
    }
}

#[test]
fn a_server_that_waits_for_its_database_says_that_it_runs() {
    use std::net::{SocketAddr, TcpListener, TcpStream};
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (listen, database): (SocketAddr, SocketAddr) = (free(), free());
    let data = Kind::Sqlite.data();
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.args(["serve", "--http", "--listen", &listen.to_string()]);
    command.arg("--state").arg(data.folder.path().join("state"));
    command.arg("--assets").arg(data.folder.path().join("www"));
    command.arg("--database").arg(format!("postgres://milguard@{database}/milguard"));
    command.stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let ask = |path: &str| {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        crate::server::client::send(listen, request.as_bytes()).status
    };
    wait_for("the server to listen", || TcpStream::connect(listen).is_ok());
    let answers = [ask("/healthz"), ask("/readyz")];
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(answers, [200, 503]);
}
