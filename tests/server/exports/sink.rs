//! A syslog server with octet counting, over TCP or TLS, that closes connections as a test tells it
//! to.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivatePkcs8KeyDer};
use serde_json::Value;

/// The end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// After everything was read, as RFC 5425 requires.
    Orderly,
    /// After everything was read, without `close_notify`, like a killed process.
    Silent,
    /// After the first bytes.
    Early,
    /// After the first bytes, with `close_notify`, like a process that is told to stop.
    Hasty,
}

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    /// Messages of connections that ended properly.
    messages: Arc<Mutex<Vec<String>>>,
    ends: Arc<Mutex<VecDeque<End>>>,
}

impl Sink {
    pub(crate) fn tcp() -> Self {
        Self::start(None)
    }

    /// Starts a sink with TLS, and writes its certificate for localhost into the folder as `sink.pem`.
    pub(crate) fn tls(folder: &Path) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("sink.pem"), cert.pem()).unwrap();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .unwrap();
        Self::start(Some(Arc::new(config)))
    }

    fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sink = Self { address, messages: Arc::default(), ends: Arc::default() };
        let (messages, ends) = (Arc::clone(&sink.messages), Arc::clone(&sink.ends));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let end = ends.lock().unwrap().pop_front().unwrap_or(End::Orderly);
                let (messages, tls) = (Arc::clone(&messages), tls.clone());
                thread::spawn(move || {
                    let bytes = match tls {
                        Some(config) => secure(stream, config, end),
                        None => plain(stream, end),
                    };
                    if let Ok(bytes) = bytes {
                        messages.lock().unwrap().extend(frames(&bytes));
                    }
                });
            }
        });
        sink
    }

    pub(crate) fn then(&self, ends: &[End]) {
        self.ends.lock().unwrap().extend(ends);
    }

    /// Whether all prescribed ends have happened.
    pub(crate) fn is_through(&self) -> bool {
        self.ends.lock().unwrap().is_empty()
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }

    /// The ids of JSON messages.
    pub(crate) fn ids(&self) -> Vec<String> {
        let id = |message: String| {
            let (_, json) = message.split_once("] ").unwrap();
            let document: Value = serde_json::from_str(json).unwrap();
            document["event"]["id"].as_str().unwrap().to_owned()
        };
        self.messages().into_iter().map(id).collect()
    }
}

fn plain(mut stream: TcpStream, end: End) -> io::Result<Vec<u8>> {
    match end {
        End::Early | End::Hasty => early(&mut stream),
        End::Orderly | End::Silent => {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    }
}

fn secure(stream: TcpStream, config: Arc<ServerConfig>, end: End) -> io::Result<Vec<u8>> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    if matches!(end, End::Early) {
        return early(&mut stream);
    }
    if matches!(end, End::Hasty) {
        stream.read_exact(&mut [0; 8])?;
        stream.conn.send_close_notify();
        stream.flush()?;
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    if matches!(end, End::Silent) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(bytes)
}

fn early(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    stream.read_exact(&mut [0; 8])?;
    Err(io::ErrorKind::BrokenPipe.into())
}

/// RFC 6587, section 3.4.1. Panics if a frame is broken.
fn frames(mut bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ').unwrap();
        let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let (message, rest) = bytes[space + 1..].split_at(length);
        found.push(String::from_utf8(message.to_vec()).unwrap());
        bytes = rest;
    }
    found
}
