//! Why the answer of a provider lets nobody in.

/// Why somebody was not let in. Each has a word for the log, the audit log and the page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// The provider does not answer, or not with what the standards say. For the log.
    Provider(String),
    /// It did not take the code.
    Code(String),
    /// The token is not a signed JSON Web Token with an object in it.
    Malformed,
    /// Its algorithm proves nothing, or is not known.
    Algorithm,
    /// The provider publishes no key of that name.
    UnknownKey,
    /// The signature is not that of the key.
    Signature,
    /// Another provider made it, or answered.
    Issuer,
    /// It is for another client.
    Audience,
    /// Its time is over.
    Expired,
    /// It comes from the future.
    Early,
    /// It belongs to another sign-in.
    Nonce,
    /// It names nobody.
    Subject,
    /// The user-info endpoint speaks of somebody else.
    OtherSubject,
    /// The person was to sign in anew and did not.
    Stale,
    /// The token does not say when the person signed in.
    NoTime,
}

impl Refusal {
    /// The word for it.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Provider(_) => "provider-unavailable",
            Self::Code(_) => "code-refused",
            Self::Malformed => "malformed-token",
            Self::Algorithm => "wrong-algorithm",
            Self::UnknownKey => "unknown-key",
            Self::Signature => "wrong-signature",
            Self::Issuer => "wrong-issuer",
            Self::Audience => "wrong-audience",
            Self::Expired => "expired-token",
            Self::Early => "token-from-the-future",
            Self::Nonce => "wrong-nonce",
            Self::Subject => "no-subject",
            Self::OtherSubject => "other-subject",
            Self::Stale => "not-signed-in-anew",
            Self::NoTime => "no-auth-time",
        }
    }

    /// What only the log is told.
    pub(crate) fn detail(&self) -> &str {
        match self {
            Self::Provider(detail) | Self::Code(detail) => detail,
            _ => "",
        }
    }
}
