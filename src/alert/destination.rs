//! The destinations of alerts and reports.

use std::fmt;

use lettre::message::Mailbox;

use super::mail::Smtp;
use crate::export::{Hook, shown};
use crate::store::Recipient;

/// A mail server with recipients, or a webhook. Its printed form holds no secret.
#[derive(Clone)]
pub struct Destination {
    /// The name of the destination, under which the database stores which alerts each recipient has
    /// got.
    pub name: String,
    /// The topics that the destination gets.
    pub(super) topics: Vec<Topic>,
    pub(super) way: Way,
}

/// A topic that a destination may want.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Alerts, as soon as something happens.
    Alerts,
    /// A report after each week.
    Weekly,
    /// A report after each quarter.
    Quarterly,
}

#[derive(Clone)]
pub(super) enum Way {
    Mail { smtp: Smtp, to: Vec<Mailbox> },
    Webhook(Hook),
}

codes! {
    /// All topics.
    pub ALL,
    /// The name in the file.
    pub as_str of Topic {
        Alerts: "alerts",
        Weekly: "weekly",
        Quarterly: "quarterly",
    }
}

impl Destination {
    /// The destination's address, for people.
    pub fn address(&self) -> String {
        match &self.way {
            Way::Mail { smtp, .. } => smtp.address(),
            Way::Webhook(hook) => shown(&hook.to),
        }
    }

    /// The destination's kind, for people.
    pub fn describe(&self) -> &'static str {
        match &self.way {
            Way::Mail { .. } => "mail",
            Way::Webhook(_) => "webhook",
        }
    }

    /// The destination's topics, for people.
    pub fn topics(&self) -> String {
        self.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The destination's recipients: a webhook has one, and each recipient of a mail counts
    /// separately.
    pub fn recipients(&self) -> Vec<Recipient> {
        let recipient = |address: String| Recipient { destination: self.name.clone(), address };
        match &self.way {
            Way::Mail { to, .. } => to.iter().map(|to| recipient(to.email.to_string())).collect(),
            Way::Webhook(_) => vec![recipient(String::new())],
        }
    }

    pub(super) fn wants(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Destination");
        shown.field("name", &self.name).field("kind", &self.describe()).finish_non_exhaustive()
    }
}
