//! The sender for whom a limit counts.

use std::{net::IpAddr, sync::Arc};

/// The sender: a client with a key of its own, or everybody in one network.
///
/// A limit refuses one sender only for requests of that sender.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Sender {
    /// The client's own id; `None` for a client that the server does not know yet.
    client: Option<Arc<str>>,
    /// The network it sends from; empty for a client with a key, which is the same client
    /// everywhere.
    network: Option<Arc<str>>,
}

impl Sender {
    /// A client, by its own id.
    pub(crate) fn client(id: Arc<str>) -> Self {
        Self { client: Some(id), network: None }
    }

    /// Anybody in a network.
    pub(crate) fn stranger(address: IpAddr) -> Self {
        Self { client: None, network: Some(network(address).into()) }
    }

    /// The key of the sender in tables of limits.
    pub(crate) fn key(&self) -> String {
        let client = self.client.as_deref().unwrap_or_default();
        format!("{client} {}", self.network.as_deref().unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn of_network(name: &str) -> Self {
        Self { client: None, network: Some(name.into()) }
    }
}

/// The part of an address that one subscriber has: all of IPv4, half of IPv6 (RFC 6177).
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
