//! An event in the form that the store keeps: checked, bounded, and with no more than its group's
//! reporting level allows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Millis;
use super::rows::Column::{self, Number, Text};
use super::rows::{BulkRow, Value};
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
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// A UUID; the same whenever the client sends the event again.
    pub id: String,
    /// A UUID for this warning about the message; all of its events share it.
    pub message: String,
    /// When the sender decided, by the client's clock, but not after `received`.
    pub time: Millis,
    /// When the server received the event.
    pub received: Millis,
    /// The group of the client.
    pub group_id: Arc<str>,
    /// The random id of the client that sent the event.
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
    pub reasons: Vec<String>,
    /// What else in the message made the verdict graver: `marking`, `sibling`, `delivers`.
    pub raised_by: Vec<String>,
    /// The recipient's domain in ASCII.
    pub domain: Option<String>,
    /// The recipient's address.
    pub address: Option<String>,
    /// What the sender typed as the reason.
    pub justification: Option<String>,
}

impl BulkRow for Event {
    const COLUMNS: &'static [Column] = &[
        Text("id"),
        Text("message"),
        Number("time"),
        Number("received"),
        Text("group_id"),
        Text("client"),
        Text("host"),
        Text("client_version"),
        Text("policy_id"),
        Number("policy_version"),
        Text("action"),
        Text("severity"),
        Text("reasons"),
        Text("raised_by"),
        Text("domain"),
        Text("address"),
        Text("justification"),
    ];

    fn values(&self) -> impl IntoIterator<Item = Value<'_>> {
        [
            self.id.as_str().into(),
            self.message.as_str().into(),
            self.time.into(),
            self.received.into(),
            (&*self.group_id).into(),
            self.client.as_deref().into(),
            self.host.as_str().into(),
            self.client_version.as_str().into(),
            self.policy_id.as_str().into(),
            self.policy_version.into(),
            self.action.as_str().into(),
            self.severity.as_str().into(),
            list(&self.reasons),
            list(&self.raised_by),
            self.domain.as_deref().into(),
            self.address.as_deref().into(),
            self.justification.as_deref().into(),
        ]
    }
}

/// A list, stored as the text of a JSON array.
fn list(codes: &[String]) -> Value<'_> {
    if codes.is_empty() { "[]".into() } else { serde_json::Value::from(codes).to_string().into() }
}
