//! Sends mail over SMTP (RFC 5321): with STARTTLS (RFC 3207), with TLS from the first byte (RFC
//! 8314), or without TLS to this machine.
//!
//! The client sends one command at a time. So an error says which step failed, and a mail that the
//! server has accepted counts as sent even if the server then drops the connection.

use std::{path::Path, time::Duration};

use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio::time::timeout;

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Security {
    /// STARTTLS: if the server does not agree to TLS, nothing is sent.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Unencrypted, within this machine.
    None,
}

impl Security {
    /// The port on which servers usually listen for such connections.
    pub(super) const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// A mail server.
#[derive(Clone)]
pub(super) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    from: Mailbox,
    credentials: Option<Credentials>,
}

/// A mail without its recipient.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// The mail's id, which stays the same whenever the mail is sent again.
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// Why an alert did not reach a recipient, or may not have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct Undelivered {
    /// The error, for people, without secrets.
    pub what: String,
    /// How long the receiver asks the sender to wait.
    pub retry_after: Option<Duration>,
    /// The error concerns only this mail; the server may take others.
    pub is_about_this_one: bool,
}

impl Undelivered {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), retry_after: None, is_about_this_one: false }
    }
}

impl Smtp {
    pub(super) fn new(
        (host, port): (String, u16),
        security: Security,
        ca: Option<&Path>,
        from: Mailbox,
        credentials: Option<Credentials>,
    ) -> Result<Self, String> {
        let tls = match security {
            Security::None => None,
            Security::StartTls | Security::Tls => Some(tls(&host, ca)?),
        };
        Ok(Self { host, port, security, tls, from, credentials })
    }

    /// The server's address, for people.
    pub(super) fn address(&self) -> String {
        let scheme = match self.security {
            Security::StartTls => "STARTTLS",
            Security::Tls => "TLS",
            Security::None => "no TLS",
        };
        format!("{}:{} ({scheme})", self.host, self.port)
    }

    /// Sends a letter to one recipient, with the `id` by which the receiver recognises it. When this
    /// returns, the server has the mail.
    ///
    /// # Errors
    ///
    /// If it is not certain that the server has the mail.
    pub(super) async fn send(
        &self,
        to: &Mailbox,
        letter: &Letter,
        patience: Duration,
    ) -> Result<(), Undelivered> {
        let message = self.message(to, letter).map_err(|error| Undelivered {
            is_about_this_one: true,
            ..Undelivered::new(format!("the mail cannot be written: {error}"))
        })?;
        let sent = timeout(patience, self.transfer(to, &message.formatted())).await;
        sent.unwrap_or_else(|_| {
            let seconds = patience.as_secs_f64();
            Err(Undelivered::new(format!("{} did not answer within {seconds} s", self.host)))
        })
    }

    fn message(&self, to: &Mailbox, letter: &Letter) -> Result<Message, lettre::error::Error> {
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to.clone())
            .subject(&letter.subject)
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .multipart(MultiPart::alternative_plain_html(
                letter.text.clone(),
                letter.html.clone(),
            ))?;
        // RFC 3834: with this header, programs send no vacation notice in answer.
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(auto, "auto-generated".to_owned()));
        Ok(message)
    }

    async fn transfer(&self, to: &Mailbox, message: &[u8]) -> Result<(), Undelivered> {
        let host = &self.host;
        let mut connection = self.connect().await?;
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| {
                let hint = if error.is_client() { "" } else { " (user name and password)" };
                Undelivered::new(format!(
                    "{host} does not let Milguard sign in{hint}: {}",
                    said(&error)
                ))
            })?;
        }
        let is_ascii = self.from.email.to_string().is_ascii() && to.email.to_string().is_ascii();
        let mut parameters = Vec::new();
        if !is_ascii {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Undelivered::new(format!(
                    "{host} takes only addresses in ASCII (it does not offer SMTPUTF8)"
                )));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let from = self.from.email.clone();
        let taken = connection.command(Mail::new(Some(from), parameters)).await;
        taken.map_err(|error| {
            let from = &self.from.email;
            Undelivered::new(format!("{host} refuses the sender {from}: {}", said(&error)))
        })?;
        let taken = connection.command(Rcpt::new(to.email.clone(), Vec::new())).await;
        taken.map_err(|error| {
            let to = &to.email;
            Undelivered::new(format!("{host} refuses the recipient {to}: {}", said(&error)))
        })?;
        let refused = |error: Error| Undelivered {
            is_about_this_one: error.is_permanent(),
            ..Undelivered::new(format!("{host} refuses the mail: {}", said(&error)))
        };
        connection.command(Data).await.map_err(refused)?;
        connection.message(message).await.map_err(refused)?;
        // The server has taken the mail, whatever happens to QUIT.
        let _ = connection.quit().await;
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Undelivered> {
        let (host, port) = (&self.host, self.port);
        let name = gethostname::gethostname().into_string().unwrap_or_default();
        let name = if name.is_empty() { ClientId::default() } else { ClientId::Domain(name) };
        let wrapped = if self.security == Security::Tls { self.tls.clone() } else { None };
        let connecting =
            AsyncSmtpConnection::connect_tokio1((&**host, port), None, &name, wrapped, None);
        let mut connection = connecting.await.map_err(|error| {
            let hint = match self.security {
                // If only one side speaks TLS, the client cannot read the server's answers.
                Security::Tls if !error.is_tls() => " (is it a port for TLS from the first byte?)",
                _ => "",
            };
            Undelivered::new(format!(
                "no connection to {host}, port {port}: {}{hint}",
                said(&error)
            ))
        })?;
        if let (Security::StartTls, Some(tls)) = (self.security, &self.tls) {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(Undelivered::new(format!(
                    "{host} does not offer STARTTLS on port {port}: nothing was sent. For TLS from the first byte, \
                     set tls = \"tls\""
                )));
            }
            connection.starttls(tls.clone(), &name).await.map_err(|error| {
                Undelivered::new(format!("{host} does not begin TLS: {}", said(&error)))
            })?;
        }
        Ok(connection)
    }
}

/// A TLS client that trusts the system's authorities and those in `ca`.
fn tls(host: &str, ca: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca {
        let named = |what: String| format!("{}: {what}", path.display());
        let all = CertificateDer::pem_file_iter(path).map_err(|error| named(error.to_string()))?;
        let mut count = 0;
        for certificate in all {
            let certificate = certificate.map_err(|error| named(error.to_string()))?;
            let certificate = Certificate::from_der(certificate.to_vec());
            builder = builder
                .add_root_certificate(certificate.map_err(|error| named(error.to_string()))?);
            count += 1;
        }
        if count == 0 {
            return Err(named("it holds no certificate".to_owned()));
        }
    }
    builder.build_rustls().map_err(|error| error.to_string())
}

/// An error and its causes in one line of limited length: the answer of a server may be long.
fn said(error: &Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(it) = cause {
        let part = it.to_string();
        if !text.contains(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
        cause = it.source();
    }
    let plain = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    plain.take(300).collect()
}
