//! People whom a proxy in front of this server names in headers. Anybody could write such headers, so the server
//! reads them only on connections from the proxy's networks.

use std::net::IpAddr;

use axum::{extract::Request, http::HeaderMap};

use super::sign_in_method::SignInMethod;
use crate::server::{
    client_address::peer,
    sso::{ProxyOptions, SignInOptions, SignInSource},
};
use crate::store::SessionRow;

/// The person whom the proxy names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Named {
    pub(crate) subject: String,
    pub(crate) groups: Vec<String>,
}

impl Named {
    /// The person whom a request names, if a proxy may name people.
    pub(crate) fn of(request: &Request, options: &SignInOptions) -> Option<Self> {
        let Some(SignInSource::Proxy(proxy)) = &options.source else { return None };
        Self::read(request.headers(), peer(request), proxy)
    }

    fn read(headers: &HeaderMap, peer: IpAddr, proxy: &ProxyOptions) -> Option<Self> {
        if !proxy.networks.iter().any(|network| network.contains(&peer)) {
            return None;
        }
        let mut names = headers.get_all(&proxy.user_header).iter();
        // Two names, or two lists of groups: the proxy has added its own to one that somebody else wrote.
        let (Some(name), None) = (names.next(), names.next()) else { return None };
        let name = name.to_str().ok()?.trim();
        let mut lists = headers.get_all(&proxy.groups_header).iter();
        let (list, None) = (lists.next(), lists.next()) else { return None };
        let list = list.map_or(Some(""), |list| list.to_str().ok())?;
        let groups = list.split(',').map(str::trim).filter(|group| !group.is_empty());
        let groups = groups.map(str::to_owned);
        (!name.is_empty() && name.len() <= 255)
            .then(|| Self { subject: name.to_owned(), groups: groups.collect() })
    }
}

/// Whether a session continues. A session that began by a proxy's headers needs them with each request, for the same
/// person and the same role, for the same group.
pub(crate) fn holds(row: &SessionRow, named: Option<&Named>, options: &SignInOptions) -> bool {
    if row.method != SignInMethod::Proxy.as_str() {
        return true;
    }
    named.is_some_and(|named| {
        let grant = options.roles.grant(&named.groups);
        row.subject.as_deref() == Some(&*named.subject)
            && grant.is_some_and(|grant| {
                grant.is_that_of(&row.role, row.group.as_deref(), row.group_given)
            })
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_user_name_counts_only_if_the_proxy_sends_it_once() {
        let proxy = ProxyOptions {
            user_header: "remote-user".to_owned(),
            groups_header: "remote-groups".to_owned(),
            networks: vec!["10.1.0.0/16".parse().unwrap()],
            sign_out: None,
        };
        let ann = Some(Named {
            subject: "ann".to_owned(),
            groups: vec!["soc".to_owned(), "mail admins".to_owned()],
        });
        let groups = ("remote-groups", "soc, mail admins,,");
        for (peer, lines, named) in [
            ("10.1.2.3", &[("remote-user", "ann"), groups][..], &ann),
            ("10.2.2.3", &[("remote-user", "ann"), groups], &None),
            ("10.1.2.3", &[groups], &None),
            ("10.1.2.3", &[("remote-user", " "), groups], &None),
            ("10.1.2.3", &[("remote-user", "mallory"), ("remote-user", "ann"), groups], &None),
            ("10.1.2.3", &[("x-remote-user", "ann"), groups], &None),
            ("10.1.2.3", &[("remote-user", "ann"), ("remote-groups", "admins"), groups], &None),
        ] {
            let mut headers = HeaderMap::new();
            for &(name, value) in lines {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let peer = peer.parse().unwrap();
            assert_eq!(&Named::read(&headers, peer, &proxy), named, "{peer} {lines:?}");
        }
    }
}
