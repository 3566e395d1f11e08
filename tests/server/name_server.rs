//! A name server on the loopback interface whose zone is a table, and which misbehaves as the table says.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME, MX, SOA},
    },
};

/// The zone's answer for a name. Names that it does not list do not exist.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry {
    Mx(u16, &'static str),
    A([u8; 4]),
    Aaaa(u16),
    Alias(&'static str),
    /// The name exists without any record.
    Nothing,
    /// Refuses to answer, with this code.
    Code(ResponseCode),
    /// Does not answer at all.
    Silence,
    /// Says over UDP that the answer does not fit, and gives it over TCP.
    Truncated,
    /// Answers with bytes that are not a DNS message.
    Garbage,
}

/// The server. It stops when dropped.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    questions: Arc<Mutex<Vec<(String, RecordType)>>>,
    stop: Arc<AtomicBool>,
}

type Zone = Arc<HashMap<&'static str, Vec<Entry>>>;

impl NameServer {
    /// Answers each question after `delay`.
    pub(crate) fn start(zone: &[(&'static str, Entry)], delay: Duration) -> Self {
        let mut names: HashMap<&'static str, Vec<Entry>> = HashMap::new();
        for (name, entry) in zone {
            names.entry(name).or_default().push(*entry);
        }
        let (udp, tcp) = sockets();
        let address = udp.local_addr().unwrap();
        let server = Self { address, questions: Arc::default(), stop: Arc::default() };
        let zone: Zone = Arc::new(names);
        let (questions, stop, names) =
            (server.questions.clone(), server.stop.clone(), zone.clone());
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !stop.load(Ordering::Relaxed) {
                let Ok((length, from)) = udp.recv_from(&mut buffer) else { continue };
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                note(&questions, &question);
                let (udp, names) = (udp.try_clone().unwrap(), names.clone());
                thread::spawn(move || {
                    thread::sleep(delay);
                    if let Some(answer) = answer(&names, &question, true) {
                        let _ = udp.send_to(&answer, from);
                    }
                });
            }
        });
        let stop = server.stop.clone();
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = tcp.accept() else {
                    thread::sleep(Duration::from_millis(20));
                    continue;
                };
                let zone = zone.clone();
                thread::spawn(move || {
                    stream.set_nonblocking(false).unwrap();
                    let mut length = [0; 2];
                    while stream.read_exact(&mut length).is_ok() {
                        let mut bytes = vec![0; u16::from_be_bytes(length).into()];
                        if stream.read_exact(&mut bytes).is_err() {
                            return;
                        }
                        let question = Message::from_vec(&bytes).unwrap();
                        let Some(answer) = answer(&zone, &question, false) else { continue };
                        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                        if stream.write_all(&[&length[..], &answer].concat()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    /// How often a name was asked for, over UDP, in whatever case.
    pub(crate) fn asked(&self, name: &str, kind: RecordType) -> usize {
        let questions = self.questions.lock().unwrap();
        questions.iter().filter(|(asked, of)| asked == name && *of == kind).count()
    }

    /// All questions so far.
    pub(crate) fn questions(&self) -> usize {
        self.questions.lock().unwrap().len()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The same free port for both protocols.
fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            udp.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            tcp.set_nonblocking(true).unwrap();
            return (udp, tcp);
        }
    }
}

fn note(questions: &Mutex<Vec<(String, RecordType)>>, message: &Message) {
    let Some(query) = message.queries.first() else { return };
    let name = query.name().to_ascii().to_ascii_lowercase();
    let name = name.trim_end_matches('.').to_owned();
    questions.lock().unwrap().push((name, query.query_type()));
}

fn answer(zone: &Zone, question: &Message, is_udp: bool) -> Option<Vec<u8>> {
    let query = question.queries.first()?;
    let mut out = question.clone();
    out.metadata.message_type = MessageType::Response;
    out.metadata.recursion_available = true;
    out.edns = None;
    out.additionals.clear();
    let mut name = query.name().clone();
    for _ in 0..8 {
        let key = name.to_ascii().to_ascii_lowercase();
        let Some(entries) = zone.get(key.trim_end_matches('.')) else {
            out.metadata.response_code = ResponseCode::NXDomain;
            break;
        };
        let mut alias = None;
        for entry in entries {
            let record = match *entry {
                Entry::Mx(preference, host) => RData::MX(MX::new(preference, fqdn(host))),
                Entry::A([a, b, c, d]) => RData::A(A::new(a, b, c, d)),
                Entry::Aaaa(last) => RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last)),
                Entry::Alias(target) => {
                    alias = Some(fqdn(target));
                    RData::CNAME(CNAME(fqdn(target)))
                }
                Entry::Code(code) => {
                    out.metadata.response_code = code;
                    return out.to_vec().ok();
                }
                Entry::Silence => return None,
                Entry::Garbage => return Some(vec![0xff; 40]),
                Entry::Truncated if is_udp => {
                    out.metadata.truncation = true;
                    return out.to_vec().ok();
                }
                Entry::Nothing | Entry::Truncated => continue,
            };
            let kind = record.record_type();
            if kind == query.query_type() || kind == RecordType::CNAME {
                out.add_answer(Record::from_rdata(name.clone(), 3600, record));
            }
        }
        match alias {
            // Name servers follow an alias, except for a question about the alias itself.
            Some(target) if query.query_type() != RecordType::CNAME => name = target,
            _ => break,
        }
    }
    if out.answers.is_empty() {
        let soa = SOA::new(fqdn("ns.ml"), fqdn("admin.ns.ml"), 1, 3600, 600, 86400, 900);
        out.add_authority(Record::from_rdata(fqdn("ml"), 900, RData::SOA(soa)));
    }
    out.to_vec().ok()
}

fn fqdn(name: &str) -> Name {
    if name == "." { Name::root() } else { Name::from_ascii(format!("{name}.")).unwrap() }
}
