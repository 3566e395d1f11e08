//! Reads the file that names the destinations of alerts. Passwords are in files of their own or in
//! the environment.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

use lettre::{message::Mailbox, transport::smtp::authentication::Credentials};
use serde::{Deserialize, de::DeserializeOwned};
use toml::Value;
use url::Url;

use super::{
    Alerts,
    destination::{Destination, Topic, Way},
    mail::{Security, Smtp},
    rules::{Reporting, Rules},
};
use crate::client::{agent, is_safe};
use crate::export::{HTTP_TIMEOUT, Hook, check_name, read_toml, secret, webhook};

/// The most destinations, and the most recipients of one destination. More would be a mistake,
/// since each has a task and a connection.
const MOST: usize = 20;

/// An error in the file: a sentence that names the file and the destination.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct AlertError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mail: Vec<MailEntry>,
    #[serde(default)]
    webhook: Vec<HookEntry>,
    #[serde(default)]
    alerts: RulesEntry,
    #[serde(default)]
    reports: Reporting,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MailEntry {
    name: String,
    host: String,
    port: Option<u16>,
    #[serde(default)]
    tls: Security,
    ca: Option<PathBuf>,
    from: String,
    to: Vec<String>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    send: Option<Vec<Topic>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HookEntry {
    name: String,
    to: String,
    ca: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    secret_env: Option<String>,
    token_file: Option<PathBuf>,
    token_env: Option<String>,
    send: Option<Vec<Topic>>,
}

/// The rules: each value is `true`, `false` or a table of thresholds.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RulesEntry {
    burst: Option<Value>,
    lookalike: Option<bool>,
    marked: Option<bool>,
    silence: Option<Value>,
    certificate: Option<Value>,
    disk: Option<Value>,
}

/// The destinations in a file (TOML), with the passwords, secrets and certificates that it refers to.
///
/// # Errors
///
/// If one of them cannot be read or used. The text of the error holds no secret.
pub fn read(path: &Path) -> Result<Alerts, AlertError> {
    let named = |what: &dyn fmt::Display| AlertError(format!("{}: {what}", path.display()));
    let file: File = read_toml(path, "a list of alerts").map_err(|error| named(&error))?;
    if file.mail.len() + file.webhook.len() > MOST {
        return Err(named(&format_args!("it has more than {MOST} destinations")));
    }
    let rules = file.alerts.rules().map_err(|what| named(&format_args!("[alerts]: {what}")))?;
    file.reports.check().map_err(|what| named(&format_args!("[reports]: {what}")))?;
    let mut destinations = Vec::new();
    for entry in file.mail {
        let name = entry.name.clone();
        let read = entry.destination();
        destinations.push(read.map_err(|what| named(&format_args!("mail `{name}`: {what}")))?);
    }
    for entry in file.webhook {
        let name = entry.name.clone();
        let read = entry.destination();
        destinations.push(read.map_err(|what| named(&format_args!("webhook `{name}`: {what}")))?);
    }
    let mut taken = BTreeSet::new();
    for Destination { name, .. } in &destinations {
        if !taken.insert(name.clone()) {
            return Err(named(&format_args!("two destinations have the name `{name}`")));
        }
    }
    Ok(Alerts { destinations, rules, reporting: file.reports })
}

impl RulesEntry {
    fn rules(self) -> Result<Rules, String> {
        let rules = Rules {
            burst: threshold("burst", self.burst)?,
            lookalike: self.lookalike.unwrap_or(true),
            marked: self.marked.unwrap_or(true),
            silence: threshold("silence", self.silence)?,
            certificate: threshold("certificate", self.certificate)?,
            disk: threshold("disk", self.disk)?,
        };
        rules.check()?;
        Ok(rules)
    }
}

fn threshold<T: Default + DeserializeOwned>(
    name: &str,
    value: Option<Value>,
) -> Result<Option<T>, String> {
    match value {
        None => Ok(Some(T::default())),
        Some(Value::Boolean(is_on)) => Ok(is_on.then(T::default)),
        Some(Value::Table(table)) => {
            let read = T::deserialize(Value::Table(table));
            read.map(Some).map_err(|error| format!("`{name}`: {}", error.message()))
        }
        Some(_) => Err(format!("`{name}` is true, false or a table of thresholds")),
    }
}

impl MailEntry {
    fn destination(self) -> Result<Destination, String> {
        check_name(&self.name)?;
        let host = self.host.trim_matches(['[', ']']).to_owned();
        let is_host = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte));
        if !is_host {
            return Err("`host` is the name or the address of a mail server".to_owned());
        }
        if self.tls == Security::None && !is_loopback(&host) {
            return Err(
                "`tls = \"none\"` is for a mail server on this machine: use starttls or tls"
                    .to_owned(),
            );
        }
        if self.tls == Security::None && self.ca.is_some() {
            return Err("`ca` is for starttls and tls".to_owned());
        }
        let mailbox = |key: &str, text: &str| -> Result<Mailbox, String> {
            text.parse().map_err(|_| format!("`{key}`: {text} is not a mail address"))
        };
        let from = mailbox("from", &self.from)?;
        let to: Vec<Mailbox> =
            self.to.iter().map(|text| mailbox("to", text)).collect::<Result<_, _>>()?;
        if to.is_empty() || to.len() > MOST {
            return Err(format!("`to` has 1 to {MOST} addresses"));
        }
        let password =
            secret("password", self.password_file.as_deref(), self.password_env.as_deref())?;
        let credentials = match (self.username, password) {
            (None, None) => None,
            (Some(name), Some(password)) => Some(Credentials::new(name, password)),
            _ => {
                return Err("`username` goes with `password-file` or `password-env`".to_owned());
            }
        };
        let port = self.port.unwrap_or(self.tls.port());
        let smtp = Smtp::new((host, port), self.tls, self.ca.as_deref(), from, credentials)?;
        Ok(Destination { name: self.name, topics: topics(self.send), way: Way::Mail { smtp, to } })
    }
}

impl HookEntry {
    fn destination(self) -> Result<Destination, String> {
        check_name(&self.name)?;
        let expected = || "`to` is https://HOST/PATH, without a password".to_owned();
        let to: Url = self.to.parse().map_err(|_| expected())?;
        if !is_safe(to.as_str()) || !to.username().is_empty() || to.password().is_some() {
            return Err(expected());
        }
        let agent = agent(self.ca.as_deref(), HTTP_TIMEOUT).map_err(|error| error.to_string())?;
        let token = secret("token", self.token_file.as_deref(), self.token_env.as_deref())?;
        let key = secret("secret", self.secret_file.as_deref(), self.secret_env.as_deref())?;
        let hook = Hook { to, agent, protocol: webhook(key, token)? };
        Ok(Destination { name: self.name, topics: topics(self.send), way: Way::Webhook(hook) })
    }
}

fn topics(chosen: Option<Vec<Topic>>) -> Vec<Topic> {
    chosen.unwrap_or_else(|| Topic::ALL.into())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}
