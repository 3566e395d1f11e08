//! The formats: one file for each, all behind [`Parser`].

mod columns;
mod csv;
mod exchange;
mod exim;
mod jsonl;
mod list;
mod mbox;
mod message;
mod message_trace;
mod postfix;
mod sendmail;
mod sniff;
mod syslog;
mod table;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use columns::Columns;
pub(crate) use csv::cut as cut_csv;
pub(crate) use mbox::{HEADER_LIMIT, header_end, is_start, next_candidate};
pub(crate) use sniff::{SNIFFED, Unreadable, for_format, sniff};

use super::found::Found;
use super::judge::Judge;

/// What a file is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[derive(clap::ValueEnum)]
pub enum Format {
    /// Postfix, through any syslog.
    Postfix,
    /// sendmail, through any syslog.
    Sendmail,
    /// Exim's main log.
    Exim,
    /// Exchange's message tracking log.
    Exchange,
    /// Microsoft 365's message trace, as CSV.
    MessageTrace,
    /// Messages in a mailbox file (RFC 4155).
    Mbox,
    /// One message (RFC 5322): `.eml`, or a file of a Maildir.
    Message,
    /// A table with named columns.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// An address a line.
    List,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Postfix,
        Self::Sendmail,
        Self::Exim,
        Self::Exchange,
        Self::MessageTrace,
        Self::Mbox,
        Self::Message,
        Self::Csv,
        Self::Jsonl,
        Self::List,
    ];

    /// The name used on the command line and in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postfix => "postfix",
            Self::Sendmail => "sendmail",
            Self::Exim => "exim",
            Self::Exchange => "exchange",
            Self::MessageTrace => "message-trace",
            Self::Mbox => "mbox",
            Self::Message => "message",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::List => "list",
        }
    }

    /// Whether every record ends in a line feed: a last line without one is still being written.
    pub(crate) const fn is_log(self) -> bool {
        matches!(self, Self::Postfix | Self::Sendmail | Self::Exim | Self::Exchange)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where one record ends and the next begins, which decides where a file may be cut into blocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Framing {
    /// Each line is a record.
    Lines,
    /// RFC 4180 with this delimiter: a quoted field may hold line ends.
    Csv(u8),
    /// Only the headers of the messages are kept.
    Mbox,
    /// Only the header of the message is kept.
    Message,
}

/// A format's reader. It holds no state of the file beyond its head, so that blocks can be read in any
/// order and by any thread.
pub(crate) trait Parser: fmt::Debug + Send + Sync {
    /// What it reads.
    fn format(&self) -> Format;

    /// How its files may be cut.
    fn framing(&self) -> Framing;

    /// Reads whole records. Must take any bytes, and give for two blocks together what it gives for one
    /// after the other.
    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found);

    /// How many records a part of a block holds.
    fn records_in(&self, part: &[u8]) -> u64 {
        postfix::bytes_lines(part)
    }

    /// The parser for what follows, where the block holds a new head.
    fn after(&self, _block: &[u8]) -> Option<Arc<dyn Parser>> {
        None
    }
}
