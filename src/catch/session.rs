//! Answers one SMTP session (RFC 5321): refuses every recipient, and so DATA as well.

use std::io;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::Shared;

/// The longest command line in octets: RFC 5321 §4.5.3.1.4 has 512, and parameters make a line
/// longer.
const LINE: u64 = 2_048;

/// The most recipients in a session. For more, the sender has to connect again.
const RECIPIENTS: usize = 1_000;

/// The most errors in a session. Content sent without permission makes an error with every line.
const MISTAKES: usize = 10;

/// The most bytes of answers that are collected for one write. Without a limit, a client that sends
/// many commands at once could fill the memory.
const ANSWERS: usize = 16 << 10;

/// The next step after an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    Command,
    Tls,
    Close,
}

/// Runs the session, in TLS once the client has asked for it.
pub(super) async fn run(shared: &Shared, tls: &TlsAcceptor, stream: TcpStream) -> io::Result<()> {
    let mut plain = BufReader::with_capacity(4 << 10, stream);
    let greeting = format!("220 {} ESMTP no mail is received here\r\n", shared.host);
    send(&mut plain, greeting.as_bytes(), shared.limits.idle).await?;
    if Conversation::new(shared, false).run(&mut plain).await? == Next::Close {
        return Ok(());
    }
    if !plain.buffer().is_empty() {
        // Anybody between the client and this server may have inserted bytes after STARTTLS
        // (CVE-2011-0411).
        return Err(io::ErrorKind::InvalidData.into());
    }
    let secure = timeout(shared.limits.idle, tls.accept(plain.into_inner())).await??;
    let mut secure = BufReader::with_capacity(4 << 10, secure);
    Conversation::new(shared, true).run(&mut secure).await?;
    Ok(())
}

async fn send<W: AsyncWrite + Unpin>(
    writer: &mut W,
    answers: &[u8],
    within: Duration,
) -> io::Result<()> {
    timeout(within, async {
        writer.write_all(answers).await?;
        writer.flush().await
    })
    .await?
}

struct Conversation<'a> {
    shared: &'a Shared,
    is_secure: bool,
    sender: Option<String>,
    recipients: usize,
    mistakes: usize,
    answers: String,
}

impl<'a> Conversation<'a> {
    fn new(shared: &'a Shared, is_secure: bool) -> Self {
        Self { shared, is_secure, sender: None, recipients: 0, mistakes: 0, answers: String::new() }
    }

    /// Answers until the client ends the conversation or wants TLS.
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut BufReader<S>,
    ) -> io::Result<Next> {
        let idle = self.shared.limits.idle;
        let mut line = Vec::new();
        loop {
            line.clear();
            let next = if let Ok(read) = timeout(idle, read_line(stream, &mut line)).await {
                if read? { self.answer(&line) } else { Next::Close }
            } else {
                self.say("421 4.4.2 the connection was idle for too long\r\n");
                Next::Close
            };
            // Commands that arrived together get their answers together.
            let is_waiting = !stream.buffer().contains(&b'\n');
            if is_waiting || next != Next::Command || self.answers.len() > ANSWERS {
                send(stream.get_mut(), self.answers.as_bytes(), idle).await?;
                self.answers.clear();
            }
            if next != Next::Command {
                return Ok(next);
            }
        }
    }

    fn say(&mut self, answer: &str) {
        self.answers.push_str(answer);
    }

    fn answer(&mut self, line: &[u8]) -> Next {
        let text = String::from_utf8_lossy(line.trim_ascii_end());
        let (verb, argument) = text.split_once(' ').unwrap_or((&text, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.sender = None;
                let tls = if self.is_secure { "" } else { "250-STARTTLS\r\n" };
                let host = &self.shared.host;
                let answer = format!(
                    "250-{host}\r\n{tls}250-PIPELINING\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n\
                     250 ENHANCEDSTATUSCODES\r\n"
                );
                self.say(&answer);
            }
            "HELO" => {
                self.sender = None;
                let answer = format!("250 {}\r\n", self.shared.host);
                self.say(&answer);
            }
            "STARTTLS" if !self.is_secure => {
                self.say("220 2.0.0 go ahead\r\n");
                return Next::Tls;
            }
            "MAIL" => match path(argument, "from:") {
                Some(sender) => {
                    self.sender = Some(sender.to_owned());
                    self.say("250 2.1.0 but this host receives no mail\r\n");
                }
                None => return self.mistake("501 5.5.4 expected MAIL FROM:<address>\r\n"),
            },
            "RCPT" => return self.recipient(argument),
            "DATA" => return self.mistake("503 5.5.1 no recipient was accepted\r\n"),
            "RSET" => {
                self.sender = None;
                self.say("250 2.0.0 reset\r\n");
            }
            "NOOP" => self.say("250 2.0.0 here\r\n"),
            "QUIT" => {
                self.say("221 2.0.0 bye\r\n");
                return Next::Close;
            }
            // The content of the message would follow at once.
            "BDAT" => {
                self.say("503 5.5.1 no recipient was accepted\r\n");
                return Next::Close;
            }
            _ => return self.mistake("502 5.5.1 this command is not known here\r\n"),
        }
        Next::Command
    }

    fn recipient(&mut self, argument: &str) -> Next {
        let Some(sender) = &self.sender else {
            return self.mistake("503 5.5.1 MAIL comes first\r\n");
        };
        let Some(recipient) = path(argument, "to:") else {
            return self.mistake("501 5.5.4 expected RCPT TO:<address>\r\n");
        };
        self.recipients += 1;
        if self.recipients > RECIPIENTS {
            self.say("421 4.5.3 too many recipients\r\n");
            return Next::Close;
        }
        let answer = self.shared.refuse(sender, recipient);
        self.say(&answer);
        Next::Command
    }

    fn mistake(&mut self, answer: &str) -> Next {
        self.mistakes += 1;
        if self.mistakes > MISTAKES {
            self.say("421 4.7.0 too many mistakes\r\n");
            return Next::Close;
        }
        self.say(answer);
        Next::Command
    }
}

/// The address in `FROM:<address> PARAMETERS`.
fn path<'a>(argument: &'a str, prefix: &str) -> Option<&'a str> {
    let start = argument.get(..prefix.len())?;
    let rest = argument.get(prefix.len()..)?.trim_start();
    if !start.eq_ignore_ascii_case(prefix) {
        return None;
    }
    match rest.strip_prefix('<') {
        Some(rest) => rest.split_once('>').map(|(address, _)| address),
        None => rest.split(' ').next(),
    }
}

/// Reads a line. `false` at the end of the connection.
async fn read_line<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    let read = reader.take(LINE).read_until(b'\n', line).await?;
    if read > 0 && !line.ends_with(b"\n") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long or cut off"));
    }
    Ok(read > 0)
}
