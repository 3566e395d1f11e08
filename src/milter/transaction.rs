//! A message under way, and the decision about it.

use std::sync::Arc;

use super::gate::mark;
use super::judge::{Flagged, Judge, MessageVerdict};
use super::message::{Budget, Collected, Excess};
use crate::policy::GatewayAction;

/// The decision about a message.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Decision {
    /// Refuse the message, with the complete reply.
    Refuse(String),
    /// Hold the message, with the reason.
    Hold(String),
    Deliver,
}

/// A message from MAIL to its end.
pub(super) struct Transaction {
    pub(super) judge: Arc<Judge>,
    pub(super) envelope: Vec<String>,
    pub(super) collected: Collected,
    /// Why the milter cannot judge the message.
    pub(super) excess: Option<Excess>,
}

impl Transaction {
    pub(super) fn new(judge: Arc<Judge>, budget: &Budget) -> Self {
        Self { judge, envelope: Vec::new(), collected: Collected::new(budget), excess: None }
    }

    /// The strictest action that the policy wants for the recipients.
    pub(super) fn decide(&self, verdict: &MessageVerdict) -> Decision {
        let with = |action| {
            let wanted =
                move |it: &&Flagged| it.action == action && !(verdict.has_tag && it.can_override);
            verdict.flagged.iter().filter(wanted).collect::<Vec<_>>()
        };
        let refused = with(GatewayAction::Refuse);
        if !refused.is_empty() {
            let languages = self.collected.languages.as_deref();
            return Decision::Refuse(self.judge.refusal(&refused, languages));
        }
        match with(GatewayAction::Hold).first() {
            Some(held) => Decision::Hold(format!("milguard: {}", mark(held))),
            None => Decision::Deliver,
        }
    }
}

/// The mailbox of a `RCPT TO`, without brackets and without the route that old clients put before it
/// (RFC 5321 appendix C).
pub(super) fn mailbox(text: &str) -> String {
    let inner = text.trim().strip_prefix('<').unwrap_or(text.trim());
    let inner = inner.strip_suffix('>').unwrap_or(inner);
    let routed = inner.starts_with('@').then(|| inner.split_once(':')).flatten();
    routed.map_or(inner, |(_, mailbox)| mailbox).to_owned()
}

#[cfg(test)]
mod tests {
    use super::mailbox;

    #[test]
    fn a_route_is_not_part_of_a_mailbox() {
        assert_eq!(mailbox("<bob@army.ml>"), "bob@army.ml");
        assert_eq!(mailbox(" bob@army.ml "), "bob@army.ml");
        assert_eq!(mailbox("<@a.example,@b.example:bob@army.ml>"), "bob@army.ml");
        assert_eq!(mailbox("<>"), "");
    }
}
