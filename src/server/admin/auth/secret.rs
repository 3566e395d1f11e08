//! Random secrets by which the server recognises a session, a link, a device or a token.
//!
//! The store keeps digests alone, so that an attacker who reads the database can use none of them. A secret
//! has 256 random bits, so a plain SHA-256 is enough: there is nothing to guess.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The length of a secret in characters.
pub(crate) const LENGTH: usize = 43;

/// A new secret: 256 bits from the system's generator, in base64url.
pub(crate) fn generate() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What the store keeps of a secret: SHA-256 in hexadecimal.
pub(crate) fn digest(secret: &str) -> String {
    digest_for("", secret)
}

/// The digest for one purpose: two purposes of one secret have nothing in common.
pub(crate) fn digest_for(purpose: &str, secret: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(purpose.as_bytes());
    hasher.update([0]);
    hasher.update(secret.as_bytes());
    HEXLOWER.encode(&hasher.finalize())
}

/// Whether two secrets are the same. The time does not depend on the secrets: this compares
/// digests, whose first difference reveals nothing about the secrets.
pub(crate) fn same(one: &str, other: &str) -> bool {
    digest(one) == digest(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_unique_and_fits_a_cookie_and_a_link() {
        let (one, other) = (generate(), generate());
        assert_ne!(one, other);
        for secret in [one, other] {
            assert_eq!(secret.len(), LENGTH);
            assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        }
    }

    #[test]
    fn a_digest_shows_nothing_of_the_secret_and_is_bound_to_its_purpose() {
        assert_eq!(digest("a").len(), 64);
        assert_ne!(digest("a"), digest_for("form", "a"));
        assert_ne!(digest_for("form", "a"), digest_for("for", "ma"));
        assert!(same("a", "a") && !same("a", "b") && !same("", "a"));
    }
}
