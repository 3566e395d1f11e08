//! Splits a line of a log into its parts, and finds the parts that several mail servers' formats
//! have in common.

use super::common::id_len;
use super::prefix;
use crate::scan::bytes;
use crate::scan::time::Stamp;

/// A line, split into its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The beginning of the line in its block.
    pub(super) start: usize,
    pub(super) text: &'a [u8],
    /// The host, or the container; empty if the line names none.
    pub(super) host: &'a [u8],
    /// The program's message.
    pub(super) body: &'a [u8],
}

impl Line<'_> {
    /// The time of the line.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        prefix::stamp(self.text)
    }

    /// The key of a message on this host.
    pub(super) fn key(&self, id: &[u8]) -> u64 {
        bytes::key(&[self.host, id])
    }

    /// The text before the message.
    pub(super) fn head(&self) -> &[u8] {
        bytes::before(self.text, self.text.len() - self.body.len())
    }
}

/// The queue id after words such as `queued as `, under which another server continues with the
/// message.
pub(super) fn next_id(words: &[u8]) -> Option<&[u8]> {
    let next = bytes::after(words, b"queued as ")
        .or_else(|| bytes::after(words, b"OK id="))
        .or_else(|| bytes::after(words, b"Sent ("))?;
    Some(bytes::before(next, id_len(next))).filter(|id| id.len() > 5 && id.len() < 40)
}

/// Whether a relay is a program on the same machine or in the same network, so that the message
/// returns.
pub(super) fn is_inside(relay: &[u8]) -> bool {
    let relay = bytes::until(relay, b',');
    if relay.starts_with(b"localhost") || relay.starts_with(b"127.") || relay.starts_with(b"::1") {
        return true;
    }
    let Some(address) = bytes::after(relay, b"[") else { return false };
    let address = bytes::until(address, b']');
    // A socket in the file system.
    if address.contains(&b'/') {
        return true;
    }
    let address = str::from_utf8(address).unwrap_or_default();
    match address.strip_prefix("IPv6:").unwrap_or(address).parse() {
        Ok(std::net::IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Ok(std::net::IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => false,
    }
}

/// The byte that begins a code for a colour.
pub(super) const ESCAPE: u8 = 0x1B;

/// A line without the codes for colours (ECMA-48, section 8.3.117).
pub(super) fn without_colours(text: &[u8]) -> Vec<u8> {
    let mut parts = text.split(|&byte| byte == ESCAPE);
    let mut plain = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let code = part.strip_prefix(b"[").and_then(|code| {
            let end = code.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';')?;
            (code.get(end) == Some(&b'm')).then(|| bytes::from(code, end + 1))
        });
        plain.extend_from_slice(code.unwrap_or(part));
    }
    plain
}
