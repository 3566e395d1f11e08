//! The address that a request came from.
//!
//! Behind a proxy, the peer of the connection is the proxy. The server believes only the part of
//! `X-Forwarded-For` that trusted proxies wrote: read from the end, the first address that is not a
//! trusted proxy is the client's. The server ignores the header from anyone else, so that nobody
//! can choose the address for which limits count.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

use super::options::Transport;

/// The client's address, in the extensions of every request. It is for limits, never for logs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// The address of the connection or, if a trusted proxy opened the connection, the address that
    /// the proxy names.
    pub(super) fn of(request: &Request, transport: &Transport) -> Self {
        let peer = peer(request);
        let trusted = match transport {
            Transport::Plain { trusted_proxies } => trusted_proxies.as_slice(),
            Transport::OwnCertificate | Transport::Files { .. } => &[],
        };
        Self(forwarded(peer, request.headers(), trusted))
    }
}

/// The address of the other end of the connection, which may be a proxy.
pub(crate) fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip().to_canonical())
}

fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut client = peer;
    let lists = headers.get_all("x-forwarded-for").iter().rev();
    for entry in lists.flat_map(|list| list.to_str().unwrap_or("?").rsplit(',')) {
        if !is_trusted(client) {
            break;
        }
        // The proxy did not write an entry that is not an address; the server cannot believe the entries before it.
        let Some(address) = parse(entry.trim()) else { break };
        client = address;
    }
    client
}

/// An address, which some proxies write with a port.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()));
    bare.map(|address: IpAddr| address.to_canonical())
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // The outermost layer sets the address for every request.
        Ok(parts.extensions.get().copied().unwrap_or(Self(IpAddr::from([0, 0, 0, 0]))))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_address_that_is_not_a_trusted_proxy_belongs_to_the_client() {
        let trusted: Vec<IpNet> =
            ["127.0.0.1/32", "10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()).into();
        for (peer, headers, client) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            // A client that is not a proxy cannot say who it is.
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            // The entries that a client wrote itself come before those that the proxies wrote.
            ("127.0.0.1", &["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["127.0.0.1, 198.51.100.1, 10.1.2.3, 127.0.0.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, nonsense"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, nonsense, 10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
        ] {
            let mut map = HeaderMap::new();
            for header in headers {
                map.append("x-forwarded-for", HeaderValue::from_static(header));
            }
            let found = forwarded(peer.parse().unwrap(), &map, &trusted);
            assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{peer} {headers:?}");
        }
    }
}
