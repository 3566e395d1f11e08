//! Reads the keys with which a provider signs (RFC 7517), and verifies its signatures (RFC 7518 §3,
//! RFC 8037).
//!
//! The table has only algorithms with public keys. `none` and the family `HS` are missing, so the server never
//! considers a token without a signature, nor one that somebody signed with the public key as the secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

use super::Refusal;

/// The most keys to keep. A provider has a few, and a signature that names no key is tried with all
/// of them.
const MOST: usize = 50;

/// The algorithm of a signature.
#[derive(Clone, Copy, Debug)]
enum Algorithm {
    Rsa(&'static RsaParameters),
    P256,
    P384,
    Ed25519,
}

impl Algorithm {
    /// The algorithm with this name in RFC 7518 or RFC 8037.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Self::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Self::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            "PS256" => Self::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            "PS384" => Self::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            "PS512" => Self::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            "ES256" => Self::P256,
            "ES384" => Self::P384,
            "EdDSA" => Self::Ed25519,
            _ => return None,
        })
    }
}

/// A key as it is published. Members that nobody needs here are left out.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

/// The keys of a provider.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    alg: Option<String>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Keys {
    /// Reads a JWK set. Keys of other kinds and for other purposes are passed over, as RFC 7517 §5 says.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let set: Jwks = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().take(MOST);
        let keys = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Some(Self(keys.filter_map(Key::new).collect()))
    }

    /// Whether `message` carries the signature of one of the keys.
    ///
    /// # Errors
    ///
    /// [`Refusal::Algorithm`], [`Refusal::UnknownKey`] or [`Refusal::Signature`].
    pub(super) fn verify(
        &self,
        algorithm: &str,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let how = Algorithm::of(algorithm).ok_or(Refusal::Algorithm)?;
        let is_meant = |key: &&Key| {
            kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
                && key.alg.as_deref().is_none_or(|alg| alg == algorithm)
                && key.public.fits(how)
        };
        let mut meant = self.0.iter().filter(is_meant).peekable();
        if meant.peek().is_none() {
            return Err(Refusal::UnknownKey);
        }
        let is_right = meant.any(|key| key.public.verify(how, message, signature));
        if is_right { Ok(()) } else { Err(Refusal::Signature) }
    }
}

impl Key {
    fn new(jwk: Jwk) -> Option<Self> {
        if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        // RFC 7518 §6.2.1.2: coordinates have the full length of the curve.
        let point = |length: usize| {
            let (x, y) = (bytes(&jwk.x)?, bytes(&jwk.y)?);
            (x.len() == length && y.len() == length).then(|| [&[4][..], &x, &y].concat())
        };
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                Public::Rsa { n: without_zeros(bytes(&jwk.n)?), e: without_zeros(bytes(&jwk.e)?) }
            }
            ("EC", Some("P-256")) => Public::P256(point(32)?),
            ("EC", Some("P-384")) => Public::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Public::Ed25519(bytes(&jwk.x)?),
            _ => return None,
        };
        Some(Self { kid: jwk.kid, alg: jwk.alg, public })
    }
}

impl Public {
    /// Whether a key of this kind makes such signatures.
    fn fits(&self, how: Algorithm) -> bool {
        matches!(
            (self, how),
            (Self::Rsa { .. }, Algorithm::Rsa(_))
                | (Self::P256(_), Algorithm::P256)
                | (Self::P384(_), Algorithm::P384)
                | (Self::Ed25519(_), Algorithm::Ed25519)
        )
    }

