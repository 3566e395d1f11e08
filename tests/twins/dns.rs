//! A DNS server on this machine whose answers depend on the name alone: some names exist, some do not,
//! some fail, and one in twenty is never answered.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const A: u16 = 1;
const NS: u16 = 2;
const MX: u16 = 15;
const AAAA: u16 = 28;

/// The answer for a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// The name has a mail exchanger, a server and addresses.
    Mail,
    /// The name has only an address.
    Address,
    /// The name says that it takes no mail (RFC 7505).
    NullMx,
    /// There is no such name.
    Absent,
    /// The server reports a failure.
    Failed,
    /// The first question gets no answer.
    SlowToAnswer,
    /// No question gets an answer.
    Silent,
}

/// The answer for a name, the same in every run.
pub(crate) fn fate(name: &str) -> Fate {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    match (hash >> 20) % 100 {
        0..5 => Fate::Silent,
        5..8 => Fate::Failed,
        8..12 => Fate::SlowToAnswer,
        12..18 => Fate::Mail,
        18..22 => Fate::Address,
        22..24 => Fate::NullMx,
        _ => Fate::Absent,
    }
}

/// The server; it ends when it is dropped.
pub(crate) struct DnsServer {
    pub(crate) address: SocketAddr,
    is_over: Arc<AtomicBool>,
    /// How often each name was asked for.
    asked: Arc<Mutex<BTreeMap<String, usize>>>,
    thread: Option<JoinHandle<()>>,
}

impl DnsServer {
    /// Starts a server that answers as `fate` says.
    pub(crate) fn start(fate: impl Fn(&str) -> Fate + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let address = socket.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let asked: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let (over, counts) = (Arc::clone(&is_over), Arc::clone(&asked));
        let thread = thread::spawn(move || {
            let mut buffer = [0; 1500];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                let Some((name, kind, end)) = question(&buffer[..length]) else { continue };
                let times = {
                    let mut counts = counts.lock().unwrap();
                    let times = counts.entry(name.clone()).or_default();
                    *times += 1;
                    *times
                };
                if let Some(answer) = answer(&buffer[..end], fate(&name), kind, times) {
                    socket.send_to(&answer, from).unwrap();
                }
            }
        });
        Self { address, is_over, asked, thread: Some(thread) }
    }

    /// How many questions came, repetitions included.
    pub(crate) fn questions(&self) -> usize {
        self.asked.lock().unwrap().values().sum()
    }

    /// How many names were asked for.
    pub(crate) fn names(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// The name in the question, in lower case, the kind of record, and the end of the question.
fn question(packet: &[u8]) -> Option<(String, u16, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8(packet.get(at..at + length)?.to_vec()).ok()?);
        at += length;
    }
    let kind = u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]);
    Some((labels.join(".").to_ascii_lowercase(), kind, at + 4))
}

/// The answer to a question (RFC 1035 §4.1), `None` for silence.
fn answer(question: &[u8], fate: Fate, kind: u16, times: usize) -> Option<Vec<u8>> {
    let mut mx = vec![0, 10];
    mx.extend(wire("mx.example"));
    let address = vec![192, 0, 2, 1];
    let records: Vec<(u16, Vec<u8>)> = match fate {
        Fate::Silent => return None,
        Fate::SlowToAnswer if times == 1 => return None,
        Fate::Failed | Fate::Absent => Vec::new(),
        Fate::Mail | Fate::SlowToAnswer => vec![
            (MX, mx),
            (NS, wire("=1+1.example")),
            (A, address),
            (AAAA, [[0x20, 0x01, 0x0d, 0xb8].as_slice(), &[0; 11], &[1]].concat()),
        ],
        Fate::Address => vec![(A, address)],
        Fate::NullMx => vec![(MX, vec![0, 0, 0]), (A, address)],
    };
    let records: Vec<_> = records.into_iter().filter(|(it, _)| *it == kind).collect();
    let code = match fate {
        Fate::Failed => 2,
        Fate::Absent => 3,
        _ => 0,
    };
    let mut packet = question[..2].to_vec();
    // An answer to a recursive question.
    packet.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    packet.extend(&question[12..]);
    for (kind, data) in records {
        // The name: a pointer to the one in the question.
        packet.extend([0xc0, 12]);
        packet.extend(kind.to_be_bytes());
        packet.extend([0, 1, 0, 0, 0, 60]);
        packet.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        packet.extend(data);
    }
    Some(packet)
}

fn wire(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.') {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend(label.bytes());
    }
    out.push(0);
    out
}
