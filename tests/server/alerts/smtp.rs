//! A mail server that takes mail without TLS, over TLS or after STARTTLS, and misbehaves as a test tells it
//! to.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivatePkcs8KeyDer};

use crate::server::backend::wait_for;

/// The course of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// Normal.
    Well,
    /// The mail is refused permanently.
    RefusesMail,
    /// The mail is refused for now.
    Later,
    /// The recipient gets no answer, and the connection stays open.
    Stalls,
    /// The server takes the mail, and closes the connection before it says so.
    TakesInSilence,
    /// The server takes the mail, and closes the connection before QUIT.
    NoGoodbye,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Security {
    Clear,
    StartTls,
    Tls,
}

#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: String,
    pub(crate) is_encrypted: bool,
}

#[derive(Default)]
struct Shared {
    turns: Mutex<VecDeque<Turn>>,
    mails: Mutex<Vec<Mail>>,
    stalled: Mutex<Vec<Wire>>,
    /// Recipients that the server does not know.
    unknown: Mutex<Vec<String>>,
}

/// The server.
pub(crate) struct Smtp {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Setting {
    security: Security,
    tls: Option<Arc<ServerConfig>>,
    /// `name:password`, if the client has to sign in.
    password: Option<&'static str>,
}

impl Smtp {
    pub(crate) fn start(security: Security, folder: &Path) -> Self {
        Self::start_with(security, folder, None)
    }

    /// Starts the server with a certificate for localhost, and writes that into the folder as `smtp.pem`.
    pub(crate) fn start_with(
        security: Security,
        folder: &Path,
        password: Option<&'static str>,
    ) -> Self {
        let tls = (security != Security::Clear).then(|| certificate(folder));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let setting = Setting { security, tls, password };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, setting) = (Arc::clone(&serving), setting.clone());
                thread::spawn(move || shared.serve(stream, &setting));
            }
        });
        Self { address, shared }
    }

    /// The next mails take this course; later ones are normal.
    pub(crate) fn then(&self, turns: &[Turn]) {
        self.shared.turns.lock().unwrap().extend(turns);
    }

    pub(crate) fn does_not_know(&self, address: &str) {
        self.shared.unknown.lock().unwrap().push(address.to_owned());
    }

    pub(crate) fn knows_all(&self) {
        self.shared.unknown.lock().unwrap().clear();
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.shared.mails.lock().unwrap().clone()
    }

    /// Waits until exactly this many mails have arrived.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Mail> {
        wait_for(&format!("{count} mails"), || self.mails().len() >= count);
        assert_eq!(self.mails().len(), count, "{:?}", self.subjects());
        self.mails()
    }

    pub(crate) fn subjects(&self) -> Vec<String> {
        self.mails().iter().map(|mail| mail.header("Subject")).collect()
    }
}

