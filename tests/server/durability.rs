//! Acknowledged events survive: the real program is killed again and again while it takes events.

use std::{
    collections::HashSet,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use milguard::store::{CountFilter, CountKey, Database, EventFilter, Store};
use serde_json::json;
use sqlx::{Connection, postgres::PgConnection};

use crate::{
    server::backend::{Data, Kind, block_on, event, on_both_databases, wait_for},
    server::client::{Response, send},
};

const KILLS: u32 = 20;
const CLIENTS: usize = 4;
const BATCH: usize = 50;

/// The program, which does not outlive its test.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
}

impl Process {
    pub(crate) fn start(data: &Data, state: &str) -> Self {
        Self::start_as(Command::new(env!("CARGO_BIN_EXE_milguard")), data, state)
    }

    /// Starts the server with a file of destinations for exports.
    pub(crate) fn start_exporting(data: &Data, state: &str, file: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.env("MILGUARD_EXPORTS", file);
        Self::start_as(command, data, state)
    }

    /// Starts the server with a file that names the recipients of alerts.
    pub(crate) fn start_telling(data: &Data, state: &str, file: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.env("MILGUARD_ALERTS", file);
        Self::start_as(command, data, state)
    }

    /// Starts the server with files that cannot grow beyond this many blocks of 512 bytes, as on a full
    /// disk.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_bounded(data: &Data, state: &str, blocks: u32) -> Self {
        let mut command = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_milguard"));
        Self::start_as(command, data, state)
    }

    /// Lets files grow again.
    #[cfg(target_os = "linux")]
    pub(crate) fn lift_bound(&self) {
        let mut command = Command::new("prlimit");
        command.arg("--pid").arg(self.child.id().to_string()).arg("--fsize=unlimited:unlimited");
        assert!(command.status().unwrap().success());
    }

    /// `line`: method and path.
    pub(crate) fn request(&self, line: &str, token: &str, body: &str) -> Response {
        let token = crate::server::client::key(self.address, token);
        let (address, length) = (self.address, body.len());
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        send(address, request.as_bytes())
    }

    fn start_as(mut command: Command, data: &Data, state: &str) -> Self {
        let folder = data.folder.path();
        command.args(["serve", "--http", "--listen", "127.0.0.1:0"]);
        command.args(["--batches-per-minute", "1000000", "--events-per-day", "100000000"]);
        command.args(["--group-events-per-day", "100000000", "--disk-reserve", "0"]);
        command.arg("--state").arg(folder.join(state)).arg("--assets").arg(folder.join("www"));
        command.env("MILGUARD_DATABASE", address(&data.database));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        // Standard error is read to its end, because a full pipe would stop the server.
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let place = find(&lines, "listening on http://");
        let address = place.split('/').next().unwrap().parse().unwrap();
        Self { child, address, lines }
    }

    /// The token that a first start prints.
    pub(crate) fn token(&self) -> String {
        let rest = find(&self.lines, "mg_enrol_");
        let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        format!("mg_enrol_{digits}")
    }

    pub(crate) fn kill(mut self) {
        // SIGKILL, so that the program cannot clean up.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text after `text` in the next line that contains it.
fn find(lines: &Receiver<String>, text: &str) -> String {
    loop {
        let line = lines.recv_timeout(Duration::from_secs(30)).expect("the server prints the line");
        if let Some((_, rest)) = line.split_once(text) {
            return rest.to_owned();
        }
    }
}

fn address(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => format!("sqlite:{}", path.display()),
        Database::Postgres(url) => url.clone(),
    }
}

/// Clients that send batches until they are told to stop, and repeat each until it is acknowledged.
struct Load {
    servers: Mutex<Vec<SocketAddr>>,
    token: String,
    stopping: AtomicBool,
    acknowledged: Mutex<HashSet<String>>,
}

