//! One sign-in at the provider, from the redirect to the answer, tied to the browser that began it.
//!
//! A cookie holds one secret. `state`, `nonce` and the verifier of PKCE (RFC 7636) are digests of it, so that nothing
//! has to be kept for a stranger who begins and never comes back, and only the browser with the cookie can end what
//! it began. The store keeps the digest of each secret that was used, so that each is used once.
//!
//! The cookie is `SameSite=Lax`: the browser comes back from another site, and sends no stricter one along.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    super::shared::{query, time::now},
    cookie, secret,
};

/// The most time for a sign-in at the provider, with a one-time code.
pub(crate) const GOOD_FOR_MS: i64 = 10 * 60 * 1000;

/// The cookie's name. Its value has the form `SECRET.MS.SESSION.PAGE`.
const COOKIE: &str = "__Host-milguard-flow";

/// One sign-in at the provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Flow {
    secret: String,
    /// When the sign-in began, in ms since 1970.
    pub(crate) began_at: i64,
    /// The digest of the digest of the session to confirm; `None` to begin a session.
    pub(crate) confirms: Option<String>,
    /// The page to open afterwards.
    pub(crate) next: String,
}

impl Flow {
    /// Begins a sign-in at the provider.
    pub(crate) fn new(confirms: Option<String>, next: &str) -> Self {
        let next = query::local(next).unwrap_or_default().to_owned();
        Self { secret: secret::generate(), began_at: now(), confirms, next }
    }

    /// The sign-in that this browser began last.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let value = cookie::read_any(headers, COOKIE)?;
        let mut parts = value.split('.');
        let mut part = || parts.next();
        let (secret, began_at, confirms, next) = (part()?, part()?, part()?, part()?);
        if secret.len() != secret::LENGTH {
            return None;
        }
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
        Some(Self {
            secret: secret.to_owned(),
            began_at: began_at.parse().ok()?,
            confirms: Some(confirms).filter(|it| !it.is_empty()).map(str::to_owned),
            next: query::local(&next).unwrap_or_default().to_owned(),
        })
    }

    /// Sets the cookie.
    pub(crate) fn cookie(&self) -> HeaderValue {
        let Self { secret, began_at, confirms, next } = self;
        let confirms = confirms.as_deref().unwrap_or_default();
        let value = format!("{secret}.{began_at}.{confirms}.{}", URL_SAFE_NO_PAD.encode(next));
        cookie::set_lax(COOKIE, &value, GOOD_FOR_MS.unsigned_abs() / 1000)
    }

    /// Deletes the cookie.
    pub(crate) fn clear() -> HeaderValue {
        cookie::set_lax(COOKIE, "", 0)
    }

    /// Whether too much time has passed.
    pub(crate) fn is_over(&self, now: i64) -> bool {
        // The browser supplies this time, and may have changed it.
        now.checked_sub(self.began_at).is_none_or(|age| !(0..=GOOD_FOR_MS).contains(&age))
    }

    /// The `state` that the provider returns, so that an answer belongs to this browser. It depends on all values
    /// in the cookie.
    pub(crate) fn state(&self) -> String {
        let Self { began_at, confirms, next, .. } = self;
        self.derive(&format!("state {began_at} {confirms:?} {next}"))
    }

    /// The nonce that the ID token has to hold.
    pub(crate) fn nonce(&self) -> String {
        self.derive("nonce")
    }

    /// The verifier, which proves to the provider that the code was issued to this server.
    pub(crate) fn verifier(&self) -> String {
        self.derive("verifier")
    }

    /// The digest of the verifier, which the provider gets beforehand (`S256`).
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }

    /// The digest that the store keeps once the answer was used.
    pub(crate) fn digest(&self) -> String {
        self.derive("used")
    }

    fn derive(&self, purpose: &str) -> String {
        secret::digest_for(&format!("sign-in {purpose}"), &self.secret)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn headers(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(pair).unwrap())])
    }

    #[test]
    fn a_flow_is_read_back_from_its_cookie() {
        let confirms = Some(secret::digest("session"));
        for flow in [Flow::new(None, "/admin/events?domain=é.ml"), Flow::new(confirms, "/admin")] {
            assert_eq!(Flow::read(&headers(&flow.cookie())), Some(flow.clone()));
            assert!(flow.cookie().to_str().unwrap().ends_with("; SameSite=Lax; Max-Age=600"));
        }
        assert_eq!(Flow::new(None, "https://evil.example/").next, "");
        assert_eq!(Flow::read(&headers(&Flow::clear())), None);
    }

    #[test]
    fn derived_values_differ_by_purpose_and_by_the_content_of_the_cookie() {
        let flow = Flow::new(None, "/admin");
        let all = [flow.state(), flow.nonce(), flow.verifier(), flow.digest(), flow.challenge()];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
        for other in [
            Flow { next: "/admin/users".to_owned(), ..flow.clone() },
            Flow { began_at: flow.began_at + 1, ..flow.clone() },
            Flow { confirms: Some("a".to_owned()), ..flow.clone() },
            Flow { secret: secret::generate(), ..flow.clone() },
        ] {
            assert_ne!(other.state(), flow.state(), "{other:?}");
        }
    }

    #[test]
    fn a_flow_ends_after_ten_minutes_and_does_not_begin_in_the_future() {
        let flow = Flow::new(None, "");
        for (after, is_over) in
            [(0, false), (GOOD_FOR_MS, false), (GOOD_FOR_MS + 1, true), (-1, true)]
        {
            assert_eq!(flow.is_over(flow.began_at + after), is_over, "{after}");
        }
        // A browser may write any time into its cookie.
        for began_at in [i64::MIN, i64::MAX] {
            assert!(Flow { began_at, ..Flow::new(None, "") }.is_over(flow.began_at));
        }
    }
}
