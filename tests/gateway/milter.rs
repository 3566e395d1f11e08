//! The milter over a socket: hostile mail servers and messages, and a backend that comes and goes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use milguard::Policy;
use milguard::client::{Pace, Server};
use milguard::milter::{Limits, Listen, Milter, MilterOptions};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// A milter that ends with the test.
struct Running {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

fn start(options: MilterOptions) -> Running {
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let milter = Milter::bind(options).await.unwrap();
            tell.send(milter.addresses()).unwrap();
            milter.run(async { drop(stopped.await) }).await;
        });
    });
    let Listen::Tcp(address) = told.recv().unwrap()[0].clone() else { panic!("not TCP") };
    Running { address, _stop: stop }
}

fn options(policy: Value) -> MilterOptions {
    MilterOptions {
        milter: vec!["127.0.0.1:0".parse().unwrap()],
        policy: Some(serde_json::from_value(policy).unwrap()),
        ..MilterOptions::default()
    }
}

/// A connection to the milter, from the mail server's side.
struct Mta(TcpStream);

impl Mta {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let mut mta = Self(stream);
        mta.send(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff");
        assert_eq!(mta.answer().unwrap().0, b'O');
        mta
    }

    fn send(&mut self, command: u8, data: &[u8]) {
        let length = u32::try_from(data.len() + 1).unwrap().to_be_bytes();
        // If the milter has hung up, reading its answer shows that.
        let _ = self.0.write_all(&[&length, [command].as_slice(), data].concat());
    }

    /// The command and its text; `None` if the milter has hung up.
    fn answer(&mut self) -> Option<(u8, String)> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut data = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut data).ok()?;
        let command = data.remove(0);
        Some((command, String::from_utf8_lossy(&data).trim_end_matches('\0').to_owned()))
    }

    fn ask(&mut self, command: u8, data: &[u8]) -> (u8, String) {
        self.send(command, data);
        self.answer().expect("an answer")
    }

    fn rcpt(&mut self, address: &str) -> (u8, String) {
        self.send(b'M', b"<alice@example.com>\0");
        self.ask(b'R', format!("<{address}>\0").as_bytes())
    }
}

#[test]
fn a_peer_that_does_not_speak_the_protocol_is_disconnected() {
    let milter = start(options(json!({})));
    for packet in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(),
        b"\0\0\0\0",
        b"\0\0\0\x01R",
        b"\0\0\0\x02O\0",
        b"\0\0\0\x0dO\0\0\0\x01\0\0\0\0\0\0\0\0",
    ] {
        let mut stream = TcpStream::connect(milter.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.write_all(packet).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{packet:?}: {answer:?}");
    }
    for command in [b'R', b'L', b'N', b'B', b'E', b'?'] {
        let mut mta = Mta::connect(milter.address);
        mta.send(command, b"<bob@army.ml>\0");
        assert!(mta.answer().is_none(), "{}", char::from(command));
    }
    assert_eq!(Mta::connect(milter.address).rcpt("bob@army.ml").0, b'y', "others are served");
}

