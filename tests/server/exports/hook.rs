//! A receiver of HTTP requests that answers as a test tells it to.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use serde_json::Value;

use crate::server::backend::wait_for;

/// The answer to a request after it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// A status, and a header field.
    Status(u16, &'static str),
    /// No answer, and a connection that stays open.
    Stall,
    /// No answer, and the connection ends, so the sender cannot know whether the request had an
    /// effect.
    Cut,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// Whether the hook answered with a success.
    pub(crate) taken: bool,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
    /// Connections without an answer.
    stalled: Mutex<Vec<TcpStream>>,
}

pub(crate) struct Hook {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Hook {
    /// Starts a hook that gives these answers, and then 200.
    pub(crate) fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.answers.lock().unwrap().extend(answers);
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn then(&self, answers: &[Answer]) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The documents of accepted webhooks.
    pub(crate) fn documents(&self) -> Vec<Value> {
        let taken = self.requests().into_iter().filter(|request| request.taken);
        let bodies = taken.map(|request| serde_json::from_str(&request.body).unwrap());
        bodies.flat_map(|body: Value| body.as_array().unwrap().clone()).collect()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let id = |it: &Value| it["event"]["id"].as_str().unwrap().to_owned();
        self.documents().iter().map(id).collect()
    }

    /// Waits until exactly the events with these ids were accepted.
    pub(crate) fn wait_for(&self, ids: &BTreeSet<String>) {
        wait_for("all events", || ids.is_subset(&self.ids().into_iter().collect()));
        assert_eq!(self.ids().into_iter().collect::<BTreeSet<_>>(), *ids);
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&stream) else { return };
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Status(200, ""));
        let taken = matches!(answer, Answer::Status(200..300, _));
        self.requests.lock().unwrap().push(Request { taken, ..request });
        match answer {
            Answer::Status(status, field) => {
                let body = r#"{"text":"Invalid token","code":4}"#;
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} So\r\nConnection: close\r\n{field}Content-Length: {length}\r\n\r\n{body}"
                );
            }
            Answer::Stall => self.stalled.lock().unwrap().push(stream),
            Answer::Cut => {}
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Request { at: Instant::now(), path, headers, body, taken: false })
}