    fn verify(&self, how: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, key): (&'static dyn signature::VerificationAlgorithm, _) = match (self, how)
        {
            (Self::Rsa { n, e }, Algorithm::Rsa(parameters)) => {
                let key = RsaPublicKeyComponents { n, e };
                return key.verify(parameters, message, signature).is_ok();
            }
            (Self::P256(point), Algorithm::P256) => (&signature::ECDSA_P256_SHA256_FIXED, point),
            (Self::P384(point), Algorithm::P384) => (&signature::ECDSA_P384_SHA384_FIXED, point),
            (Self::Ed25519(key), Algorithm::Ed25519) => (&signature::ED25519, key),
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}

/// ring takes numbers without leading zeros, which some providers write.
fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.into_iter().skip(zeros).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("signatures.json")).unwrap()
    }

    fn verify(
        keys: &Value,
        signature: &Value,
        alg: &str,
        kid: Option<&str>,
    ) -> Result<(), Refusal> {
        let keys = Keys::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(signature.as_str().unwrap()).unwrap();
        keys.verify(alg, kid, vectors()["signed"].as_str().unwrap().as_bytes(), &bytes)
    }

    #[test]
    fn each_algorithm_accepts_only_its_own_signatures() {
        let vectors = vectors();
        let keys = &vectors["keys"];
        for one in vectors["signatures"].as_array().unwrap() {
            let (alg, kid) = (one["alg"].as_str().unwrap(), one["kid"].as_str());
            assert_eq!(verify(keys, &one["signature"], alg, kid), Ok(()), "{alg}");
            assert_eq!(verify(keys, &one["signature"], alg, None), Ok(()), "{alg} without a name");
            let other = verify(keys, &one["signature"], alg, Some("other"));
            assert_eq!(other, Err(Refusal::UnknownKey), "{alg}");
            for wrong in ["none", "None", "", "HS256", "HS384", "HS512", "ES512", "RS1", "es256"] {
                let refused = verify(keys, &one["signature"], wrong, kid);
                assert_eq!(refused, Err(Refusal::Algorithm), "{alg} as {wrong}");
            }
            for another in vectors["signatures"].as_array().unwrap() {
                let name = another["alg"].as_str().unwrap();
                if name != alg {
                    assert!(
                        verify(keys, &one["signature"], name, None).is_err(),
                        "{alg} as {name}"
                    );
                }
            }
            let mut changed = URL_SAFE_NO_PAD.decode(one["signature"].as_str().unwrap()).unwrap();
            changed[10] ^= 1;
            let changed = json!(URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(verify(keys, &changed, alg, kid), Err(Refusal::Signature), "{alg}");
            assert_eq!(verify(keys, &json!(""), alg, kid), Err(Refusal::Signature), "{alg}");
        }
    }

    #[test]
    fn a_key_is_used_only_for_its_stated_purpose() {
        let vectors = vectors();
        let one = &vectors["signatures"][0];
        let with = |name: &str, value: Value| {
            let mut key = vectors["keys"][0].clone();
            key[name] = value;
            verify(&json!([key]), &one["signature"], "RS256", Some("rsa"))
        };
        assert_eq!(with("alg", json!("RS256")), Ok(()));
        assert_eq!(with("alg", json!("RS512")), Err(Refusal::UnknownKey));
        assert_eq!(with("use", json!("enc")), Err(Refusal::UnknownKey));
        assert_eq!(with("kty", json!("oct")), Err(Refusal::UnknownKey));
        assert_eq!(with("e", json!("AQAC")), Err(Refusal::Signature));
        assert_eq!(with("n", json!("!")), Err(Refusal::UnknownKey));
        let zero =
            [&[0][..], &URL_SAFE_NO_PAD.decode(vectors["keys"][0]["n"].as_str().unwrap()).unwrap()];
        assert_eq!(with("n", json!(URL_SAFE_NO_PAD.encode(zero.concat()))), Ok(()));
    }

    #[test]
    fn signatures_by_keys_of_less_than_2048_bits_are_refused() {
        let (vectors, weak) = (vectors(), &vectors()["weak"]);
        let refused = verify(&vectors["keys"], &weak["signature"], "RS256", Some("small"));
        assert_eq!(refused, Err(Refusal::Signature));
    }

    #[test]
    fn an_invalid_set_of_keys_is_refused_and_unknown_kinds_of_keys_are_skipped() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, "null"] {
            assert!(Keys::read(text.as_bytes()).is_none(), "{text}");
        }
        let strange = r#"{"keys":[1,{},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"EC","crv":"P-521"}]}"#;
        assert!(Keys::read(strange.as_bytes()).unwrap().0.is_empty());
    }
}