#[test]
fn five_hundred_silent_connections_delay_nobody_and_are_closed() {
    let limits = Limits { within: Duration::from_millis(300), ..Limits::default() };
    let milter = start(MilterOptions { limits, ..options(json!({})) });
    let mut silent: Vec<_> = (0..500)
        .map(|_| {
            let mut stream = TcpStream::connect(milter.address).unwrap();
            // Half a packet.
            stream.write_all(b"\0\0\0\x0dO\0").unwrap();
            stream
        })
        .collect();
    let (command, text) = Mta::connect(milter.address).rcpt("bob@army.ml");
    assert_eq!(command, b'y');
    assert!(text.ends_with("did you mean bob@army.mil?"), "{text}");
    for stream in &mut silent {
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
}

#[test]
fn a_message_of_a_hundred_megabytes_is_judged_by_its_names_in_little_memory() {
    let limits = Limits { memory: 3 << 20, ..Limits::default() };
    let milter = start(MilterOptions { limits, ..options(json!({})) });
    let mut mta = Mta::connect(milter.address);
    assert_eq!(mta.rcpt("carol@health.ml").0, b'c');
    mta.send(b'L', b"To\0 carol@health.ml\0");
    mta.send(b'L', b"Content-Type\0 multipart/mixed; boundary=x\0");
    assert_eq!(mta.ask(b'N', b"").0, b'c');
    let head = b"--x\r\nContent-Type: application/zip\r\n\r\n";
    assert_eq!(mta.ask(b'B', head).0, b'c');
    let piece = [b"A".repeat(76).as_slice(), b"\r\n"].concat().repeat(840);
    for _ in 0..(100 << 20) / piece.len() {
        assert_eq!(mta.ask(b'B', &piece).0, b'c');
    }
    let part = b"--x\r\nContent-Disposition: attachment; filename=\"SECRET//NOFORN.pdf\"\r\n\r\nA\r\n--x--\r\n";
    assert_eq!(mta.ask(b'B', part).0, b'c');
    let (command, text) = mta.ask(b'E', b"");
    assert_eq!(command, b'y', "the name of the last attachment makes it graver");
    assert!(text.starts_with("550 5.1.2 <carol@health.ml>"), "{text}");
}

#[test]
fn hostile_headers_are_bounded_and_never_pass_unchecked() {
    let milter = start(options(json!({})));
    let mut mta = Mta::connect(milter.address);
    assert_eq!(mta.rcpt("carol@health.ml").0, b'c');
    for _ in 0..4 {
        mta.send(b'L', &[b"To\0 ".as_slice(), &b"x,".repeat(200 << 10), b"\0"].concat());
    }
    let (command, text) = mta.ask(b'N', b"");
    assert_eq!((command, text.get(..9)), (b'y', Some("552 5.3.4")));
    // The next message on this connection is judged as if this one had not happened.
    assert_eq!(mta.rcpt("bob@army.ml").0, b'y');
    for name in [b"".as_slice(), b"\xff\xfe", b"To:\r\nX", b"Subject\0\0\0"] {
        assert_eq!(mta.rcpt("carol@example.com").0, b'c');
        mta.send(b'L', &[name, b"\0", &b"\xff\x00=?=?".repeat(1000), b"\0"].concat());
        assert_eq!(mta.ask(b'N', b"").0, b'a');
    }
}

#[test]
fn a_message_beyond_the_memory_limit_is_deferred_unless_policy_lets_it_pass() {
    for (on_failure, want) in [("ask", b'y'), ("block", b'y'), ("allow", b'a')] {
        let limits = Limits { memory: 1000, ..Limits::default() };
        let milter = start(MilterOptions { limits, ..options(json!({"onFailure": on_failure})) });
        let mut mta = Mta::connect(milter.address);
        assert_eq!(mta.rcpt("carol@example.com").0, b'c');
        mta.send(b'L', &[b"To\0 ".as_slice(), &b"x".repeat(1000), b"\0"].concat());
        let (command, text) = mta.ask(b'N', b"");
        assert_eq!(command, want, "{on_failure}");
        assert!(want == b'a' || text.starts_with("451 4.3.2"), "{text}");
    }
}

/// A server's requests, and its answers.
#[derive(Default)]
struct Backend {
    policy: Value,
    version: u64,
    is_broken: bool,
    enrolled: usize,
    events: Vec<Value>,
}

/// A server as `docs/events.md` describes it, one request for each connection.
fn serve(backend: &Arc<Mutex<Backend>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let backend = Arc::clone(backend);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let Some((head, body)) = request(&mut stream) else { continue };
            let answer = backend.lock().unwrap().answer(&head, &body);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

impl Backend {
    fn answer(&mut self, head: &str, body: &str) -> String {
        let (status, etag, body) = if self.is_broken {
            ("503 Service Unavailable", String::new(), String::new())
        } else if head.starts_with("post /v1/enrol ") {
            assert!(head.contains("authorization: bearer mg_enrol_t\r\n"), "{head}");
            self.enrolled += 1;
            let key = format!("mg_client_{}", self.enrolled);
            ("200 OK", String::new(), json!({"client": "c", "key": key, "group": "g"}).to_string())
        } else if !head.contains(&format!("authorization: bearer mg_client_{}\r\n", self.enrolled))
        {
            ("401 Unauthorized", String::new(), String::new())
        } else if head.starts_with("get /v1/policy?client=") {
            let etag = format!("etag: \"{}\"\r\n", self.version);
            let has_it = head.contains(&format!("if-none-match: \"{}\"", self.version));
            if has_it {
                ("304 Not Modified", etag, String::new())
            } else {
                ("200 OK", etag, self.policy.to_string())
            }
        } else {
            let batch: Value = serde_json::from_str(body).unwrap();
            self.events.extend(batch["events"].as_array().unwrap().iter().cloned());
            ("200 OK", String::new(), "{}".to_owned())
        };
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\n{etag}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "not within a minute: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_milter_follows_the_server_and_delivers_every_event_after_an_outage() {
    let backend = Arc::new(Mutex::new(Backend {
        policy: json!({"id": "one", "version": 3, "reporting": "domain"}),
        version: 1,
        is_broken: true,
        ..Backend::default()
    }));
    let state = tempfile::tempdir().unwrap();
    let pace = Pace { policy: Duration::from_millis(50), pause: Duration::from_millis(50) };
    let server = Server { url: serve(&backend), token: "mg_enrol_t".to_owned(), ca: None, pace };
    let begin = || {
        let server = Some((server.clone(), state.path().to_owned()));
        start(MilterOptions { server, ..options(json!({"id": "baked", "reporting": "counts"})) })
    };
    let milter = begin();
    // Nobody waits for an unreachable server, and events are kept meanwhile.
    assert_eq!(Mta::connect(milter.address).rcpt("bob@army.ml").0, b'y');
    drop(milter);
    wait("the lock is free", || {
        let lock = std::fs::File::open(state.path().join("lock")).unwrap();
        lock.try_lock().is_ok()
    });
    backend.lock().unwrap().is_broken = false;
    let milter = begin();
    wait("an event of the first process", || backend.lock().unwrap().events.len() == 1);
    let first = backend.lock().unwrap().events[0].clone();
    assert_eq!((&first["host"], &first["action"]), (&json!("gateway"), &json!("blocked")));
    assert_eq!((&first["policy"]["id"], first.get("domain")), (&json!("baked"), None));
    // A change of the policy takes effect without a restart, and a key that the server has forgotten is
    // renewed.
    wait("an event under the policy of the server", || {
        let _ = Mta::connect(milter.address).rcpt("bob@navy.ml");
        backend.lock().unwrap().events.iter().any(|event| event["policy"]["id"] == "one")
    });
    assert!(backend.lock().unwrap().events.iter().any(|event| event["domain"] == "navy.ml"));
    {
        let mut backend = backend.lock().unwrap();
        (backend.policy, backend.version) = (json!({"id": "two", "mode": "audit"}), 2);
        backend.enrolled += 1;
    }
    wait("audit mode", || Mta::connect(milter.address).rcpt("bob@army.ml").0 == b'c');
    // An invalid policy does not replace the present one.
    {
        let mut backend = backend.lock().unwrap();
        (backend.policy, backend.version) = (json!({"id": "three", "mode": "nonsense"}), 3);
    }
    thread::sleep(Duration::from_millis(300));
    assert_eq!(Mta::connect(milter.address).rcpt("bob@army.ml").0, b'c');
    let stored = std::fs::read(state.path().join("policy.json")).unwrap();
    assert_eq!(
        Policy::from_json(&stored).unwrap().id,
        "two",
        "it is kept for a start without the server"
    );
    let ids: std::collections::BTreeSet<_> =
        backend.lock().unwrap().events.iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), backend.lock().unwrap().events.len(), "each event once");
}
