//! Counts the lines of a log by their kind, so that a scan can say how many it has not understood.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bytes;
use super::format::Format;

/// The programs whose lines are read, in the order of [`Lines::read`].
const READ: [Format; 7] = [
    Format::Postfix,
    Format::Sendmail,
    Format::Exim,
    Format::Opensmtpd,
    Format::Courier,
    Format::Qmail,
    Format::Cisco,
];

/// The most programs to name; a log has the lines of a few mail servers.
const NAMES: usize = 16;

/// The lines of a log, counted by kind.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lines {
    /// Lines of mail servers that are read.
    pub(super) read: [u64; READ.len()],
    /// Lines of mail servers that the scan does not read, by the server's name.
    pub(super) unread: BTreeMap<String, u64>,
    /// Lines of programs that deliver no mail.
    pub(super) other: u64,
    /// Lines with a time but no program: Exim writes such lines beside its entries.
    pub(super) timed: u64,
    /// Lines that the scan did not understand.
    pub(super) unclear: u64,
    /// How many of those name an address.
    pub(super) unclear_named: u64,
    /// Records that name a look-alike, but were cut, or have the look-alike where the scan expects no recipient.
    #[serde(default)]
    pub(super) flagged: u64,
    /// Records about flagged recipients in the wanted period.
    #[serde(default)]
    pub(super) found: u64,
    /// Lines that were left out, and headers that were cut, because of their length.
    #[serde(default)]
    pub(super) too_long: u64,
    /// Cells whose list of recipients the export cut or left out.
    pub(super) lost: u64,
    /// Empty lines, comments, and later lines of an entry.
    pub(super) blank: u64,
}

impl Lines {
    pub(super) fn add_unread(&mut self, name: &[u8]) {
        let name = bytes::text(name, 40);
        let name = if self.unread.len() < NAMES || self.unread.contains_key(&name) {
            name
        } else {
            "others".to_owned()
        };
        *self.unread.entry(name).or_default() += 1;
    }

    pub(super) fn add_unclear(&mut self, names_address: bool) {
        self.unclear += 1;
        self.unclear_named += u64::from(names_address);
    }

    /// Adds the lines of another part of the log.
    pub(super) fn add(&mut self, more: &Self) {
        let Self {
            read,
            unread,
            other,
            timed,
            unclear,
            unclear_named,
            flagged,
            found,
            too_long,
            lost,
            blank,
        } = more;
        for (count, more) in self.read.iter_mut().zip(read) {
            *count += more;
        }
        for (name, count) in unread {
            let room = self.unread.len() < NAMES || self.unread.contains_key(name);
            let name = if room { name.as_str() } else { "others" };
            *self.unread.entry(name.to_owned()).or_default() += count;
        }
        self.other += other;
        self.timed += timed;
        self.unclear += unclear;
        self.unclear_named += unclear_named;
        self.flagged += flagged;
        self.found += found;
        self.too_long += too_long;
        self.lost += lost;
        self.blank += blank;
    }

    /// The programs that were read, with the lines of each.
    pub fn formats(&self) -> impl Iterator<Item = (Format, u64)> {
        READ.into_iter().zip(self.read).filter(|(_, count)| *count > 0)
    }

    /// Lines of mail servers that are not read, by name.
    pub const fn unread(&self) -> &BTreeMap<String, u64> {
        &self.unread
    }

    /// The number of lines that were not understood. Lines without a program count as Exim's, if
    /// the log has others of Exim.
    pub(super) const fn not_understood(&self) -> u64 {
        self.unclear + if self.read[2] > 0 { 0 } else { self.timed }
    }
}
