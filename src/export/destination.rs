//! The destinations of events, and their forms.

use std::{fmt, sync::Arc, time::Duration};

use rustls::ClientConfig;
use url::Url;

use super::{
    format::Format,
    http::{Http, Protocol},
    sender::Sender,
    syslog::Syslog,
};

/// A destination of events. Its printed form holds no secret.
#[derive(Clone)]
pub struct Destination {
    /// The name of the destination, under which the database stores the position of the export.
    pub name: String,
    /// The receiver.
    pub kind: ReceiverKind,
    /// The address of the receiver.
    pub(super) to: Url,
    /// The connection to a syslog server.
    pub(super) way: Way,
}

/// A kind of receiver.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiverKind {
    /// Syslog (RFC 5424) over TCP (RFC 6587) or TLS (RFC 5425).
    Syslog,
    /// Signed HTTP requests, as Standard Webhooks has them.
    Webhook,
    /// Splunk's HTTP Event Collector.
    Splunk,
}

#[derive(Clone)]
pub(super) enum Way {
    Syslog {
        format: Format,
        facility: u8,
        tls: Option<Arc<ClientConfig>>,
        needs_close_notify: bool,
    },
    Http {
        agent: ureq::Agent,
        protocol: Protocol,
    },
}

impl Destination {
    /// The destination's address, for people.
    pub fn address(&self) -> String {
        shown(&self.to)
    }

    /// The destination's kind, for people.
    pub fn describe(&self) -> &'static str {
        match (&self.way, self.kind) {
            (Way::Syslog { format: Format::Cef, .. }, _) => "syslog, CEF",
            (Way::Syslog { format: Format::Ecs, .. }, _) => "syslog, ECS",
            (Way::Http { .. }, ReceiverKind::Splunk) => "Splunk HEC, ECS",
            (Way::Http { .. }, _) => "webhook, ECS",
        }
    }

    /// Whether anybody on the network path can read the events.
    pub fn is_clear(&self) -> bool {
        matches!(self.way, Way::Syslog { tls: None, .. }) && !is_local(&self.to)
    }

    /// A sender for the server `host`. A receiver may take as long as `patience` for each step.
    pub(super) fn sender(&self, host: &str, patience: Duration) -> Sender {
        let to = self.to.clone();
        match &self.way {
            Way::Syslog { format, facility, tls, needs_close_notify } => Sender::Syslog(Syslog {
                to,
                format: *format,
                facility: *facility,
                tls: tls.clone(),
                needs_close_notify: *needs_close_notify,
                host: host.to_owned(),
                patience,
            }),
            Way::Http { agent, protocol } => Sender::Http(Http {
                to,
                agent: agent.clone(),
                protocol: protocol.clone(),
                host: host.to_owned(),
                patience,
            }),
        }
    }
}

/// An address for people, without what may be a secret.
pub(crate) fn shown(to: &Url) -> String {
    let mut shown = to.clone();
    // Neither call can fail for an address that has a host. Some receivers have a key in the query.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let has_query = shown.query().is_some();
    shown.set_query(None);
    let text = String::from(shown);
    if has_query { text + "?…" } else { text }
}

fn is_local(to: &Url) -> bool {
    let bare = to.host_str().unwrap_or_default().trim_matches(['[', ']']);
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Destination");
        shown.field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}
