//! Networks as options.

use std::net::IpAddr;

use ipnet::IpNet;

/// A network, or one address.
pub(super) fn parse_net(text: &str) -> Result<IpNet, String> {
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_: std::net::AddrParseError| {
        "expected an address or a network such as 10.0.0.0/8".to_owned()
    })
}
