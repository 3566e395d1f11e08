//! The input of the checker: a draft's recipients and what else the client knows about it.

use serde::{Deserialize, Serialize};

use crate::address::{Address, parse_address_list, split_plain};
use crate::domain::canonicalize;

/// The field that holds a recipient.
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
    /// The display name, if the client gives it separately.
    pub name: Option<&'a str>,
    /// The field that holds the recipient.
    pub field: Option<Field>,
}

impl Recipient<'_> {
    /// Whether mail to the recipient goes to one of `domains`, which are in ASCII.
    pub(super) fn is_at(&self, domains: &[&str]) -> bool {
        !domains.is_empty()
            && domain_of(self.address).is_some_and(|domain| domains.contains(&domain.as_str()))
    }
}

/// The domain that mail to `address` goes to, as the DNS has it; `None` if the text is not one mailbox
/// with a possible domain.
pub fn domain_of(address: &str) -> Option<String> {
    if let Some((_, domain)) = split_plain(address) {
        return Some(domain.to_ascii_lowercase());
    }
    match parse_address_list(address).as_deref() {
        Ok([Address::Mailbox(mailbox)]) => canonicalize(&mailbox.domain).map(|domain| domain.ascii),
        _ => None,
    }
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
    /// Domains, in ASCII, that the sender has muted. This counts only if a report says
    /// [`mutable`](super::RecipientReport::mutable).
    pub muted: &'a [&'a str],
}
