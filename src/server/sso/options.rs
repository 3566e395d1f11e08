//! How people may sign in to the dashboard.

use std::path::PathBuf;

use ipnet::IpNet;

use crate::server::{Secret, admin::Role};

/// How people may sign in to the dashboard.
#[derive(Clone, Debug)]
pub struct SignInOptions {
    /// Whether a user name and a password are enough.
    pub passwords: bool,
    /// Who else names the people who sign in.
    pub source: Option<SignInSource>,
    /// The groups that give roles to these people.
    pub roles: RoleMap,
}

impl Default for SignInOptions {
    /// People sign in with a password alone.
    fn default() -> Self {
        Self { passwords: true, source: None, roles: RoleMap::default() }
    }
}

/// Who names the people who sign in.
#[derive(Clone, Debug)]
pub enum SignInSource {
    /// An OpenID provider.
    Oidc(OidcOptions),
    /// A proxy in front of this server, in the headers of each request.
    Proxy(ProxyOptions),
}

/// An OpenID provider, and this server as its client.
#[derive(Clone, Debug)]
pub struct OidcOptions {
    /// The provider's own name for itself, to the letter: `https://login.example.mil/realms/staff`.
    pub issuer: String,
    /// The id of this server at the provider.
    pub client_id: String,
    /// The secret that proves to the provider that a request comes from this server; without one, the
    /// server is a public client.
    pub client_secret: Option<Secret>,
    /// What people call the provider, on the button.
    pub name: String,
    /// Authorities (PEM) for its certificate, besides those of the system.
    pub ca: Option<PathBuf>,
    /// The scopes to ask for. `openid` is added if it is missing.
    pub scopes: Vec<String>,
    /// The claim that holds the user name.
    pub user_claim: String,
    /// The claim that holds groups or roles; `a.b` is the member `b` of the claim `a`.
    pub groups_claim: String,
}

/// A proxy that has people sign in.
#[derive(Clone, Debug)]
pub struct ProxyOptions {
    /// The header with the user's name, in lower case.
    pub user_header: String,
    /// The header with their groups, separated by commas, in lower case.
    pub groups_header: String,
    /// The networks from which the proxy connects. On other connections the server ignores both
    /// headers.
    pub networks: Vec<IpNet>,
    /// The page to open after signing out, where the proxy ends its own session.
    pub sign_out: Option<String>,
}

/// The groups that give each role.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RoleMap {
    /// Groups of administrators.
    pub admin: Vec<String>,
    /// Groups of analysts.
    pub analyst: Vec<String>,
    /// Groups of viewers.
    pub viewer: Vec<String>,
}

impl RoleMap {
    /// The highest role that one of the groups gives. Names are compared to the letter.
    pub fn role(&self, groups: &[String]) -> Option<Role> {
        let gives = |names: &[String]| names.iter().any(|name| groups.contains(name));
        let roles = [(&self.admin, Role::Admin), (&self.analyst, Role::Analyst)];
        let roles = roles.into_iter().chain([(&self.viewer, Role::Viewer)]);
        roles.into_iter().find(|(names, _)| gives(names)).map(|(_, role)| role)
    }

    /// Whether no group gives any role.
    pub fn is_empty(&self) -> bool {
        [&self.admin, &self.analyst, &self.viewer].iter().all(|names| names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_counts_and_no_group_gives_none() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let map = RoleMap {
            admin: names(&["mail-admins"]),
            analyst: names(&["soc", "ir"]),
            viewer: names(&["staff"]),
        };
        for (groups, role) in [
            (&["staff", "mail-admins", "soc"][..], Some(Role::Admin)),
            (&["ir", "staff"], Some(Role::Analyst)),
            (&["staff"], Some(Role::Viewer)),
            (&["Staff", "staff ", "mail-admins2", ""], None),
            (&[], None),
        ] {
            assert_eq!(map.role(&names(groups)), role, "{groups:?}");
        }
        assert!(RoleMap::default().is_empty() && !map.is_empty());
    }
}
