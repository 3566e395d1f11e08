//! Syslog: messages of RFC 5424, counted as octets (RFC 6587, section 3.4.1; RFC 5425, section 4.3), over TCP or TLS.
//!
//! Syslog has no acknowledgement, and bytes that a socket has taken may be lost with the receiver. So each batch has a
//! connection of its own: after the batch this side ends its stream, and the batch counts as delivered once the receiver
//! has closed its side as well. Over TLS the receiver does so with `close_notify`, as RFC 5425 (section 4.4) requires; a
//! process that dies sends none. Over TCP the end of the stream has to suffice. In either case, if a receiver closes before
//! it has read everything, its system answers the rest with a reset, for which this looks.

use std::{
    fmt::Write as _,
    io,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::store::StoredEvent;

use super::{cef, ecs, failure::Failure, format::Format};

/// The size of one write: a receiver has to take this much within each `patience`.
const CHUNK: usize = 16 << 10;

/// The most bytes that a receiver may send. A syslog server sends none; one that sends more is
/// another program.
const MAX_ANSWER: usize = 64 << 10;

/// How long to wait for a reset after the end: three times the way to the receiver and back, within these limits.
const SHORTEST_LOOK: Duration = Duration::from_millis(2);
const LONGEST_LOOK: Duration = Duration::from_millis(500);

/// The sender for one receiver.
#[derive(Clone)]
pub(super) struct Syslog {
    pub(super) to: Url,
    pub(super) format: Format,
    pub(super) facility: u8,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Whether the receiver sends `close_notify` before it closes.
    pub(super) needs_close_notify: bool,
    pub(super) host: String,
    pub(super) patience: Duration,
}

impl Syslog {
    pub(super) async fn deliver(&self, events: &[&StoredEvent]) -> Result<(), Failure> {
        let mut bytes = Vec::with_capacity(events.len() * 1_024);
        for event in events {
            let message = self.message(event);
            // Writing to memory cannot fail.
            let _ = write!(bytes, "{} {message}", message.len());
        }
        let host = self.to.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.to.port().unwrap_or(if self.tls.is_some() { 6514 } else { 601 });
        let began = Instant::now();
        let connecting = TcpStream::connect((host, port));
        let mut stream = self.in_time("to connect", connecting).await?;
        let way = began.elapsed();
        if let Some(config) = &self.tls {
            stream = self.send_over_tls(host, config, stream, &bytes).await?;
        } else {
            self.send(&mut stream, &bytes).await?;
        }
        self.read_to_end(&mut stream).await?;
        // If the receiver had already closed its socket, its system answers our bytes with a reset,
        // which takes this long to arrive.
        sleep((way * 3).clamp(SHORTEST_LOOK, LONGEST_LOOK)).await;
        match stream.take_error() {
            Ok(None) => Ok(()),
            Ok(Some(error)) | Err(error) => Err(Failure::new(error.to_string())),
        }
    }

    /// Sends over TLS until the receiver has ended TLS; returns the connection below.
    async fn send_over_tls(
        &self,
        host: &str,
        config: &Arc<ClientConfig>,
        stream: TcpStream,
        bytes: &[u8],
    ) -> Result<TcpStream, Failure> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Failure::new(format!("{host} is not the name of a host")))?;
        let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
        let mut stream = self.in_time("for TLS", connecting).await?;
        self.send(&mut stream, bytes).await?;
        match self.read_to_end(&mut stream).await {
            Err(failure) if failure.what.contains(NO_CLOSE_NOTIFY) => {
                if self.needs_close_notify {
                    return Err(no_goodbye());
                }
            }
            read => read?,
        }
        Ok(stream.into_inner().0)
    }

    /// Sends everything, and ends the stream.
    async fn send(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        bytes: &[u8],
    ) -> Result<(), Failure> {
        for chunk in bytes.chunks(CHUNK) {
            self.in_time("to take events", stream.write_all(chunk)).await?;
        }
        self.in_time("to take events", stream.shutdown()).await
    }

    async fn read_to_end(&self, stream: &mut (impl AsyncRead + Unpin)) -> Result<(), Failure> {
        let mut answer = [0; 1_024];
        let mut length = 0;
        while length < MAX_ANSWER {
            match self.in_time("to close", stream.read(&mut answer)).await? {
                0 => return Ok(()),
                read => length += read,
            }
        }
        Err(Failure::new("the receiver is not a syslog server: it talks"))
    }

    /// Waits for a step of the receiver.
    async fn in_time<T>(
        &self,
        what: &str,
        step: impl Future<Output = io::Result<T>>,
    ) -> Result<T, Failure> {
        match timeout(self.patience, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Failure::new(format!("the receiver {NO_CLOSE_NOTIFY}")))
            }
            Ok(Err(error)) => Err(Failure::new(error.to_string())),
            Err(_) => {
                let seconds = self.patience.as_secs_f64();
                Err(Failure::new(format!("the receiver took more than {seconds} s {what}")))
            }
        }
    }

    /// RFC 5424, section 6: header, the registered structured data `origin`, and the event. There is no byte order mark,
    /// because readers of CEF and JSON do not expect one.
    fn message(&self, event: &StoredEvent) -> String {
        let host: String = self.host.chars().filter(char::is_ascii_graphic).take(255).collect();
        let id: String = event.action.chars().filter(char::is_ascii_graphic).take(32).collect();
        let mut out = format!(
            "<{}>1 {} {} milguard - {} [origin software=\"milguard\" swVersion=\"{}\"] ",
            u32::from(self.facility) * 8 + level(&event.severity),
            ecs::time(event.time),
            if host.is_empty() { "-" } else { &host },
            if id.is_empty() { "-" } else { &id },
            env!("CARGO_PKG_VERSION"),
        );
        // Writing to memory cannot fail.
        let _ = match self.format {
            Format::Ecs => write!(out, "{}", ecs::document(event, &self.host)),
            Format::Cef => out.write_str(&cef::line(event, &self.host)),
        };
        out
    }
}

