//! A server with a database of either kind, for the requests of add-ins.

use std::{
    future::Future,
    net::SocketAddr,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use milguard::{
    server::{Limits, Server, ServerOptions, Transport},
    store::{Database, Store},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::server::client::{Response, keyed, pages, send};
use crate::support::postgres::Postgres;

/// Defines each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* fn $name:ident($kind:ident) $body:block)*) => {
        $($(#[$attribute])* fn $name($kind: crate::server::backend::Kind) $body)*
        mod sqlite {
            $(#[test] fn $name() { super::$name(crate::server::backend::Kind::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(crate::server::backend::Kind::Postgres); })*
        }
    };
}
pub(crate) use on_both_databases;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// The data of a test; dropping it deletes the data.
pub(crate) struct Data {
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
}

impl Kind {
    /// A new database, and a folder with pages beside it.
    pub(crate) fn data(self) -> Data {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        let folder = pages();
        let database = match self {
            Self::Sqlite => Database::Sqlite(folder.path().join("milguard.db")),
            Self::Postgres => {
                // The tests never cut the power, so PostgreSQL need not wait for the disk.
                let server = SERVER
                    .get_or_init(|| Postgres::start(&["fsync = off", "max_connections = 300"]));
                Database::Postgres(server.create_database())
            }
        };
        Data { database, folder }
    }
}

/// A server in this process, which stops when it is dropped.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    pub(crate) data: Data,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Backend {
    pub(crate) fn start(kind: Kind) -> Self {
        Self::start_with(kind, |_| {})
    }

    pub(crate) fn start_with(kind: Kind, change: impl FnOnce(&mut ServerOptions)) -> Self {
        Self::start_on(kind.data(), change)
    }

    /// A server that another part of the test has started.
    pub(crate) fn at(address: SocketAddr, token: &str, data: Data) -> Self {
        Self { address, token: token.to_owned(), data, stop: None, thread: None }
    }

    /// Starts the server once more on the same data, after [`stop`](Self::stop).
    pub(crate) fn start_again(&mut self, change: impl FnOnce(&mut ServerOptions)) {
        let empty =
            Data { database: self.data.database.clone(), folder: tempfile::tempdir().unwrap() };
        let data = std::mem::replace(&mut self.data, empty);
        let token = std::mem::take(&mut self.token);
        *self = Self::start_on(data, change);
        self.token = token;
    }

    pub(crate) fn start_on(data: Data, change: impl FnOnce(&mut ServerOptions)) -> Self {
        let folder = data.folder.path();
        let mut options = ServerOptions::local(&folder.join("www"), &folder.join("state"));
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.transport = Transport::Plain { trusted_proxies: Vec::new() };
        options.database = Some(data.database.clone());
        options.limits = Limits { batches_per_minute: 1_000_000, ..Limits::default() };
        change(&mut options);
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, start) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            block_on(async {
                let server = Server::bind(options).await.unwrap();
                let token = server.first_token().unwrap_or_default().to_owned();
                started.send((server.address(), token)).unwrap();
                server.run(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let (address, token) = start.recv_timeout(Duration::from_secs(30)).expect("it starts");
        Self { address, token, data, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || thread::panicking(), "the server ended with a panic");
        }
    }

    /// Runs `work` on the database, as another server would.
    pub(crate) fn with_store<F: Future>(&self, work: impl FnOnce(Store) -> F) -> F::Output {
        block_on(async {
            let store = Store::connect(&self.data.database).await.unwrap();
            let result = work(store.clone()).await;
            store.close().await;
            result
        })
    }

    /// Stores a policy, and waits until this server, which is not notified, hands it out.
    pub(crate) fn set_policy(&self, group: &str, document: &Value) {
        let before = self.policy(&self.token, "").body;
        self.with_store(async |store| {
            let put = milguard::store::PolicyChange {
                group: group.to_owned(),
                document: document.to_string(),
                author: "test".to_owned(),
                comment: String::new(),
                expected: None,
            };
            store.put_policy(&put, None).await.unwrap()
        });
        wait_for("the new policy", || self.policy(&self.token, "").body != before);
    }

    pub(crate) fn policy(&self, token: &str, headers: &str) -> Response {
        self.request("GET /v1/policy", &format!("Authorization: Bearer {token}\r\n{headers}"), "")
    }

    pub(crate) fn post(&self, body: &str) -> Response {
        let token = &self.token;
        let headers =
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        self.request("POST /v1/events", &headers, body)
    }

    pub(crate) fn post_events(&self, events: &[Value]) -> Response {
        self.post(&json!({ "events": events }).to_string())
    }

    /// `headers`: complete lines, each with its line end.
    pub(crate) fn request(&self, line: &str, headers: &str, body: &str) -> Response {
        let (address, length) = (self.address, body.len());
        let headers = keyed(address, headers);
        let head = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        let request = format!("{head}{headers}Content-Length: {length}\r\n\r\n{body}");
        send(address, request.as_bytes())
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// Waits up to half a minute.
pub(crate) fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited 30 s in vain for {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// An ordinary event with a new id.
pub(crate) fn event() -> Value {
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "message": uuid::Uuid::new_v4().to_string(),
        "time": jiff::Timestamp::now().to_string(),
        "host": "thunderbird",
        "clientVersion": "1.2.3",
        "policy": { "id": "default", "version": 1 },
        "action": "fixed",
        "severity": "warn",
        "reasons": ["suffix-typo"],
    })
}
