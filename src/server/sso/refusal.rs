//! Why the answer of a provider lets nobody in.

/// Why somebody was not let in. Each reason has a code for the log, the audit log and the page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// The provider does not answer, or answers otherwise than the standards say. The text is for
    /// the log.
    Provider(String),
    /// The provider refused the code.
    Code(String),
    /// The token is not a signed JSON Web Token with an object in it.
    Malformed,
    /// The token's algorithm is unknown, or proves nothing.
    Algorithm,
    /// The provider publishes no key of that name.
    UnknownKey,
    /// The signature does not match the key.
    Signature,
    /// Another provider made the token, or answered.
    Issuer,
    /// The token is for another client.
    Audience,
    /// The token has expired.
    Expired,
    /// The token comes from the future.
    Early,
    /// The token belongs to another sign-in.
    Nonce,
    /// The token names nobody.
    Subject,
    /// The user-info endpoint describes somebody else.
    OtherSubject,
    /// The person should have signed in again, and did not.
    Stale,
    /// The token does not say when the person signed in.
    NoTime,
}

impl Refusal {
    /// The code of the reason.
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

    /// The details, for the log only.
    pub(crate) fn detail(&self) -> &str {
        match self {
            Self::Provider(detail) | Self::Code(detail) => detail,
            _ => "",
        }
    }
}