const NO_CLOSE_NOTIFY: &str = "closed without close_notify";

fn no_goodbye() -> Failure {
    Failure::new(format!(
        "the receiver {NO_CLOSE_NOTIFY} (RFC 5425, section 4.4), so that it may lack events; if it always does, set \
         `require-close-notify = false`"
    ))
}

/// RFC 5424, section 6.2.1: error, warning, notice, informational.
fn level(severity: &str) -> u32 {
    match severity {
        "block" => 3,
        "warn" => 4,
        "notice" => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syslog(format: Format, facility: u8) -> Syslog {
        Syslog {
            to: "tcp://127.0.0.1:601".parse().expect("an address"),
            format,
            facility,
            tls: None,
            needs_close_notify: true,
            host: "milguard.example.mil".to_owned(),
            patience: Duration::from_secs(1),
        }
    }

    fn event(severity: &str, action: &str) -> StoredEvent {
        let (severity, action) = (severity.to_owned(), action.to_owned());
        StoredEvent { action, severity, ..ecs::test_event(1_790_000_000_123) }
    }

    #[test]
    fn a_message_has_the_form_of_rfc_5424() {
        let version = env!("CARGO_PKG_VERSION");
        let head = format!(
            "<133>1 2026-09-21T14:13:20.123Z milguard.example.mil milguard - test [origin software=\"milguard\" \
             swVersion=\"{version}\"] "
        );
        let message = syslog(Format::Ecs, 16).message(&event("notice", "test"));
        assert!(message.starts_with(&format!("{head}{{\"@timestamp\":")), "{message}");
        let message = syslog(Format::Cef, 16).message(&event("notice", "test"));
        assert!(message.starts_with(&format!("{head}CEF:0|Milguard|")), "{message}");
    }

    #[test]
    fn the_priority_is_facility_and_severity() {
        for (facility, severity, priority) in
            [(0, "pass", "<6>1 "), (13, "warn", "<108>1 "), (23, "block", "<187>1 ")]
        {
            let message = syslog(Format::Cef, facility).message(&event(severity, "fixed"));
            assert!(message.starts_with(priority), "{message}");
        }
    }

    #[test]
    fn a_hostile_action_adds_no_header_field() {
        let message = syslog(Format::Cef, 1).message(&event("warn", "a b\n] é"));
        assert!(message.contains(" milguard - ab] [origin"), "{message}");
        let message = syslog(Format::Cef, 1).message(&event("warn", "\n"));
        assert!(message.contains(" milguard - - [origin"), "{message}");
    }
}
