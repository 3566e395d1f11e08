//! Client keys: what a client shows once it has enrolled.
//!
//! A key names its client and is signed. So no server has to keep four million keys in memory, and none asks its database before
//! it answers. A key is `mg_client_` and 64 characters of Base64 (RFC 4648 §5) for 48 bytes: the client's id, the id of the token
//! that enrolled it, the kind of client, and 15 bytes of a signature over these.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store::Host;

/// How every client key begins.
const PREFIX: &str = "mg_client_";

/// How many of the 48 bytes are signed.
const SIGNED: usize = 33;

/// Signs keys and reads them.
#[derive(Clone, Default)]
pub(super) struct Keys(String);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// The contents of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Key {
    pub(super) client: Uuid,
    pub(super) token: Uuid,
    pub(super) host: Host,
}

impl Keys {
    pub(super) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The text of a key.
    pub(super) fn write(&self, key: &Key) -> String {
        let mut bytes = Vec::with_capacity(48);
        bytes.extend_from_slice(key.client.as_bytes());
        bytes.extend_from_slice(key.token.as_bytes());
        bytes.push(match key.host {
            Host::Thunderbird => 0,
            Host::Outlook => 1,
            Host::Gateway => 2,
        });
        let signature = self.sign(&bytes);
        bytes.extend_from_slice(&signature);
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// The contents of a key, if this server or another one with the same secret has signed it.
    pub(super) fn read(&self, text: &str) -> Option<Key> {
        let text = text.strip_prefix(PREFIX).filter(|text| text.len() == 64)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (signed, signature) = bytes.split_at_checked(SIGNED)?;
        // This compares hashes, so that the time of the comparison reveals nothing about the
        // signature.
        if Sha256::digest(signature) != Sha256::digest(self.sign(signed)) {
            return None;
        }
        let id = |range| Uuid::from_slice(signed.get(range)?).ok();
        let host = match signed.last()? {
            0 => Host::Thunderbird,
            1 => Host::Outlook,
            2 => Host::Gateway,
            _ => return None,
        };
        Some(Key { client: id(0..16)?, token: id(16..32)?, host })
    }

    /// The secret comes first, messages have a fixed length, and a key shows half of the hash: so nobody can
    /// extend a hash to that of a longer message.
    fn sign(&self, bytes: &[u8]) -> [u8; 15] {
        let hash: [u8; 32] =
            Sha256::new().chain_update(&self.0).chain_update(bytes).finalize().into();
        let mut signature = [0; 15];
        signature.copy_from_slice(hash.get(..15).unwrap_or(&[0; 15]));
        signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_only_by_servers_with_the_secret_that_signed_it() {
        let keys = Keys::new("secret".to_owned());
        for host in Host::ALL {
            let key = Key { client: Uuid::new_v4(), token: Uuid::new_v4(), host };
            let text = keys.write(&key);
            assert_eq!(keys.read(&text), Some(key));
            assert_eq!(Keys::new("other".to_owned()).read(&text), None);
            for place in PREFIX.len()..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
                assert_eq!(keys.read(std::str::from_utf8(&changed).unwrap()), None, "{place}");
            }
        }
        for text in ["", PREFIX, "mg_client_AAAA", "mg_enrol_0123"] {
            assert_eq!(keys.read(text), None, "{text}");
        }
    }
}
