//! Tokens: random texts that are shown once and stored as a hash.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// 160 bits: nobody can guess a token, so that a plain hash, which costs nothing to look up, is
/// enough.
const BYTES: usize = 20;

/// The text of a new token. Only [`reveal`](Self::reveal) prints it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new token: `prefix`, by which people and secret scanners recognise it, and 40 hexadecimal
    /// digits.
    pub fn new(prefix: &str) -> Self {
        let bytes: [u8; BYTES] = rand::random();
        Self(format!("{prefix}{}", HEXLOWER.encode(&bytes)))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash that is stored instead.
    pub fn hash(&self) -> String {
        hash_secret(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 in hexadecimal, by which the store finds a token.
pub fn hash_secret(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}
