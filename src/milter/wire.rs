//! The packets of sendmail's milter protocol, version 6 (`mfdef.h` and `mfapi.h` of Sendmail 8.17).
//!
//! A packet is a length of four bytes (big-endian, without itself), a command and its data. This file
//! limits everything that a mail server sends; the session decides what it means.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The version that this program speaks.
pub(super) const VERSION: u32 = 6;

/// The oldest version that mail servers still speak.
pub(super) const OLDEST: u32 = 2;

/// The largest packet in bytes. Postfix and Sendmail send bodies in pieces of 64 KiB and header fields
/// of at most 100 KiB unless an administrator allows more. A smaller limit would refuse those; with a
/// larger one a broken peer could reserve more memory.
const MAX_PACKET: usize = 512 << 10;

/// The changes that a milter may make to a message; `SMFIF_*`.
pub(super) mod actions {
    pub(in crate::milter) const ADD_HEADERS: u32 = 0x01;
    pub(in crate::milter) const CHANGE_HEADERS: u32 = 0x10;
    pub(in crate::milter) const QUARANTINE: u32 = 0x20;
}

/// The steps that a milter does not want to see or to answer; `SMFIP_*`.
pub(super) mod steps {
    pub(in crate::milter) const NO_CONNECT: u32 = 0x01;
    pub(in crate::milter) const NO_HELO: u32 = 0x02;
    pub(in crate::milter) const SILENT_HEADER: u32 = 0x80;
    pub(in crate::milter) const NO_UNKNOWN: u32 = 0x100;
    pub(in crate::milter) const NO_DATA: u32 = 0x200;
    pub(in crate::milter) const SKIP: u32 = 0x400;
    pub(in crate::milter) const SILENT_MAIL: u32 = 0x4000;
    pub(in crate::milter) const LEADING_SPACE: u32 = 0x10_0000;
}

/// A packet of the mail server.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Packet {
    pub(super) command: u8,
    pub(super) data: Vec<u8>,
}

/// Reads a packet. `None` if the mail server has closed the connection between two packets.
///
/// # Errors
///
/// When the packet is empty or too large, when the connection breaks within it, or when the mail server
/// keeps silent for longer than `idle` before it or `within` in the middle of it.
pub(super) async fn read<R: AsyncRead + Unpin>(
    reader: &mut R,
    idle: Duration,
    within: Duration,
) -> io::Result<Option<Packet>> {
    let mut length = [0; 4];
    let first = timeout(idle, reader.read(&mut length)).await.map_err(|_| silence())??;
    if first == 0 {
        return Ok(None);
    }
    timeout(within, async {
        reader.read_exact(length.get_mut(first..).unwrap_or_default()).await?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if !(1..=MAX_PACKET).contains(&length) {
            let what = format!("a packet has {length} bytes; 1 to {MAX_PACKET} are allowed");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let command = reader.read_u8().await?;
        // Memory is reserved only for bytes that have arrived.
        let mut data = Vec::with_capacity((length - 1).min(4 << 10));
        let wanted = u64::try_from(length - 1).unwrap_or(u64::MAX);
        (&mut *reader).take(wanted).read_to_end(&mut data).await?;
        if data.len() < length - 1 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(Packet { command, data }))
    })
    .await
    .map_err(|_| silence())?
}

fn silence() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the mail server kept silent for too long")
}

/// Answers to one packet, written together.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<u8>);

impl Answers {
    fn push(&mut self, command: u8, parts: &[&[u8]]) -> &mut Self {
        let length = 1 + parts.iter().map(|part| part.len()).sum::<usize>();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.push(command);
        for part in parts {
            self.0.extend_from_slice(part);
        }
        self
    }

    /// The version, actions and steps that both sides have agreed on.
    pub(super) fn negotiate(&mut self, version: u32, actions: u32, steps: u32) -> &mut Self {
        let numbers = [version, actions, steps].map(u32::to_be_bytes);
        self.push(b'O', &numbers.each_ref().map(<[u8; 4]>::as_slice))
    }

