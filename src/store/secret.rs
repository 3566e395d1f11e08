//! Tokens: random text that is shown once and kept as its hash.

use std::fmt::{self, Write};

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
        Self(format!("{prefix}{}", hexadecimal(&bytes)))
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
    hexadecimal(&Sha256::digest(text))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
