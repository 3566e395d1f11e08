//! What is checked: a draft's recipients and what else the client knows of it.

use serde::{Deserialize, Serialize};

/// Where a recipient stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// `Bcc`.
    Bcc,
    /// A required attendee of a meeting.
    Required,
    /// An optional attendee of a meeting.
    Optional,
}

/// A recipient as the mail client gives it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recipient<'a> {
    /// A bare addr-spec, or a whole mailbox or group as in a header (RFC 5322 §3.4).
    pub address: &'a str,
    /// The display name, where the client keeps it apart.
    pub name: Option<&'a str>,
    /// Where the recipient stands.
    pub field: Option<Field>,
}

/// A draft. Everything but the recipients may be left empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Message<'a> {
    /// All recipients, of every field.
    pub recipients: &'a [Recipient<'a>],
    /// The sender's own address.
    pub from: Option<&'a str>,
    /// The subject, searched for markings.
    pub subject: &'a str,
    /// The body as text, searched for markings.
    pub body: &'a str,
    /// The names of the attachments.
    pub attachments: &'a [&'a str],
}
