//! Facts of a log about one recipient, and the deliveries made from them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::format::Format;
use super::time::{Stamp, Time};
use crate::detect::{Reason, RecipientReport, Severity};

/// The outcome of a message for one recipient, as the log says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The next server, or the mailbox, accepted the message.
    Delivered,
    /// The message was returned, or the server gave up.
    Bounced,
    /// The last attempt failed for now; the server will try again.
    Deferred,
    /// The server never accepted the message: it refused it before queueing, or a rule discarded
    /// it.
    Rejected,
    /// The log does not say, as with messages and lists of addresses.
    Unknown,
}

codes! {
    /// Every status, in the order of the reports.
    pub ALL,
    /// The name used in every output.
    pub as_str of Status {
        Delivered: "delivered",
        Bounced: "bounced",
        Deferred: "deferred",
        Rejected: "rejected",
        Unknown: "unknown",
    }
}

impl Status {
    /// The meaning of a word in a column.
    pub(super) fn from_word(word: &str) -> Self {
        let word = word.trim().to_ascii_lowercase();
        // `250 2.0.0 Ok: queued as …`, and sendmail's `Sent (… queued …)`.
        if let Some(status) = Self::from_reply(word.as_bytes()) {
            return status;
        }
        if word.starts_with("sent") {
            return Self::Delivered;
        }
        let any = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
        // "undelivered" and "not delivered" contain "delivered".
        if any(&[
            "bounce",
            "permfail",
            "undeliver",
            "not deliver",
            "not sent",
            "not accepted",
            "unsent",
            "unsucce",
            "expired",
            "expiration",
            "error",
        ]) || word.contains("fail") && !any(&["transient", "temp"])
            || matches!(word.as_str(), "false" | "no")
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
        } else if any(&["deliver", "sent", "send", "succe", "accept", "relayed", "filteredasspam"])
            || matches!(word.as_str(), "ok" | "true" | "yes")
        {
            Self::Delivered
        } else {
            Self::Unknown
        }
    }

    /// The meaning of a reply code (RFC 5321 §4.2) or a status code (RFC 3463).
    fn from_reply(text: &[u8]) -> Option<Self> {
        let (class, rest) = text.split_first()?;
        match rest {
            [b'.', b'0'..=b'9', ..]
            | [b'0'..=b'9', b'0'..=b'9']
            | [b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => {}
            _ => return None,
        }
        match class {
            b'2' => Some(Self::Delivered),
            b'4' => Some(Self::Deferred),
            b'5' => Some(Self::Bounced),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The checker's verdict on a recipient, without the spans.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// The highest severity of the findings.
    pub severity: Severity,
    /// The reasons, the most telling first.
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

/// One message to one flagged recipient, which a scan counts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Delivery {
    /// The time when the server logged the delivery's status.
    pub time: Option<Time>,
    /// The flagged address, as logged.
    pub recipient: String,
    /// The real destination, if the server rewrote the flagged address.
    pub rewritten: Option<String>,
    /// The envelope sender, empty for bounces; `None` if the log does not name the sender.
    pub sender: Option<String>,
    /// The outcome of the delivery.
    pub status: Status,
    /// The text of the server's answer.
    pub detail: String,
    /// The queue id or Message-ID.
    pub id: String,
    /// The number of tries in the log.
    pub attempts: u32,
    /// The reasons and the verdict.
    pub verdict: Verdict,
    /// The format of the file.
    pub format: Format,
    /// The file with its last record.
    pub file: String,
    /// The line in that file, from 1, or the number of the message.
    pub record: u64,
    /// The server in its last record: the one that took the mail, if it was delivered.
    #[serde(default)]
    pub server: Option<String>,
    /// The kind of marking in the subject, if the file contains the message.
    #[serde(default)]
    pub marking: Option<String>,
}

/// One record about one flagged recipient.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Attempt {
    /// The beginning of the record in its block.
    #[serde(skip)]
    pub(super) at: usize,
    /// The message, for records that belong together; `None` if each record stands alone.
    pub(super) key: Option<u64>,
    /// The number that the log gave this recipient or attempt, if another line tells the outcome.
    #[serde(default)]
    pub(super) run: Option<u64>,
    /// The message's id, without the host.
    pub(super) id_key: Option<u64>,
    /// The id, as in `id_key`, that the next server gave the message.
    pub(super) next_key: Option<u64>,
    /// Whether the next server is a filter or a relay in the same network, whose records about the
    /// message count.
    pub(super) comes_back: bool,
    /// Whether several records may be about the same delivery, each as if it were the last.
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
    /// The program that wrote the record, if the file has records of several programs.
    pub(super) format: Option<Format>,
    /// The other server, with its address if the log has it.
    pub(super) server: Option<String>,
    /// The kind of marking in the subject.
    pub(super) marking: Option<String>,
}

impl Attempt {
    /// A record that stands alone and does not show the outcome.
    pub(super) fn new(
        at: usize,
        stamp: Option<Stamp>,
        recipient: String,
        verdict: Verdict,
    ) -> Self {
        Self {
            at,
            key: None,
            run: None,
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

impl Attempt {
    /// How many times the record counts more if the log says that its line came `times` times more: a message that was
    /// delivered has one delivery, whatever the number of its lines.
    pub(super) fn repeated(&self, times: u32) -> u32 {
        /// The most repetitions that count. More would take memory and time for a number in one line.
        const MOST: u32 = 10_000;
        if self.key.is_some() && self.status != Status::Deferred { 0 } else { times.min(MOST) }
    }
}

/// The facts of a block that matter for other blocks, in order.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Attempt(Box<Attempt>),
    /// The server gave the message up, with all recipients that still wait.
    Expired {
        key: u64,
        stamp: Option<Stamp>,
    },
    /// The outcome for recipients that other lines named.
    Outcome(Box<Outcome>),
    /// The recipients of the message `old` continue in the message `new`.
    Renamed {
        old: u64,
        new: u64,
    },
    /// The line before this record came `times` times more.
    Again {
        at: usize,
        times: u32,
    },
}

/// The outcome for a recipient that another line named.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Outcome {
    /// The message, or the numbered attempt.
    pub(super) group: u64,
    /// The recipient's number in the message; `None` for all of them.
    pub(super) number: Option<u64>,
    pub(super) status: Status,
    /// Whether no line about the recipient follows.
    pub(super) is_last: bool,
    pub(super) detail: String,
    pub(super) server: Option<String>,
    #[serde(skip)]
    pub(super) stamp: Option<Stamp>,
}

/// The key of a recipient, or of an attempt without such a number.
pub(super) fn run_key(group: u64, number: Option<u64>) -> u64 {
    let number = number.unwrap_or(u64::MAX);
    super::bytes::key(&[&group.to_le_bytes(), &number.to_le_bytes()])
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
            ("250 2.0.0 Ok: queued as 4F9D195432C", Status::Delivered),
            ("Sent (4F9D195432C queued for delivery)", Status::Delivered),
            ("5.1.1", Status::Bounced),
            ("451-4.7.1 Greylisted", Status::Deferred),
            ("2024-03-05", Status::Unknown),
            ("Succeeded", Status::Delivered),
            ("No", Status::Bounced),
            ("Failed", Status::Bounced),
            ("undelivered", Status::Bounced),
            ("Unsuccessful", Status::Bounced),
            ("not sent", Status::Bounced),
            ("Not applicable", Status::Unknown),
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
