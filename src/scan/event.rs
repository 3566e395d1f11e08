//! Facts that a log tells of one recipient, and the deliveries made of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::format::Format;
use super::time::{Stamp, Time};
use crate::detect::{Reason, RecipientReport, Severity};

/// What became of a message for one recipient, by the log's own words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The next server, or the mailbox, took it.
    Delivered,
    /// It was returned, or given up.
    Bounced,
    /// The last attempt failed for now; the server will try again.
    Deferred,
    /// Never accepted: refused before it was in a queue, or thrown away by a rule.
    Rejected,
    /// The log does not say: messages and lists of addresses.
    Unknown,
}

impl Status {
    /// Every status, in the order of the reports.
    pub const ALL: [Self; 5] =
        [Self::Delivered, Self::Bounced, Self::Deferred, Self::Rejected, Self::Unknown];

    /// The name used in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// What a word in a column means.
    pub(super) fn from_word(word: &str) -> Self {
        let word = word.trim().to_ascii_lowercase();
        let any = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
        // "undelivered" and "not delivered" hold "delivered".
        if any(&[
            "bounce",
            "permfail",
            "undeliver",
            "not deliver",
            "expired",
            "expiration",
            "error",
        ]) || word.contains("fail") && !any(&["transient", "temp"])
            || word == "false"
        {
            Self::Bounced
        } else if any(&[
            "defer",
            "pending",
            "queued",
            "delay",
            "gettingstatus",
            "transient",
            "temp",
        ]) {
            Self::Deferred
        } else if any(&["reject", "block", "denied", "refused", "quarantine", "drop", "discard"]) {
            Self::Rejected
        } else if any(&["deliver", "sent", "send", "success", "accept", "filteredasspam"])
            || matches!(word.as_str(), "ok" | "true")
        {
            Self::Delivered
        } else {
            match word.as_bytes() {
                [b'2', _, _] => Self::Delivered,
                [b'4', _, _] => Self::Deferred,
                [b'5', _, _] => Self::Bounced,
                _ => Self::Unknown,
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the checker says of a recipient, without the spans.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// The highest severity of the findings.
    pub severity: Severity,
    /// Most telling first.
    pub reasons: Vec<Reason>,
    /// The address that was probably meant.
    pub suggestion: Option<String>,
}

impl From<RecipientReport> for Verdict {
    fn from(report: RecipientReport) -> Self {
        Self {
            severity: report.severity,
            reasons: report.findings.iter().map(|finding| finding.reason).collect(),
            suggestion: report.suggestion,
        }
    }
}

/// One message to one flagged recipient: what is counted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Delivery {
    /// When its status was logged.
    pub time: Option<Time>,
    /// The flagged address, as it was logged.
    pub recipient: String,
    /// Where the mail went instead, where the server rewrote the flagged address.
    pub rewritten: Option<String>,
    /// The envelope sender, empty for bounces; `None` if the log does not tell.
    pub sender: Option<String>,
    /// What became of it.
    pub status: Status,
    /// The server's words.
    pub detail: String,
    /// The queue id or Message-ID.
    pub id: String,
    /// How often the log says that it was tried.
    pub attempts: u32,
    /// Why it was flagged.
    pub verdict: Verdict,
    /// What the file is.
    pub format: Format,
    /// The file with the last word on it.
    pub file: String,
    /// The line in that file, from 1, or the number of the message.
    pub record: u64,
    /// The server that the log's last word on it names: the one that took the mail, if it was delivered.
    #[serde(default)]
    pub server: Option<String>,
    /// The kind of marking in the subject, where the file holds the message.
    #[serde(default)]
    pub marking: Option<String>,
}

/// What one record says of one flagged recipient.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Attempt {
    /// Where the record starts in its block.
    #[serde(skip)]
    pub(super) at: usize,
    /// The message, for records that belong together; `None` where each record stands alone.
    pub(super) key: Option<u64>,
    /// The message's id alone, whichever host has it.
    pub(super) id_key: Option<u64>,
    /// The id, as in `id_key`, that the next server gave the message.
    pub(super) next_key: Option<u64>,
    /// The next server is a filter or a relay in the same network, whose word on the message counts.
    pub(super) comes_back: bool,
    /// Several records may tell of the same delivery, each as if it were the last.
    pub(super) repeats: bool,
    #[serde(skip)]
    pub(super) stamp: Option<Stamp>,
    pub(super) recipient: String,
    pub(super) rewritten: Option<String>,
    pub(super) sender: Option<String>,
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) id: String,
    pub(super) verdict: Verdict,
    /// What wrote the record, where the file holds records of several programs.
    pub(super) format: Option<Format>,
    /// The other server, with its address where the log has it.
    pub(super) server: Option<String>,
    /// The kind of marking in the subject.
    pub(super) marking: Option<String>,
}

impl Attempt {
    /// A record that stands alone and does not tell what became of the message.
    pub(super) fn new(
        at: usize,
        stamp: Option<Stamp>,
        recipient: String,
        verdict: Verdict,
    ) -> Self {
        Self {
            at,
            key: None,
            id_key: None,
            next_key: None,
            comes_back: false,
            repeats: false,
            stamp,
            recipient,
            rewritten: None,
            sender: None,
            status: Status::Unknown,
            detail: String::new(),
            id: String::new(),
            verdict,
            format: None,
            server: None,
            marking: None,
        }
    }
}

/// What a block holds that matters beyond it, in its order.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Attempt(Box<Attempt>),
    /// The message was given up, with all recipients that are still waiting.
    Expired {
        key: u64,
        stamp: Option<Stamp>,
    },
}

/// The domain of an address in lower case; empty if it has none.
pub fn domain_of(address: &str) -> String {
    address
        .rsplit_once('@')
        .map_or_else(String::new, |(_, domain)| domain.trim_end_matches(['>', '.']).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_are_understood() {
        for (word, status) in [
            ("Delivered", Status::Delivered),
            ("sent", Status::Delivered),
            ("250", Status::Delivered),
            ("Failed", Status::Bounced),
            ("undelivered", Status::Bounced),
            ("Pending", Status::Deferred),
            ("Quarantined", Status::Rejected),
            ("FilteredAsSpam", Status::Delivered),
            ("None", Status::Unknown),
            ("", Status::Unknown),
        ] {
            assert_eq!(Status::from_word(word), status, "{word}");
        }
    }
}
