//! Who is told, and how.

use std::fmt;

use lettre::message::Mailbox;

use super::mail::Smtp;
use crate::export::{Hook, shown};
use crate::store::Recipient;

/// A mail server with recipients, or a webhook. What it prints holds no secret.
#[derive(Clone)]
pub struct Destination {
    /// Its name: what remembers who was told.
    pub name: String,
    /// What it is told.
    pub(super) topics: Vec<Topic>,
    pub(super) way: Way,
}

/// What a destination may want.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// What happens.
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

impl Topic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alerts, Self::Weekly, Self::Quarterly];

    /// The name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Weekly => "weekly",
            Self::Quarterly => "quarterly",
        }
    }
}

impl Destination {
    /// Its address, for people.
    pub fn address(&self) -> String {
        match &self.way {
            Way::Mail { smtp, .. } => smtp.address(),
            Way::Webhook(hook) => shown(&hook.to),
        }
    }

    /// What it takes, for people.
    pub fn describe(&self) -> &'static str {
        match &self.way {
            Way::Mail { .. } => "mail",
            Way::Webhook(_) => "webhook",
        }
    }

    /// What it is told, for people.
    pub fn topics(&self) -> String {
        self.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whom it tells: each recipient of a mail by itself.
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
