//! The names of the formats, and the places where their files may be cut.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a file, or the program that wrote a line of a log.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[derive(clap::ValueEnum)]
pub enum Format {
    /// A log of mail servers: the program that a line names decides how to read it.
    Log,
    /// Postfix, through any syslog.
    Postfix,
    /// sendmail, through any syslog.
    Sendmail,
    /// Exim's main log, as a file or through syslog.
    Exim,
    /// `OpenSMTPD`, through any syslog.
    Opensmtpd,
    /// Courier, through any syslog.
    Courier,
    /// qmail, through any syslog or with TAI64N labels.
    Qmail,
    /// Cisco Secure Email Gateway's text mail logs.
    Cisco,
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
    /// JSON: one object on each line, an array, or objects one after the other.
    Jsonl,
    /// Contacts as vCard (RFC 6350).
    Vcard,
    /// Directory entries as LDIF (RFC 2849).
    Ldif,
    /// A table of contacts, with several address columns.
    Contacts,
    /// An address a line.
    List,
}

codes! {
    /// Every format.
    pub ALL,
    /// The name used on the command line and in every output.
    pub as_str of Format {
        Log: "log",
        Postfix: "postfix",
        Sendmail: "sendmail",
        Exim: "exim",
        Opensmtpd: "opensmtpd",
        Courier: "courier",
        Qmail: "qmail",
        Cisco: "cisco",
        Exchange: "exchange",
        MessageTrace: "message-trace",
        Mbox: "mbox",
        Message: "message",
        Csv: "csv",
        Jsonl: "jsonl",
        Vcard: "vcard",
        Ldif: "ldif",
        Contacts: "contacts",
        List: "list",
    }
}

impl Format {
    /// Whether the program that wrote a line decides how to read it.
    pub(crate) const fn is_syslog(self) -> bool {
        matches!(
            self,
            Self::Log
                | Self::Postfix
                | Self::Sendmail
                | Self::Exim
                | Self::Opensmtpd
                | Self::Courier
                | Self::Qmail
                | Self::Cisco
        )
    }

    /// Whether every record ends in a line feed, so that a last line without one is still being
    /// written.
    pub(crate) const fn is_log(self) -> bool {
        self.is_syslog() || matches!(self, Self::Exchange)
    }

    /// Whether the format contains addresses and no mail, so that reports do not say that something was
    /// sent.
    pub const fn is_address_book(self) -> bool {
        matches!(self, Self::Vcard | Self::Ldif | Self::Contacts)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The boundary between records, at which a file may be cut into blocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Framing {
    /// Each line is a record.
    Lines,
    /// RFC 4180 with this delimiter: a quoted field may contain line ends.
    Csv(u8),
    /// Objects of JSON, wherever their lines end.
    Json,
    /// Lines; one that begins with a blank continues the one before.
    Folded,
    /// Only the headers of the messages are kept.
    Mbox,
    /// Only the header of the message is kept.
    Message,
}
