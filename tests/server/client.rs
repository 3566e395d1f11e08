//! A running server and a client that sends exactly the bytes it is given.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Mutex,
    thread,
    time::Duration,
};

use milguard::{
    bundle::BundleOptions,
    server::{ResolverChoice, Server, ServerOptions, Transport},
};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A server with a folder of its own, on a free port. It stops when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// The token of the deployment that the first start has made for add-ins.
    pub(crate) token: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
    pub(crate) folder: TempDir,
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::start_with(pages(), BundleOptions::default())
    }

    pub(crate) fn start_with(folder: TempDir, bundle: BundleOptions) -> Self {
        Self::start_in(folder, |options| {
            options.origin = Some(bundle.manifest.origin.clone());
            options.bundle = bundle;
        })
    }

    /// Starts a server in the folder, over HTTP unless `choose` changes that.
    pub(crate) fn start_in(folder: TempDir, choose: impl FnOnce(&mut ServerOptions)) -> Self {
        let mut options =
            ServerOptions::local(&folder.path().join("www"), &folder.path().join("state"));
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.transport = Transport::Plain { trusted_proxies: Vec::new() };
        options.resolver = ResolverChoice::Off;
        choose(&mut options);
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, address) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(options).await.unwrap();
                let token = server.first_token().map(str::to_owned);
                started.send((server.address(), token)).unwrap();
                server.run(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let started = address.recv_timeout(Duration::from_mins(1)).expect("the server starts");
        let (address, token) = started;
        let token = token.unwrap_or_default();
        Self { address, token, stop: Some(stop), thread: Some(thread), folder }
    }

    /// Stops the server, and returns its folder for the next one.
    pub(crate) fn stop(mut self) -> TempDir {
        let next = tempfile::tempdir().unwrap();
        let folder = std::mem::replace(&mut self.folder, next);
        drop(self);
        folder
    }

    /// The key of a client that has enrolled with the first start's token.
    pub(crate) fn key(&self) -> String {
        key(self.address, &self.token)
    }

    /// A file of the deployment that a server creates at its first start.
    pub(crate) fn below(&self, path: &str) -> Response {
        self.get(&format!("/d/{}{path}", self.token.trim_start_matches("mg_enrol_")))
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.request("GET", path, "")
    }

    /// `headers`: complete lines, each with its line end.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &str) -> Response {
        let headers = keyed(self.address, headers);
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        send(self.address, format!("{head}Connection: close\r\n{headers}\r\n").as_bytes())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || thread::panicking(), "the server ended with a panic");
        }
    }
}

/// A folder with a file of each kind, and a secret beside it.
pub(crate) fn pages() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("secret.txt", "SECRET");
    write("www/index.html", "<!doctype html><title>start</title>");
    write("www/try/index.html", "<!doctype html><title>try</title>");
    write("www/try/try.js", "export {};");
    write("www/try/page.mjs", "export {};");
    write("www/try/try.css", "body{}");
    write("www/_locales/en/messages.json", "{}");
    write("www/checker/milguard_bg.wasm", "\0asm");
    write("www/checker/milguard.d.ts", "export {};");
    write("www/shared/only.js", "export {};");
    write("www/.hidden/key.txt", "SECRET");
    write("www/.env", "SECRET");
    folder
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// Enrols a client, once for each server and token; returns the token itself if the server refuses it.
pub(crate) fn key(address: SocketAddr, token: &str) -> String {
    static KEYS: Mutex<BTreeMap<(SocketAddr, String), String>> = Mutex::new(BTreeMap::new());
    let known = KEYS.lock().unwrap().get(&(address, token.to_owned())).cloned();
    if let Some(key) = known {
        return key;
    }
    let response = enrol(address, token, r#"{"host":"thunderbird","clientVersion":"1.2.3"}"#);
    let answer: serde_json::Value = serde_json::from_str(&response.body).unwrap_or_default();
    let Some(key) = answer["key"].as_str() else { return token.to_owned() };
    KEYS.lock().unwrap().insert((address, token.to_owned()), key.to_owned());
    key.to_owned()
}

pub(crate) fn enrol(address: SocketAddr, token: &str, body: &str) -> Response {
    let length = body.len();
    let request = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    send(address, request.as_bytes())
}

/// Headers with the key of an enrolled client instead of its token.
pub(crate) fn keyed(address: SocketAddr, headers: &str) -> String {
    let Some((before, rest)) = headers.split_once("mg_enrol_") else { return headers.to_owned() };
    if !before.to_ascii_lowercase().ends_with("bearer ") {
        return headers.to_owned();
    }
    let token = format!("mg_enrol_{}", rest.split("\r\n").next().unwrap());
    headers.replacen(&token, &key(address, &token), 1)
}

pub(crate) fn send(address: SocketAddr, request: &[u8]) -> Response {
    let bytes = exchange(&mut connect(address), request);
    parse(&bytes.unwrap())
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends everything and reads until the server closes the connection. If it closes before it has read
/// everything, only its answers count.
pub(crate) fn exchange(stream: &mut (impl Read + Write), request: &[u8]) -> io::Result<Vec<u8>> {
    let written = stream.write_all(request);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    if bytes.is_empty() {
        written?;
        read?;
    }
    Ok(bytes)
}

pub(crate) fn parse(bytes: &[u8]) -> Response {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("a response has a head");
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(':').unwrap());
    let headers =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Response { status, headers, body: body.to_owned() }
}

/// A symbolic link; `false` if the system does not let everyone create one.
pub(crate) fn link(target: &Path, link: &Path) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, link).is_ok();
    #[cfg(not(unix))]
    return false;
}
