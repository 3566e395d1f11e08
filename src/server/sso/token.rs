//! The ID token (OpenID Connect Core 1.0, §2 and §3.1.3.7): a JSON Web Token (RFC 7519) in the compact form of a JSON
//! Web Signature (RFC 7515 §3.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Refusal,
    claims::{self, Claims},
    keys::Keys,
};

/// Clocks of the provider and of this server may differ by this many seconds. With more, expired
/// tokens would be valid for longer; with less, nobody could sign in while the clock of a server is
/// slightly wrong.
const SKEW: i64 = 60;

/// The longest token, in bytes. A longer one would be for a person in thousands of groups, which no
/// provider writes into a token.
const MAX_BYTES: usize = 128 << 10;

/// Most characters of `sub` (Core §2).
const MAX_SUBJECT: usize = 255;

/// The values that a token has to contain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
    /// The earliest time at which the person must have signed in, in seconds since 1970.
    pub(super) signed_in_since: Option<i64>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that a reader must understand; none is understood here.
    crit: Option<Value>,
}

/// The parts of a token. The server believes nothing in it before [`Token::verify`].
#[derive(Debug)]
pub(super) struct Token<'a> {
    algorithm: String,
    kid: Option<String>,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Splits a token into its parts.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`].
    pub(super) fn read(text: &'a str) -> Result<Self, Refusal> {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed);
        let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        if text.len() > MAX_BYTES {
            return Err(Refusal::Malformed);
        }
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| Refusal::Malformed)?;
        if header.crit.is_some() {
            return Err(Refusal::Malformed);
        }
        Ok(Self {
            algorithm: header.alg,
            kid: header.kid,
            signed,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// The claims, if one of the keys has signed them.
    ///
    /// # Errors
    ///
    /// As [`Keys::verify`], and [`Refusal::Malformed`] where the claims are not an object.
    pub(super) fn verify(&self, keys: &Keys) -> Result<Claims, Refusal> {
        let (signed, signature) = (self.signed.as_bytes(), &self.signature);
        keys.verify(&self.algorithm, self.kid.as_deref(), signed, signature)?;
        serde_json::from_slice(&self.payload).map_err(|_| Refusal::Malformed)
    }
}

/// Whether the claims of a token whose signature is right are for this sign-in.
///
/// # Errors
///
/// The first of the checks of Core §3.1.3.7 that fails.
pub(super) fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), Refusal> {
    if claims::text(claims, "iss") != Some(expected.issuer) {
        return Err(Refusal::Issuer);
    }
    let audience = claims::texts(claims, "aud");
    let party = claims.get("azp").map(|party| party.as_str().unwrap_or_default());
    let is_for_us = audience.iter().any(|it| it == expected.client_id)
        // A token for several clients has to name the one that asked for it.
        && (audience.len() == 1 || party.is_some())
        && party.is_none_or(|party| party == expected.client_id);
    if !is_for_us {
        return Err(Refusal::Audience);
    }
    let now = expected.now;
    let expires = claims::seconds(claims, "exp").ok_or(Refusal::Malformed)?;
    if now >= expires.saturating_add(SKEW) {
        return Err(Refusal::Expired);
    }
    let issued = claims::seconds(claims, "iat").ok_or(Refusal::Malformed)?;
    let begins = claims::seconds(claims, "nbf").unwrap_or(issued);
    if issued.max(begins) > now.saturating_add(SKEW) {
        return Err(Refusal::Early);
    }
    if claims::text(claims, "nonce") != Some(expected.nonce) {
        return Err(Refusal::Nonce);
    }
    let subject = claims::text(claims, "sub").unwrap_or_default();
    if subject.is_empty() || subject.len() > MAX_SUBJECT || subject.contains('\0') {
        return Err(Refusal::Subject);
    }
    if let Some(since) = expected.signed_in_since {
        let signed_in = claims::seconds(claims, "auth_time").ok_or(Refusal::NoTime)?;
        if signed_in < since.saturating_sub(SKEW) {
            return Err(Refusal::Stale);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://login.example.mil",
        client_id: "milguard",
        nonce: "n",
        now: 1_000_000,
        signed_in_since: None,
    };

    /// Valid claims, changed by the members of `other`; null removes one.
    fn claims(other: &Value) -> Claims {
        let mut claims = json!({
            "iss": "https://login.example.mil", "aud": "milguard", "sub": "ann",
            "exp": 1_000_300, "iat": 1_000_000, "nonce": "n",
        });
        let members = claims.as_object_mut().unwrap();
        for (name, value) in other.as_object().unwrap() {
            members.insert(name.clone(), value.clone());
        }
        members.retain(|_, value| !value.is_null());
        members.clone()
    }

    #[test]
    fn each_claim_is_checked() {
        for (other, result) in [
            (json!({}), Ok(())),
            (json!({ "aud": ["milguard"] }), Ok(())),
            (json!({ "aud": ["milguard", "other"], "azp": "milguard" }), Ok(())),
            (json!({ "exp": 999_941 }), Ok(())),
            (json!({ "iat": 1_000_060, "nbf": 1_000_060.0 }), Ok(())),
            (json!({ "iss": null }), Err(Refusal::Issuer)),
            (json!({ "iss": "https://login.example.mil/" }), Err(Refusal::Issuer)),
            (json!({ "iss": ["https://login.example.mil"] }), Err(Refusal::Issuer)),
            (json!({ "aud": null }), Err(Refusal::Audience)),
            (json!({ "aud": "Milguard" }), Err(Refusal::Audience)),
            (json!({ "aud": [] }), Err(Refusal::Audience)),
            (json!({ "aud": ["milguard", "other"] }), Err(Refusal::Audience)),
            (json!({ "azp": "other" }), Err(Refusal::Audience)),
            (json!({ "azp": 1 }), Err(Refusal::Audience)),
            (json!({ "exp": null }), Err(Refusal::Malformed)),
            (json!({ "exp": "1000300" }), Err(Refusal::Malformed)),
            (json!({ "exp": 999_940 }), Err(Refusal::Expired)),
            (json!({ "exp": -1 }), Err(Refusal::Expired)),
            (json!({ "iat": null }), Err(Refusal::Malformed)),
            (json!({ "iat": 1_000_061 }), Err(Refusal::Early)),
            (json!({ "nbf": 1_000_061 }), Err(Refusal::Early)),
            (json!({ "nonce": null }), Err(Refusal::Nonce)),
            (json!({ "nonce": "N" }), Err(Refusal::Nonce)),
            (json!({ "sub": null }), Err(Refusal::Subject)),
            (json!({ "sub": "" }), Err(Refusal::Subject)),
            (json!({ "sub": 7 }), Err(Refusal::Subject)),
            (json!({ "sub": "a\0" }), Err(Refusal::Subject)),
            (json!({ "sub": "x".repeat(256) }), Err(Refusal::Subject)),
        ] {
            assert_eq!(check(&claims(&other), &EXPECTED), result, "{other}");
        }
    }

    #[test]
    fn a_token_is_refused_if_the_person_did_not_sign_in_again() {
        let expected = Expected { signed_in_since: Some(999_900), ..EXPECTED };
        for (other, result) in [
            (json!({ "auth_time": 999_950 }), Ok(())),
            (json!({ "auth_time": 999_840 }), Ok(())),
            (json!({ "auth_time": 999_839 }), Err(Refusal::Stale)),
            (json!({}), Err(Refusal::NoTime)),
        ] {
            assert_eq!(check(&claims(&other), &expected), result, "{other}");
        }
    }

    #[test]
    fn text_that_is_not_a_token_is_refused() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = encode(r#"{"alg":"RS256"}"#);
        for text in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "a.b.c".to_owned(),
            header.clone(),
            format!("{header}.e30"),
            format!("{header}.e30.=="),
            format!("{header}.e30.a.b"),
            format!("{}.e30.", encode("{}")),
            format!("{}.e30.", encode("[]")),
            format!("{}.e30.", encode(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#)),
            format!("{header}.{}.", "e".repeat(MAX_BYTES)),
        ] {
            let shown: String = text.chars().take(60).collect();
            assert_eq!(Token::read(&text).map(|_| ()), Err(Refusal::Malformed), "{shown}");
        }
        assert!(Token::read(&format!("{header}.e30.")).is_ok(), "its signature is looked at later");
    }
}
