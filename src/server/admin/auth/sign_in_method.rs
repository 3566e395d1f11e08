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

impl SignInMethod {
    const ALL: [Self; 3] = [Self::Password, Self::Oidc, Self::Proxy];

    /// The name in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Proxy => "proxy",
        }
    }

    /// Reads a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}
