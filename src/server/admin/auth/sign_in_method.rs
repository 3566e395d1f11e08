//! How a session began.

/// How a session began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignInMethod {
    /// With a password of this server, or the set-up link.
    Password,
    /// At an OpenID provider.
    Oidc,
    /// Through a proxy that names the person in every request.
    Proxy,
}

codes! {
    ALL,
    /// The name in the store.
    pub(crate) as_str of SignInMethod {
        Password: "password",
        Oidc: "oidc",
        Proxy: "proxy",
    }
}

impl SignInMethod {
    /// Reads a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}
