//! The file that names the destinations. Secrets are in files of their own or in the environment.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use crate::client::{agent, is_safe};

use super::{
    destination::{Destination, ReceiverKind, Way},
    format::Format,
    http::Protocol,
    tls,
};

/// The largest file of destinations. A larger one is something else, and reading it would cost memory for nothing.
const MAX_BYTES: u64 = 1 << 20;

/// The most destinations of a file. More would be a mistake; each costs connections and memory.
const MAX_DESTINATIONS: usize = 20;

/// The facilities of RFC 5424, section 6.2.1, by the names that syslog servers use.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

/// Standard Webhooks asks for a key of at least this many bytes.
const MIN_KEY: usize = 24;

/// The longest time for one HTTP request. A shorter one would give up on slow receivers; with a
/// longer one, a receiver that does not answer would delay the next try.
pub(crate) const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

/// An error in a file of destinations: a sentence that names the file and the destination.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct ExportError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    export: Vec<DestinationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DestinationEntry {
    name: String,
    kind: ReceiverKind,
    to: String,
    format: Option<Format>,
    facility: Option<String>,
    require_close_notify: Option<bool>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    secret_env: Option<String>,
    token_file: Option<PathBuf>,
    token_env: Option<String>,
}

/// The destinations that a file (TOML) names, with the secrets and certificates that it refers to.
///
/// # Errors
///
/// If one of them cannot be read or used. The text of the error holds no secret.
pub fn read(path: &Path) -> Result<Vec<Destination>, ExportError> {
    let named = |what: &dyn fmt::Display| ExportError(format!("{}: {what}", path.display()));
    let file: File = read_toml(path, "a list of exports").map_err(|error| named(&error))?;
    if file.export.len() > MAX_DESTINATIONS {
        return Err(named(&format_args!("it has more than {MAX_DESTINATIONS} exports")));
    }
    let mut taken = BTreeSet::new();
    let destinations = file.export.into_iter().map(|entry| {
        let name = entry.name.clone();
        let wrong = |what: String| named(&format_args!("export `{name}`: {what}"));
        if !taken.insert(name.clone()) {
            return Err(wrong("another export has the same name".to_owned()));
        }
        entry.destination().map_err(wrong)
    });
    destinations.collect()
}

/// Reads a TOML file. An error names the line and does not show its text, which may hold a
/// password.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("it is too large to be {what}"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        format!("line {line}: {}", error.message())
    })
}

/// Whether a destination can be called `name`.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=40).contains(&name.len()) && name.bytes().all(is_part);
    is_name.then_some(()).ok_or_else(|| "a name has 1 to 40 of a-z, 0-9 and -".to_owned())
}

impl DestinationEntry {
    fn destination(self) -> Result<Destination, String> {
        check_name(&self.name)?;
        let to: Url = self.to.parse().map_err(|_| self.expected())?;
        if to.host_str().is_none_or(str::is_empty)
            || !to.username().is_empty()
            || to.password().is_some()
        {
            return Err(self.expected());
        }
        let way = match self.kind {
            ReceiverKind::Syslog => self.syslog(&to)?,
            ReceiverKind::Webhook | ReceiverKind::Splunk => self.http(&to)?,
        };
        Ok(Destination { name: self.name, kind: self.kind, to, way })
    }

    fn expected(&self) -> String {
        let example = match self.kind {
            ReceiverKind::Syslog => "tls://HOST:PORT or tcp://HOST:PORT",
            ReceiverKind::Webhook => "https://HOST/PATH",
            ReceiverKind::Splunk => "https://HOST:8088/services/collector/event",
        };
        format!("`to` is {example}, without a password")
    }

    fn syslog(&self, to: &Url) -> Result<Way, String> {
        let facility = self.facility.as_deref().unwrap_or("local0");
        let number = FACILITIES.iter().position(|known| *known == facility);
        let number = number.and_then(|number| u8::try_from(number).ok());
        let facility =
            number.ok_or_else(|| format!("`facility` is one of {}", FACILITIES.join(", ")))?;
        self.refuse(&[
            ("secret-file", self.secret_file.is_some()),
            ("secret-env", self.secret_env.is_some()),
            ("token-file", self.token_file.is_some()),
            ("token-env", self.token_env.is_some()),
        ])?;
        let own = match (&self.cert, &self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err("`cert` and `key` go together".to_owned()),
        };
        let tls = match to.scheme() {
            "tls" => {
                let config = tls::client(self.ca.as_deref(), own);
                Some(config.map_err(|error| error.to_string())?)
            }
            "tcp" if self.ca.is_some() || own.is_some() || self.require_close_notify.is_some() => {
                return Err("certificates and close_notify are for tls://".to_owned());
            }
            "tcp" => None,
            _ => return Err(self.expected()),
        };
        Ok(Way::Syslog {
            format: self.format.unwrap_or_default(),
            facility,
            tls,
            needs_close_notify: self.require_close_notify.unwrap_or(true),
        })
    }

    fn http(&self, to: &Url) -> Result<Way, String> {
        if !is_safe(to.as_str()) {
            return Err(self.expected());
        }
        self.refuse(&[
            ("format", self.format.is_some()),
            ("facility", self.facility.is_some()),
            ("require-close-notify", self.require_close_notify.is_some()),
            ("cert", self.cert.is_some()),
            ("key", self.key.is_some()),
        ])?;
        let agent = agent(self.ca.as_deref(), HTTP_TIMEOUT).map_err(|error| error.to_string())?;
        let token = secret("token", self.token_file.as_deref(), self.token_env.as_deref())?;
        let key = secret("secret", self.secret_file.as_deref(), self.secret_env.as_deref())?;
        let protocol = if self.kind == ReceiverKind::Splunk {
            self.refuse(&[("secret-file", key.is_some()), ("secret-env", key.is_some())])?;
            let token = token.ok_or("Splunk needs `token-file` or `token-env`")?;
            Protocol::Splunk { token, channel: uuid::Uuid::new_v4().to_string() }
        } else {
            webhook(key, token)?
        };
        Ok(Way::Http { agent, protocol })
    }

    fn refuse(&self, given: &[(&str, bool)]) -> Result<(), String> {
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((key, _)) => {
                let kind = format!("{:?}", self.kind).to_lowercase();
                Err(format!("`{key}` is not for kind = \"{kind}\""))
            }
            None => Ok(()),
        }
    }
}

/// How a webhook recognises the sender: by a signature with a key, and a token if it wants one.
pub(crate) fn webhook(key: Option<String>, token: Option<String>) -> Result<Protocol, String> {
    let key = key.ok_or("a webhook needs `secret-file` or `secret-env`")?;
    let bytes = STANDARD.decode(key.strip_prefix("whsec_").unwrap_or(&key));
    let bytes = bytes.ok().filter(|bytes| bytes.len() >= MIN_KEY).ok_or(
        "the secret is 24 bytes or more in base64: make one with `openssl rand -base64 32`",
    )?;
    Ok(Protocol::Webhook { key: bytes, token })
}

/// A secret out of a file or the environment, without the end of its line.
pub(crate) fn secret(
    what: &str,
    file: Option<&Path>,
    variable: Option<&str>,
) -> Result<Option<String>, String> {
    let text = match (file, variable) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(format!("`{what}-file` and `{what}-env` exclude each other"));
        }
        (Some(path), None) => {
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?
        }
        (None, Some(name)) => {
            std::env::var(name).map_err(|_| format!("the environment has no variable {name}"))?
        }
    };
    let text = text.trim();
    if text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(format!("the {what} is empty, or has more than one line"));
    }
    Ok(Some(text.to_owned()))
}