impl Load {
    fn run(&self, client: usize) {
        while !self.stopping.load(Ordering::Relaxed) {
            let events: Vec<_> = (0..BATCH).map(|_| event()).collect();
            let body = json!({ "events": events }).to_string();
            for attempt in client.. {
                let servers = self.servers.lock().unwrap().clone();
                let server = servers.get(attempt % servers.len().max(1));
                if server.is_some_and(|server| self.post(*server, &body).is_ok_and(|it| it == 200))
                {
                    let mut acknowledged = self.acknowledged.lock().unwrap();
                    let ids = events.iter().map(|event| event["id"].as_str().unwrap().to_owned());
                    acknowledged.extend(ids);
                    break;
                }
                if self.stopping.load(Ordering::Relaxed) {
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Waits until one more batch was acknowledged.
    fn wait_for_more(&self) {
        let known = || self.acknowledged.lock().unwrap().len();
        let before = known();
        wait_for("one more acknowledgement", || known() > before);
    }

    fn post(&self, server: SocketAddr, body: &str) -> io::Result<u16> {
        let mut stream = TcpStream::connect_timeout(&server, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        // An answer counts once it is complete.
        let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
        let is_whole = response.trim_end().ends_with('}');
        status.filter(|_| is_whole).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Runs clients against `servers` while `disturb` runs, and returns the acknowledged events.
fn under_load(
    servers: Vec<SocketAddr>,
    token: &str,
    disturb: impl FnOnce(&Load),
) -> HashSet<String> {
    // A key is valid at all servers on one database, and after their restarts.
    let token = crate::server::client::key(servers[0], token);
    let load = Arc::new(Load {
        servers: Mutex::new(servers),
        token,
        stopping: AtomicBool::new(false),
        acknowledged: Mutex::default(),
    });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let load = Arc::clone(&load);
            thread::spawn(move || load.run(client))
        })
        .collect();
    disturb(&load);
    load.stopping.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    std::mem::take(&mut *load.acknowledged.lock().unwrap())
}

/// Compares the acknowledged events with the stored and counted ones.
fn check(data: &Data, acknowledged: &HashSet<String>) {
    block_on(async {
        let store = Store::connect(&data.database).await.unwrap();
        let mut stored = HashSet::new();
        let mut rows = 0;
        let mut cursor = None;
        loop {
            let page = store.events(&EventFilter::default(), cursor.as_ref(), 1_000).await.unwrap();
            rows += page.events.len();
            stored.extend(page.events.into_iter().map(|event| event.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        store.check_integrity().await.unwrap();
        let missing = acknowledged.difference(&stored).count();
        let filter = CountFilter { to: i64::MAX, ..CountFilter::default() };
        let counted = store.count_by(&filter, CountKey::Group).await.unwrap();
        let counted: i64 = counted.iter().map(|(_, n)| n).sum();
        store.close().await;
        assert_eq!(missing, 0, "acknowledged events are missing");
        assert_eq!(rows, stored.len(), "an event is stored twice");
        assert_eq!(usize::try_from(counted).unwrap(), stored.len(), "events are counted wrongly");
        assert!(acknowledged.len() > BATCH * 10, "there was no load: {}", acknowledged.len());
    });
}

/// Programs that operators run beside a server: a backup, a reader, a link for an administrator. Each is another
/// process, which must not delete the server's log.
fn beside(data: &Data, round: u32) {
    let mut commands = Vec::new();
    let program = || Command::new(env!("CARGO_BIN_EXE_milguard"));
    let mut link = program();
    link.arg("admin-link");
    commands.push(link);
    if matches!(data.database, Database::Sqlite(_)) {
        let copy = data.folder.path().join(format!("copy-{round}.db"));
        let mut backup = program();
        backup.arg("backup").arg("--out").arg(copy);
        commands.push(backup);
        let mut reader = Command::new(std::env::current_exe().unwrap());
        reader.args(["--exact", &reader_name()]).env("MILGUARD_TEST_READ", address(&data.database));
        commands.push(reader);
    }
    for command in &mut commands {
        let command = command.env("MILGUARD_DATABASE", address(&data.database));
        // Each program runs to its end before the next: a database is in danger when a program
        // closes it.
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {text}");
    }
}

/// The name of the test below without the name of its crate, as the test program knows it.
fn reader_name() -> String {
    let (_, module) = module_path!().split_once("::").unwrap();
    format!("{module}::another_process_reads")
}

/// [`beside`] runs this in a separate process: it opens the database like any other tool, reads and
/// closes it.
#[test]
fn another_process_reads() {
    let Ok(url) = std::env::var("MILGUARD_TEST_READ") else { return };
    block_on(async {
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM events");
        assert!(count.fetch_one(&mut connection).await.unwrap() >= 0);
        connection.close().await.unwrap();
    });
}

on_both_databases! {
    fn nothing_acknowledged_is_lost_or_counted_twice_when_the_server_is_killed(kind) {
        let data = kind.data();
        let server = Process::start(&data, "state");
        let token = server.token();
        let acknowledged = under_load(vec![server.address], &token, |load| {
            let mut server = server;
            for round in 0..KILLS {
                load.wait_for_more();
                // Each kill comes at another point of the server's work.
                thread::sleep(Duration::from_millis(u64::from(round * 37 % 100)));
                beside(&data, round);
                load.wait_for_more();
                server.kill();
                server = Process::start(&data, "state");
                *load.servers.lock().unwrap() = vec![server.address];
            }
            load.wait_for_more();
            server.kill();
        });
        check(&data, &acknowledged);
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_one_of_two_servers_is_killed() {
    let data = Kind::Postgres.data();
    let first = Process::start(&data, "first");
    let token = first.token();
    let second = Process::start(&data, "second");
    let acknowledged = under_load(vec![first.address, second.address], &token, |load| {
        thread::sleep(Duration::from_secs(1));
        first.kill();
        thread::sleep(Duration::from_secs(1));
        // The other server continues.
        load.wait_for_more();
    });
    second.kill();
    check(&data, &acknowledged);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_database_ends_connections() {
    let data = Kind::Postgres.data();
    let server = Process::start(&data, "state");
    let acknowledged = under_load(vec![server.address], &server.token(), |load| {
        block_on(async {
            let Database::Postgres(url) = &data.database else { unreachable!() };
            let mut connection = PgConnection::connect(url).await.unwrap();
            for round in 0..KILLS {
                load.wait_for_more();
                tokio::time::sleep(Duration::from_millis(u64::from(round * 37 % 100))).await;
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
        });
        // The server continues.
        load.wait_for_more();
    });
    server.kill();
    check(&data, &acknowledged);
}
