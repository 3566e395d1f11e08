//! An event in the form that the store keeps: checked, bounded, and with no more than its group's
//! reporting level allows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Millis;
use crate::Severity;

/// The kind of client: the mail client in which the sender writes, or the mail server.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// Mozilla Thunderbird.
    Thunderbird,
    /// Microsoft Outlook.
    Outlook,
    /// A mail server with `milguard milter`.
    Gateway,
}

codes! {
    /// All hosts.
    pub ALL,
    /// The name used in JSON and in the database.
    pub as_str of Host {
        Thunderbird: "thunderbird",
        Outlook: "outlook",
        Gateway: "gateway",
    }
}

/// What the sender did.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The sender took the suggested address.
    Fixed,
    /// The sender removed the recipient.
    Removed,
    /// The sender sent the message in spite of the warning.
    SentAnyway,
    /// The sender went back to the message.
    Cancelled,
    /// The sender went back, because the policy allowed nothing else.
    Blocked,
    /// Outlook itself asked the sender, and does not report the answer.
    Asked,
    /// The client was in audit mode, so the sender noticed nothing.
    Audited,
}

codes! {
    /// All actions.
    pub ALL,
    /// The name used in JSON and in the database.
    pub as_str of Action {
        Fixed: "fixed",
        Removed: "removed",
        SentAnyway: "sent-anyway",
        Cancelled: "cancelled",
        Blocked: "blocked",
        Asked: "asked",
        Audited: "audited",
    }
}

impl Action {
    /// Whether the message left for the flagged recipient, as far as the server knows.
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::SentAnyway | Self::Audited)
    }
}

/// One flagged recipient and what the sender did.
///
/// The texts hold no NUL, which PostgreSQL does not take.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Event {
    /// A UUID; the same whenever the client sends the event again.
    pub id: String,
    /// A UUID for the message and this stop.
    pub message: String,
    /// When the sender decided, by the client's clock, but not after `received`.
    pub time: Millis,
    /// When the server received it.
    pub received: Millis,
    /// The group of the client.
    #[serde(serialize_with = "shared")]
    pub group_id: Arc<str>,
    /// The client that sent it, by its random id.
    #[serde(serialize_with = "maybe_shared")]
    pub client: Option<Arc<str>>,
    /// Where the sender writes mail.
    pub host: Host,
    /// The add-in's version.
    pub client_version: String,
    /// The policy in force.
    pub policy_id: String,
    /// The version of that policy.
    pub policy_version: i64,
    /// What the sender did.
    pub action: Action,
    /// The verdict on the recipient.
    pub severity: Severity,
    /// The reasons, the most telling first. Codes of later releases may be among them.
    #[serde(serialize_with = "as_text")]
    pub reasons: Vec<String>,
    /// What else in the message made the verdict graver: `marking`, `sibling`, `delivers`.
    #[serde(serialize_with = "as_text")]
    pub raised_by: Vec<String>,
    /// The recipient's domain in ASCII.
    pub domain: Option<String>,
    /// The recipient's address.
    pub address: Option<String>,
    /// What the sender typed as the reason.
    pub justification: Option<String>,
}

/// A list, stored as the text of a JSON array.
fn as_text<S: serde::Serializer>(reasons: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(reasons).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&text)
}

fn shared<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn maybe_shared<S: serde::Serializer>(
    text: &Option<Arc<str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}
