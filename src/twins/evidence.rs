//! The answers of the DNS about a twin.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// The answers about one domain. Lists are sorted, so that equal evidence is equal text.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Evidence {
    /// Whether the name exists.
    pub status: Status,
    /// Whether the domain takes mail: it has a mail exchanger or, without one, an address (RFC 5321 §5.1).
    pub mail: bool,
    /// Mail exchangers, the preferred first; `.` alone refuses all mail (RFC 7505).
    #[serde(default)]
    pub mx: Vec<Exchange>,
    /// The IPv4 addresses of the domain.
    #[serde(default)]
    pub a: Vec<Ipv4Addr>,
    /// The IPv6 addresses of the domain.
    #[serde(default)]
    pub aaaa: Vec<Ipv6Addr>,
    /// The name servers of the domain.
    #[serde(default)]
    pub ns: Vec<String>,
    /// The kinds of record for which no answer came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<String>,
    /// When the answers came, in seconds since 1970.
    #[serde(default)]
    pub at: i64,
}

/// A mail exchanger.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Exchange {
    /// The preference; lower values are tried first.
    pub preference: u16,
    /// The exchanger's name; `.` if the domain takes no mail.
    pub host: String,
}

/// Whether a name exists.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The DNS has the name.
    Exists,
    /// The DNS says that there is no such name (NXDOMAIN).
    Absent,
    /// No server answered, however often the question was repeated.
    Timeout,
    /// The answer was an error (SERVFAIL, REFUSED and the like).
    Failed,
    /// The run ended before the question was asked.
    NotAsked,
}

impl Status {
    /// The name used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Absent => "absent",
            Self::Timeout => "timeout",
            Self::Failed => "failed",
            Self::NotAsked => "not-asked",
        }
    }

    /// Whether the DNS answered, so that the answer can be compared and kept.
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Exists | Self::Absent)
    }
}

impl Evidence {
    /// Evidence with this status and no answers.
    pub fn of(status: Status) -> Self {
        Self {
            status,
            mail: false,
            mx: Vec::new(),
            a: Vec::new(),
            aaaa: Vec::new(),
            ns: Vec::new(),
            unanswered: Vec::new(),
            at: 0,
        }
    }

    /// Whether every question was answered.
    pub fn is_complete(&self) -> bool {
        self.status.is_known() && self.unanswered.is_empty()
    }

    /// Sorts the lists and concludes whether the domain takes mail.
    pub(super) fn conclude(&mut self) {
        self.mx.sort();
        self.a.sort();
        self.aaaa.sort();
        self.ns.sort();
        self.mail = if self.mx.is_empty() {
            !(self.a.is_empty() && self.aaaa.is_empty())
        } else {
            self.mx.iter().any(|exchange| exchange.host != ".")
        };
    }

    /// Whether both have the same answers, whenever they were given.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.status == other.status
            && self.mx == other.mx
            && self.a == other.a
            && self.aaaa == other.aaaa
            && self.ns == other.ns
    }
}
