//! The address from which clients load the add-in.

use std::{fmt, net::Ipv6Addr, str::FromStr};

/// The most characters: a URL in a manifest may have 2,048, and Office.js adds a query.
const MAX_LENGTH: usize = 512;

/// `https://host[:port][/prefix]`, without a slash at its end.
///
/// This is stricter than a URL: credentials, a query, percent-encoding and letters outside ASCII
/// are refused, so that an origin can be written into a manifest, a header and a shell command
/// without escaping.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    base: String,
    /// The length of the part of `base` before the prefix.
    host_end: usize,
}

impl Origin {
    /// The origin with its prefix: `https://mail.example.mil/milguard`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The origin alone, as browsers mean it: `https://mail.example.mil`.
    pub fn host(&self) -> &str {
        self.base.get(..self.host_end).unwrap_or(&self.base)
    }

    /// The host without its port; an IPv6 address stands in brackets.
    pub fn host_name(&self) -> &str {
        let authority = self.host().trim_start_matches("https://");
        split_port(authority).map_or(authority, |(host, _)| host)
    }

    /// The address at which this machine reaches itself.
    pub fn localhost(port: u16) -> Self {
        let base = match port {
            443 => "https://localhost".to_owned(),
            port => format!("https://localhost:{port}"),
        };
        Self { host_end: base.len(), base }
    }

    /// This origin with a longer prefix. `path` begins with a slash and has letters and digits in it.
    pub(super) fn below(&self, path: &str) -> Self {
        Self { base: format!("{}{path}", self.base), host_end: self.host_end }
    }

    /// Whether the host is a name that each machine has for itself (`localhost`), by which others
    /// cannot reach it.
    pub fn is_local(&self) -> bool {
        matches!(self.host_name(), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// The prefix, such as `/milguard`, or an empty text.
    pub fn prefix(&self) -> &str {
        self.base.get(self.host_end..).unwrap_or("")
    }
}

impl Default for Origin {
    /// The address at which `milguard serve` is reached on this machine.
    fn default() -> Self {
        Self::localhost(8443)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let error = |what| OriginError { what };
        if text.len() > MAX_LENGTH {
            return Err(error("it is longer than 512 characters"));
        }
        let scheme = text.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("https://"));
        let rest = text.get(8..).filter(|_| scheme);
        let rest = rest.ok_or(error("Outlook loads add-ins over https:// only"))?;
        if let Some(extra) = rest.chars().find(|character| "?#@\\".contains(*character)) {
            return Err(error(match extra {
                '?' => "it may have no query",
                '#' => "it may have no fragment",
                '@' => "it may have no credentials",
                _ => "`\\` is not a slash",
            }));
        }
        let (authority, prefix) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (host, port) = split_port(authority).ok_or(error("its port is not a number"))?;
        let host = host.to_ascii_lowercase();
        check_host(&host).map_err(error)?;
        let mut base = format!("https://{host}");
        match port.map(str::parse::<u16>) {
            None | Some(Ok(443)) => {}
            Some(Ok(port)) if port > 0 => {
                base.push(':');
                base.push_str(&port.to_string());
            }
            Some(_) => return Err(error("its port is not between 1 and 65535")),
        }
        let host_end = base.len();
        let prefix = prefix.trim_end_matches('/');
        for segment in prefix.split('/').skip(1) {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            if matches!(segment, "" | "." | "..") || !segment.bytes().all(is_plain) {
                return Err(error("its path may consist of letters, digits, `-`, `_`, `.`, `~`"));
            }
        }
        base.push_str(prefix);
        Ok(Self { base, host_end })
    }
}

/// The host and the port as written; `None` for a port that is not a number.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let after_address = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = authority.get(after_address..)?.find(':').map(|colon| colon + after_address);
    let Some(colon) = colon else { return Some((authority, None)) };
    let port = authority.get(colon + 1..)?;
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((authority.get(..colon)?, Some(port)))
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let parsed: Result<Ipv6Addr, _> = address.parse();
        return parsed.map(|_| ()).map_err(|_| "its host is not an IPv6 address");
    }
    if host.is_empty() {
        return Err("it has no host");
    }
    if !host.is_ascii() {
        return Err("write its host in ASCII (xn--…)");
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err("its host is not a host name");
    }
    Ok(())
}

/// Why an origin cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}; expected something like https://addins.example.mil")]
pub struct OriginError {
    what: &'static str,
}
