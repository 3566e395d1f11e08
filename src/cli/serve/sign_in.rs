//! The options for signing in to the dashboard.

use std::path::PathBuf;

use axum::http::{HeaderName, Uri};
use clap::Args;
use ipnet::IpNet;

use super::net::parse_net;
use crate::client::is_safe;
use crate::server::{
    GroupRole, OidcOptions, ProxyOptions, RoleMap, Secret, SignInOptions, SignInSource,
};

/// Signing in to the dashboard.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Signing in")]
#[expect(clippy::doc_markdown, reason = "the comments are the help, which is plain text")]
pub(super) struct SignInArgs {
    /// The OpenID provider at which people sign in, by the name that it gives itself:
    /// https://login.example.mil/realms/staff.
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// The client ID by which the provider knows this server.
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
    /// The secret by which the provider recognises this server. Other users of this machine may see arguments: prefer the
    /// file.
    #[arg(long, value_name = "SECRET", hide_env_values = true)]
    oidc_client_secret: Option<Secret>,
    /// The provider's name on the button: Sign in with NAME.
    #[arg(long, value_name = "NAME", default_value = "your organisation")]
    oidc_name: String,
    /// Authorities for the provider's certificate, as PEM, besides those of the system.
    #[arg(long, value_name = "FILE")]
    oidc_ca: Option<PathBuf>,
    /// The scopes to ask the provider for.
    #[arg(
        long,
        value_name = "SCOPE",
        value_delimiter = ',',
        default_value = "openid,profile,email"
    )]
    oidc_scopes: Vec<String>,
    /// The claim with the name of the account.
    #[arg(long, value_name = "CLAIM", default_value = "preferred_username")]
    oidc_user_claim: String,
    /// The claim with groups or roles; a.b is the member b of the claim a.
    #[arg(long, value_name = "CLAIM", default_value = "groups")]
    oidc_groups_claim: String,
    /// Groups of the provider or the proxy whose members are administrators here.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    admin_groups: Vec<String>,
    /// Groups of the provider or the proxy whose members are analysts here.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    analyst_groups: Vec<String>,
    /// Groups of the provider or the proxy whose members are viewers here.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    viewer_groups: Vec<String>,
    /// Groups of the provider or the proxy whose members have a role for one group of this server
    /// and the groups below it. The ID names that group: navy-soc=analyst:navy.
    #[arg(
        long,
        value_name = "GROUP=ROLE:GROUP",
        value_delimiter = ',',
        value_parser = parse_group_role
    )]
    group_roles: Vec<GroupRole>,
    /// Let people sign in with a user name and a password of this server. If not, a link that
    /// milguard admin-link prints still lets an administrator in.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = true,
        default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    password_sign_in: bool,
    /// The header in which a proxy names the person who has signed in at it. The proxy has to remove that header
    /// from clients' requests.
    #[arg(long, value_name = "HEADER")]
    proxy_user_header: Option<String>,
    /// The header in which that proxy lists the person's groups, separated by commas.
    #[arg(long, value_name = "HEADER")]
    proxy_groups_header: Option<String>,
    /// The addresses or networks of that proxy. The server ignores both headers from elsewhere.
    #[arg(
        long,
        value_name = "NET",
        value_delimiter = ',',
        value_parser = parse_net
    )]
    proxy_networks: Vec<IpNet>,
    /// The page to open after signing out, where that proxy ends its own session.
    #[arg(long, value_name = "URL")]
    proxy_sign_out: Option<String>,
}

impl SignInArgs {
    /// How people may sign in, or a sentence that says which options contradict each other.
    pub(super) fn options(&self) -> Result<SignInOptions, String> {
        let source = match (self.oidc()?, self.proxy()?) {
            (Some(_), Some(_)) => {
                return Err("--oidc-issuer and --proxy-user-header exclude each other".to_owned());
            }
            (Some(oidc), None) => Some(SignInSource::Oidc(oidc)),
            (None, proxy) => proxy.map(SignInSource::Proxy),
        };
        let roles = RoleMap {
            admin: named(&self.admin_groups),
            analyst: named(&self.analyst_groups),
            viewer: named(&self.viewer_groups),
            within: self.group_roles.clone(),
        };
        match &source {
            Some(_) if roles.is_empty() => Err("nobody who signs in would have a role: name groups with \
                                                --admin-groups, --analyst-groups, --viewer-groups or \
                                                --group-roles"
                .to_owned()),
            None if !roles.is_empty() => {
                Err("groups come from a provider or a proxy: name one with --oidc-issuer or \
                     --proxy-user-header"
                    .to_owned())
            }
            None if !self.password_sign_in => {
                Err("nobody could sign in: without passwords, name a provider with --oidc-issuer or a proxy \
                     with --proxy-user-header"
                    .to_owned())
            }
            _ => Ok(SignInOptions { passwords: self.password_sign_in, source, roles }),
        }
    }

    fn oidc(&self) -> Result<Option<OidcOptions>, String> {
        let (issuer, client_id) = match (&self.oidc_issuer, &self.oidc_client_id) {
            (None, None) => return Ok(None),
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            _ => return Err("--oidc-issuer and --oidc-client-id go together".to_owned()),
        };
        if !is_safe(issuer) || issuer.contains(['?', '#', '@']) {
            return Err("--oidc-issuer has to be an https:// address without user, query and fragment; http:// for \
                        this machine alone"
                .to_owned());
        }
        if let Some((before, _)) = issuer.split_once("/.well-known") {
            return Err(format!("--oidc-issuer ends before /.well-known: {before}"));
        }
        Ok(Some(OidcOptions {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: self.oidc_client_secret.clone(),
            name: self.oidc_name.clone(),
            ca: self.oidc_ca.clone(),
            scopes: named(&self.oidc_scopes),
            user_claim: self.oidc_user_claim.clone(),
            groups_claim: self.oidc_groups_claim.clone(),
        }))
    }

    fn proxy(&self) -> Result<Option<ProxyOptions>, String> {
        let (user, groups) = match (&self.proxy_user_header, &self.proxy_groups_header) {
            (None, None) => return Ok(None),
            (Some(user), Some(groups)) => (user, groups),
            _ => {
                return Err("--proxy-user-header and --proxy-groups-header go together".to_owned());
            }
        };
        if self.proxy_networks.is_empty() {
            return Err("--proxy-user-header needs --proxy-networks: from anywhere else, anybody could write the \
                        header"
                .to_owned());
        }
        let sign_out = self.proxy_sign_out.clone();
        let is_address = |url: &str| {
            url.parse::<Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("https" | "http")))
        };
        if sign_out.as_deref().is_some_and(|url| !is_address(url)) {
            return Err("--proxy-sign-out has to be an https:// address".to_owned());
        }
        Ok(Some(ProxyOptions {
            user_header: header(user)?,
            groups_header: header(groups)?,
            networks: self.proxy_networks.clone(),
            sign_out,
        }))
    }
}

/// The values without empty ones, which a list in the environment may contain.
fn named(values: &[String]) -> Vec<String> {
    values.iter().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
}

fn parse_group_role(text: &str) -> Result<GroupRole, String> {
    text.parse()
}

fn header(name: &str) -> Result<String, String> {
    let header = name.parse::<HeaderName>();
    header.map(|header| header.as_str().to_owned()).map_err(|_| {
        format!("a header cannot be called {name:?}: expected a name such as Remote-User")
    })
}
