//! The verdict: the result of [`Checker::check`](super::Checker::check) for a message.

use std::ops::Range;

use crate::verdict::{RaisedBy, Reason, Severity};

/// One reason to look twice at a recipient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The code of the rule that fired.
    pub reason: Reason,
    /// The part of the recipient's text that the finding is about: byte offsets, half-open, on character
    /// boundaries. `None` if the reason is not about the address itself.
    pub span: Option<Range<usize>>,
    /// Whether the top-level domain is delegated and open to others, so that the mail can reach a stranger;
    /// `Some(false)`: the mail will bounce. `None` if the question does not arise.
    pub delegated: Option<bool>,
}

/// The verdict on one recipient.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecipientReport {
    /// The highest severity of the findings.
    pub severity: Severity,
    /// The findings, the most telling first; empty for ordinary mail.
    pub findings: Vec<Finding>,
    /// Evidence in the message that raised the verdict above the severity of the address alone.
    pub raised_by: Vec<RaisedBy>,
    /// The one nearest protected address (an addr-spec), if there is exactly one.
    pub suggestion: Option<String>,
    /// If two or three protected addresses are equally close, all of them, the best first; else
    /// empty.
    pub suggestions: Vec<String>,
    /// Whether the sender may mute the domain: the policy lets senders mute, the domain is known to be real,
    /// and nothing suggests that another one was meant.
    pub mutable: bool,
}

/// The verdict on a message: one entry for each recipient, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The highest severity of the recipients.
    pub severity: Severity,
    /// The verdicts on the message's recipients, in the same order.
    pub recipients: Vec<RecipientReport>,
}