    /// Tells the mail server to continue.
    pub(super) fn go_on(&mut self) -> &mut Self {
        self.push(b'c', &[])
    }

    /// The message is accepted, and the milter wants no more of it.
    pub(super) fn accept(&mut self) -> &mut Self {
        self.push(b'a', &[])
    }

    /// The milter does not want the rest of the body.
    pub(super) fn skip(&mut self) -> &mut Self {
        self.push(b's', &[])
    }

    /// Refuses with an SMTP reply, such as `550 5.1.2 text`.
    pub(super) fn reply(&mut self, text: &str) -> &mut Self {
        self.push(b'y', &[text.as_bytes(), b"\0"])
    }

    /// Adds a header field.
    pub(super) fn add_header(&mut self, name: &str, value: &str) -> &mut Self {
        self.push(b'h', &[name.as_bytes(), b"\0", value.as_bytes(), b"\0"])
    }

    /// Replaces the value of the `index`-th field (from 1) of that name; an empty value removes it.
    pub(super) fn change_header(&mut self, index: u32, name: &str, value: &str) -> &mut Self {
        let index = index.to_be_bytes();
        self.push(b'm', &[&index, name.as_bytes(), b"\0", value.as_bytes(), b"\0"])
    }

    /// Keeps the message until a person releases it.
    pub(super) fn quarantine(&mut self, reason: &str) -> &mut Self {
        self.push(b'q', &[reason.as_bytes(), b"\0"])
    }

    /// Sends the collected answers.
    ///
    /// # Errors
    ///
    /// When the connection breaks or the mail server reads nothing for `within`.
    pub(super) async fn send<W: AsyncWrite + Unpin>(
        &mut self,
        writer: &mut W,
        within: Duration,
    ) -> io::Result<()> {
        if !self.0.is_empty() {
            timeout(within, writer.write_all(&self.0)).await.map_err(|_| silence())??;
            self.0.clear();
        }
        Ok(())
    }
}

/// Three numbers: version, actions and steps of the mail server.
pub(super) fn negotiation(data: &[u8]) -> Option<(u32, u32, u32)> {
    let mut numbers = data
        .chunks_exact(4)
        .map(|four| four.iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte)));
    Some((numbers.next()?, numbers.next()?, numbers.next()?))
}

/// The texts of a packet, each of which ends with a NUL.
pub(super) fn texts(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.strip_suffix(b"\0").unwrap_or(data).split(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn read_all(mut bytes: &[u8]) -> io::Result<Option<Packet>> {
        read(&mut bytes, SECOND, SECOND).await
    }

    #[tokio::test]
    async fn a_packet_consists_of_a_length_a_command_and_data() {
        let packet = read_all(b"\0\0\0\x03Rab").await.unwrap();
        assert_eq!(packet, Some(Packet { command: b'R', data: b"ab".to_vec() }));
        assert_eq!(read_all(b"").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_packet_that_is_empty_too_large_or_cut_off_is_an_error() {
        for bytes in [
            b"\0\0\0\0".as_slice(),
            b"\xff\xff\xff\xffR",
            b"\0\x08\0\x01R",
            b"\0\0",
            b"\0\0\0\x05Rab",
        ] {
            assert!(read_all(bytes).await.is_err(), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_peer_that_stops_within_a_packet_causes_a_timeout() {
        let (mut here, mut there) = tokio::io::duplex(64);
        there.write_all(b"\0\0\0\x05R").await.unwrap();
        let error = read(&mut here, 1000 * SECOND, Duration::from_millis(10)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn numbers_and_texts_are_read_from_a_packet() {
        assert_eq!(
            negotiation(b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff"),
            Some((6, 0x1ff, 0x1f_ffff))
        );
        assert_eq!(negotiation(b"\0\0\0\x06\0"), None);
        assert_eq!(texts(b"To\0 a@b\0").collect::<Vec<_>>(), [b"To".as_slice(), b" a@b"]);
    }
}
