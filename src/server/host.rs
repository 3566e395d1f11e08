//! The hosts that a request may be for.
//!
//! Another site can make its own name resolve to this server (DNS rebinding), and a forged name
//! must not come back in a link. So the server refuses requests for names that are not its own.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::bundle::Origin;

use super::options::ServerOptions;

/// Load balancers request these paths by address. The answers reveal nothing, and the requests
/// change nothing.
const ANY_HOST: [&str; 2] = ["/healthz", "/readyz"];

/// The hosts, in lower case and without a port. Proxies change ports, and an attacker would forge
/// the name, not the port.
#[derive(Debug)]
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    pub(super) fn new(origin: &Origin, options: &ServerOptions) -> Self {
        let fixed = [origin.host_name(), "localhost", "127.0.0.1", "[::1]"];
        let mut hosts: Vec<String> = fixed.iter().map(|&host| host.to_owned()).collect();
        hosts.extend(options.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()));
        // A server that listens on one address answers requests for that address.
        let address = options.listen.ip();
        if !address.is_unspecified() {
            hosts.push(literal(address));
        }
        Self(hosts)
    }

    /// Refuses a request for another host, or without a host.
    pub(super) fn refuse(&self, request: &Request) -> Option<Response> {
        if ANY_HOST.contains(&request.uri().path()) {
            return None;
        }
        let mut fields = request.headers().get_all(header::HOST).iter();
        let (first, second) = (fields.next(), fields.next());
        // HTTP/2 and the absolute form of a request have the host in the target; if a request names it in
        // both places, they must agree.
        let target = request.uri().authority().map(axum::http::uri::Authority::as_str);
        let field = first.map(|value| value.to_str().unwrap_or_default());
        let named = [target, field];
        if second.is_some() || named == [None, None] {
            return Some((StatusCode::BAD_REQUEST, "A request needs one Host.\n").into_response());
        }
        if !named.into_iter().flatten().all(|host| self.allows(host)) {
            let text = "This server does not answer for that host. Its administrator can add it with \
                        --allowed-hosts.\n";
            return Some((StatusCode::MISDIRECTED_REQUEST, text).into_response());
        }
        None
    }

    fn allows(&self, authority: &str) -> bool {
        let host = without_port(authority).trim_end_matches('.');
        self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// An address in the form that a URL needs.
fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            host
        }
        _ => authority,
    }
}
