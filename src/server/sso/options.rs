//! How people may sign in to the dashboard.

use std::path::PathBuf;

use ipnet::IpNet;

use super::roles::RoleMap;
use crate::server::secret::Secret;

/// How people may sign in to the dashboard.
#[derive(Clone, Debug)]
pub struct SignInOptions {
    /// Whether a user name and a password are enough.
    pub passwords: bool,
    /// The provider or proxy, if any, that names the people who sign in.
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
    /// Authorities (PEM) for the provider's certificate, besides those of the system.
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
