//! A provider's description of itself (Discovery 1.0, §3).

use serde::Deserialize;

use super::{
    Refusal,
    http::{self, Http},
};
use crate::client::is_safe;

/// The members that the server uses.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether the provider names itself in each answer (RFC 9207 §3).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Asks the provider that calls itself `issuer`.
    ///
    /// # Errors
    ///
    /// [`Refusal::Provider`], even if the provider gives itself another name, or a secret would cross a network
    /// unencrypted.
    pub(super) fn fetch(http: &Http, issuer: &str) -> Result<Self, Refusal> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Self = http::parse(&http.get(&url, None)?, &url)?;
        if metadata.issuer != issuer {
            let named: String = metadata.issuer.chars().take(200).collect();
            let what = format!("it calls itself {named:?}, but oidc-issuer is {issuer:?}");
            return Err(http::unavailable(&url, &what));
        }
        let Self { authorization_endpoint, token_endpoint, jwks_uri, .. } = &metadata;
        let optional = [&metadata.userinfo_endpoint, &metadata.end_session_endpoint];
        let endpoints = [authorization_endpoint, token_endpoint, jwks_uri].into_iter();
        if endpoints.chain(optional.into_iter().flatten()).any(|url| !is_safe(url)) {
            return Err(http::unavailable(&url, &"one of its addresses is not https"));
        }
        Ok(metadata)
    }

    /// Whether the client's secret goes into a header. A provider accepts that unless it says otherwise (Core §9).
    pub(super) fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| {
            let has = |name| methods.iter().any(|method| method == name);
            has("client_secret_basic") || !has("client_secret_post")
        })
    }
}
