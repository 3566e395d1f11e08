//! The real program, and clients that talk to it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use milguard::store::{Database, PolicyChange, Store};
use tempfile::TempDir;

use crate::postgres::Postgres;

/// A server with its data; dropping it deletes both.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The token that enrols further clients; empty if the server was started before.
    pub(crate) enrolment: String,
    /// The key of an enrolled client.
    pub(crate) token: String,
    /// The path of the link that creates the first administrator.
    pub(crate) set_up: String,
    child: Child,
}

/// The place of a server's data.
pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) name: &'static str,
    folder: TempDir,
    _postgres: Option<Postgres>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = folder();
        let database = Database::Sqlite(folder.path().join("milguard.db"));
        Self { database, name: "SQLite", folder, _postgres: None }
    }

    /// With Debian's settings, by which committed data is on the disk.
    pub(crate) fn postgres() -> Self {
        Self::postgres_with(&["max_connections = 100", "shared_buffers = 512MB"])
    }

    /// For benchmarks that only read: without `fsync`, inserting their rows is faster.
    pub(crate) fn postgres_without_sync() -> Self {
        let settings = ["shared_buffers = 512MB", "fsync = off", "max_wal_size = 20GB"];
        Self::postgres_with(&settings)
    }

    fn postgres_with(settings: &[&str]) -> Self {
        let postgres = Postgres::start(settings);
        let database = Database::Postgres(postgres.create_database());
        Self { database, name: "PostgreSQL", folder: folder(), _postgres: Some(postgres) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the program and waits until it answers; returns how long that took, too.
    pub(crate) fn start(&self, token: Option<&str>) -> (Server, Duration) {
        self.start_with(token, None)
    }

    /// The same for a server that exports events to the destinations in a file.
    pub(crate) fn start_exporting(&self, exports: &Path) -> Server {
        self.start_with(None, Some(exports)).0
    }

    fn start_with(&self, token: Option<&str>, exports: Option<&Path>) -> (Server, Duration) {
        let begin = Instant::now();
        // Another build of the program, for a comparison.
        let program = std::env::var_os("MILGUARD");
        let mut command =
            Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_milguard").into()));
        command.args(["serve", "--http", "--listen", "127.0.0.1:0"]);
        command.args(["--enrolments-per-minute", "100000000", "--max-connections", "15000"]);
        command.args(["--batches-per-minute", "100000000", "--events-per-day", "100000000"]);
        command.args(["--group-events-per-day", "100000000"]);
        command.arg("--state").arg(self.path().join("state"));
        command.arg("--assets").arg(self.path().join("www"));
        let database = match &self.database {
            Database::Sqlite(path) => format!("sqlite:{}", path.display()),
            Database::Postgres(url) => url.clone(),
        };
        command.env("MILGUARD_DATABASE", database);
        command.envs(exports.map(|file| ("MILGUARD_EXPORTS", file)));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let place = find(&lines, "listening on http://");
        let address = place.split('/').next().unwrap().parse().unwrap();
        let mut connection = Connection::open(address).unwrap();
        assert_eq!(connection.get("/healthz", "").unwrap(), 200);
        let took = begin.elapsed();
        // A first start prints the link and the token.
        let mut server = Server {
            address,
            enrolment: String::new(),
            token: String::new(),
            set_up: String::new(),
            child,
        };
        if let Some(token) = token {
            token.clone_into(&mut server.token);
        }
        while server.token.is_empty() || (token.is_none() && server.set_up.is_empty()) {
            let line = lines.recv_timeout(Duration::from_secs(30)).expect("it prints how to begin");
            if let Some((_, rest)) = line.split_once("mg_enrol_") {
                let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
                server.token = format!("mg_enrol_{digits}");
            }
            if let Some(start) = line.find("/admin/setup/") {
                let path = line.get(start..).and_then(|path| path.split_whitespace().next());
                path.unwrap_or_default().clone_into(&mut server.set_up);
            }
        }
        if token.is_none() {
            server.enrolment = std::mem::take(&mut server.token);
            server.token = enrol(address, &server.enrolment);
        }
        (server, took)
    }

    /// Makes the policy report domains, so that they are counted too.
    pub(crate) async fn report_domains(&self) {
        let store = Store::connect(&self.database).await.unwrap();
        let put = PolicyChange {
            group: "organisation".to_owned(),
            document: r#"{"reporting": "domain"}"#.to_owned(),
            author: "bench".to_owned(),
            comment: String::new(),
            expected: None,
        };
        store.put_policy(&put, None).await.unwrap();
        store.close().await;
        // Servers look for changes every two seconds.
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
}

/// The key that a client gets for a token.
pub(crate) fn enrol(address: SocketAddr, token: &str) -> String {
    let client = serde_json::json!({ "host": "outlook", "clientVersion": "1.4.2" });
    let answer = ureq::post(&format!("http://{address}/v1/enrol"))
        .header("Authorization", &format!("Bearer {token}"))
        .header("Content-Type", "application/json")
        .send(client.to_string())
        .unwrap();
    let text = answer.into_body().read_to_string().unwrap();
    let enrolled: serde_json::Value = serde_json::from_str(&text).unwrap();
    enrolled["key"].as_str().unwrap().to_owned()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("www")).unwrap();
    std::fs::write(folder.path().join("www/index.html"), "<!doctype html>").unwrap();
    folder
}

fn find(lines: &Receiver<String>, text: &str) -> String {
    loop {
        let line = lines.recv_timeout(Duration::from_secs(30)).expect("the server says so");
        if let Some((_, rest)) = line.split_once(text) {
            return rest.to_owned();
        }
    }
}

impl Server {
    /// The resident memory of the process, in kilobytes.
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Server {
    /// The processor time of the process so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap());
        // Linux counts them in hundredths of a second.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that stays open.
pub(crate) struct Connection {
    stream: TcpStream,
    host: SocketAddr,
}

impl Connection {
    pub(crate) fn open(host: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, host })
    }

    pub(crate) fn get(&mut self, path: &str, headers: &str) -> io::Result<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.host);
        self.send(request.as_bytes())
    }

    /// Posts a batch of events. Takes its text, so that many clients can send one that is made once.
    pub(crate) fn post(&mut self, token: &str, body: &str) -> io::Result<u16> {
        let request = format!(
            "POST /v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.send(request.as_bytes())
    }

    fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request)?;
        let mut response = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = self.stream.read(&mut buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            response.extend_from_slice(buffer.get(..read).unwrap_or_default());
            let text = String::from_utf8_lossy(&response);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                return status.ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
        }
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