impl Mail {
    /// A header field, unfolded.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.data.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        let start = format!("{name}: ");
        let line = head.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
        line.trim_start_matches(&start).to_owned()
    }

    /// The parts of the body, decoded: text and HTML.
    pub(crate) fn parts(&self) -> (String, String) {
        let message = mail_parser::MessageParser::default().parse(self.data.as_bytes()).unwrap();
        let text = message.body_text(0).unwrap().into_owned();
        (text, message.body_html(0).unwrap().into_owned())
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream, setting: &Setting) {
        let mut wire = Wire::Clear(stream);
        if setting.security == Security::Tls {
            wire = wire.encrypt(setting.tls.clone().unwrap());
        }
        // An error ends only this connection.
        let _ = self.talk(wire, setting);
    }

    fn talk(&self, mut wire: Wire, setting: &Setting) -> io::Result<()> {
        wire.say("220 sink ESMTP")?;
        let (mut from, mut to) = (String::new(), String::new());
        let mut is_signed_in = setting.password.is_none();
        let mut is_encrypted = setting.security == Security::Tls;
        loop {
            let line = wire.line()?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match &*verb {
                "EHLO" => greet(&mut wire, setting, is_encrypted)?,
                "STARTTLS" => {
                    wire.say("220 go ahead")?;
                    wire = wire.encrypt(setting.tls.clone().unwrap());
                    is_encrypted = true;
                }
                "AUTH" => {
                    let given = line.rsplit(' ').next().unwrap_or_default();
                    let given = STANDARD.decode(given).unwrap_or_default();
                    let wanted = setting.password.unwrap_or_default().replace(':', "\0");
                    is_signed_in = given == format!("\0{wanted}").into_bytes();
                    let answer =
                        if is_signed_in { "235 welcome" } else { "535 5.7.8 no such password" };
                    wire.say(answer)?;
                }
                "MAIL" if !is_signed_in => wire.say("530 5.7.0 sign in first")?,
                "MAIL" => {
                    from = address(&line);
                    wire.say("250 ok")?;
                }
                "RCPT" => {
                    to = address(&line);
                    if self.turns.lock().unwrap().front() == Some(&Turn::Stalls) {
                        self.turns.lock().unwrap().pop_front();
                        self.stalled.lock().unwrap().push(wire);
                        return Ok(());
                    }
                    if self.unknown.lock().unwrap().contains(&to) {
                        wire.say("550 5.1.1 nobody of that name here")?;
                    } else {
                        wire.say("250 ok")?;
                    }
                }
                "DATA" => {
                    wire.say("354 end with a dot")?;
                    let data = wire.data()?;
                    let (from, to) = (from.clone(), to.clone());
                    if !self.take(&mut wire, Mail { from, to, data, is_encrypted })? {
                        return Ok(());
                    }
                }
                "QUIT" => {
                    wire.say("221 bye")?;
                    return Ok(());
                }
                _ => wire.say("250 ok")?,
            }
        }
    }

    /// Answers a mail as the next turn says, and tells whether the connection goes on.
    fn take(&self, wire: &mut Wire, mail: Mail) -> io::Result<bool> {
        let turn = self.turns.lock().unwrap().pop_front().unwrap_or(Turn::Well);
        if matches!(turn, Turn::Well | Turn::TakesInSilence | Turn::NoGoodbye) {
            self.mails.lock().unwrap().push(mail);
        }
        match turn {
            Turn::TakesInSilence => {}
            Turn::RefusesMail => wire.say("554 5.7.1 looks like spam")?,
            Turn::Later => wire.say("451 4.3.0 try again later")?,
            Turn::Well | Turn::Stalls | Turn::NoGoodbye => wire.say("250 taken")?,
        }
        Ok(!matches!(turn, Turn::TakesInSilence | Turn::NoGoodbye))
    }
}

fn greet(wire: &mut Wire, setting: &Setting, is_encrypted: bool) -> io::Result<()> {
    let mut features = vec!["sink", "8BITMIME"];
    if setting.security == Security::StartTls && !is_encrypted {
        features.push("STARTTLS");
    }
    if setting.password.is_some() {
        features.push("AUTH PLAIN LOGIN");
    }
    let last = features.len() - 1;
    for (index, feature) in features.iter().enumerate() {
        wire.say(&format!("250{}{feature}", if index == last { ' ' } else { '-' }))?;
    }
    Ok(())
}

fn address(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}

fn certificate(folder: &Path) -> Arc<ServerConfig> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("smtp.pem"), cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    Arc::new(config)
}

/// A connection with or without TLS.
enum Wire {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn encrypt(self, config: Arc<ServerConfig>) -> Self {
        let Self::Clear(stream) = self else { panic!("it is encrypted already") };
        Self::Tls(Box::new(StreamOwned::new(ServerConnection::new(config).unwrap(), stream)))
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        let bytes = format!("{line}\r\n");
        match self {
            Self::Clear(stream) => stream.write_all(bytes.as_bytes()),
            Self::Tls(stream) => stream.write_all(bytes.as_bytes()).and_then(|()| stream.flush()),
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            match self {
                Self::Clear(stream) => stream.read_exact(&mut byte)?,
                Self::Tls(stream) => stream.read_exact(&mut byte)?,
            }
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn data(&mut self) -> io::Result<String> {
        let mut data = String::new();
        loop {
            let line = self.line()?;
            if line == "." {
                return Ok(data);
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
    }
}
