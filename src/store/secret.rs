//! Tokens: random text that is shown once and kept as its hash.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// 160 bits: nobody guesses one, so that a plain hash, which costs nothing to look up, is enough.
const BYTES: usize = 20;

/// The text of a new token. It prints only where it is asked for, by [`reveal`](Self::reveal).
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one: `prefix`, which tells people and secret scanners what it is, and 40 hexadecimal digits.
    pub fn new(prefix: &str) -> Self {
        let bytes: [u8; BYTES] = rand::random();
        Self(format!("{prefix}{}", HEXLOWER.encode(&bytes)))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> String {
        hash_secret(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 in hexadecimal: what a token is looked up by.
pub fn hash_secret(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}
