//! Single sign-on: an OpenID provider, or a proxy in front, says who a person is and what they may do.
//!
//! The provider: OpenID Connect Core 1.0 (§3.1, the authorization code flow, with PKCE of RFC 7636 and the `iss`
//! parameter of RFC 9207), Discovery 1.0 and RP-Initiated Logout 1.0. `docs/decisions/single-sign-on.md` says why no
//! library does it.
//!
//! # Incomplete support
//!
//! Encrypted ID tokens, signed answers of the user-info endpoint, the implicit and the hybrid flow, request objects,
//! dynamic registration and logout by the back channel are not implemented. Claims that a token only names
//! (`_claim_names`, as Microsoft Entra ID writes for people in more than 200 groups) are not fetched.

mod claims;
mod http;
mod keys;
mod metadata;
mod options;
mod provider;
mod refusal;
mod roles;
mod token;

pub use options::{OidcOptions, ProxyOptions, SignInOptions, SignInSource};
pub(crate) use provider::{Answer, Identity, Provider, Question};
pub(crate) use refusal::Refusal;
pub(crate) use roles::Grant;
pub use roles::{GroupRole, RoleMap};
