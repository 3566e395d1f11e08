//! The state that all interfaces share: the policy in force, the limits, the counters and the spool
//! of events.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use uuid::Uuid;

use super::judge::{Flagged, Judge};
use super::message::Budget;
use super::metrics::{Metrics, Outcome};
use crate::client::{Event, Reporter};
use crate::policy::{GatewayAction, Policy, PolicyError};

/// Time limits for each peer, and the memory limit for all peers together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest silence between two commands. Mail servers let their own clients be silent for five
    /// minutes; a shorter limit would end sessions that they still need.
    pub idle: Duration,
    /// The limit for the rest of a command, and for reading an answer.
    pub within: Duration,
    /// The most connections at a time, for each interface.
    pub connections: usize,
    /// The most bytes of messages in memory.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(10),
            within: Duration::from_secs(30),
            connections: 1_000,
            memory: 64 << 20,
        }
    }
}

/// The core of the daemon.
pub(super) struct Gate {
    judge: RwLock<Arc<Judge>>,
    language: String,
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    pub(super) metrics: Metrics,
    pub(super) reporter: RwLock<Reporter>,
}

/// The answer for one recipient alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    Pass,
    /// Refuse the recipient, with the complete reply, such as `550 5.1.2 text`.
    Refuse(String),
    /// Hold the message, with the reason.
    Hold(String),
    /// Add the header field, with its value.
    Header(String),
}

impl Gate {
    pub(super) fn new(
        policy: Policy,
        language: String,
        limits: Limits,
    ) -> Result<Self, PolicyError> {
        Ok(Self {
            judge: RwLock::new(Arc::new(Judge::new(policy, &language)?)),
            language,
            limits,
            budget: Budget::new(limits.memory),
            metrics: Metrics::new(),
            reporter: RwLock::default(),
        })
    }

    /// The policy in force. A session that judges a message keeps this policy until the message ends.
    pub(super) fn judge(&self) -> Arc<Judge> {
        Arc::clone(&self.judge.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the policy in force.
    pub(super) fn install(&self, policy: Policy) -> Result<(), PolicyError> {
        let judge = Arc::new(Judge::new(policy, &self.language)?);
        *self.judge.write().unwrap_or_else(PoisonError::into_inner) = judge;
        Ok(())
    }

    /// Reports the outcome for the flagged recipients of a message.
    pub(super) fn report<'a>(
        &self,
        judge: &Judge,
        what: impl IntoIterator<Item = (&'a Flagged, &'static str)>,
    ) {
        let reporter = self.reporter.read().unwrap_or_else(PoisonError::into_inner).clone();
        if !reporter.is_on() {
            return;
        }
        let message = Uuid::new_v4();
        let events: Vec<_> = what
            .into_iter()
            .filter_map(|(flagged, action)| {
                Event::new(&judge.policy, message, &flagged.address, &flagged.report, action)
            })
            .collect();
        if !events.is_empty() {
            reporter.report(&events);
        }
    }

    /// The answer for one recipient, for servers that never show the message. It is counted and reported.
    pub(super) fn recipient(&self, address: &str) -> Answer {
        let judge = self.judge();
        let Some(flagged) = judge.recipient(address) else {
            self.metrics.recipient(Outcome::Passed);
            return Answer::Pass;
        };
        let (answer, outcome, action) = match flagged.action {
            GatewayAction::Refuse => {
                // Only a server that shows the subject can honour a tag in it.
                let flagged = Flagged { can_override: false, ..flagged.copy() };
                let text = judge.refusal(&[&flagged], None);
                (Answer::Refuse(text), Outcome::Refused, "blocked")
            }
            GatewayAction::Hold => (Answer::Hold(mark(&flagged)), Outcome::Held, "asked"),
            GatewayAction::Header => (Answer::Header(mark(&flagged)), Outcome::Marked, "audited"),
            GatewayAction::Report => (Answer::Pass, Outcome::Reported, "audited"),
        };
        self.metrics.recipient(outcome);
        self.report(&judge, [(&flagged, action)]);
        answer
    }
}

/// The value of the added field for a recipient.
pub(super) fn mark(flagged: &Flagged) -> String {
    let plain = |text: &str| -> String {
        text.chars().map(|it| if it.is_ascii_graphic() { it } else { '?' }).take(320).collect()
    };
    let reasons: Vec<_> = flagged.report.findings.iter().map(|it| it.reason.as_str()).collect();
    let mut text = format!(
        "{} {} ({})",
        flagged.report.severity.as_str(),
        plain(&flagged.address),
        reasons.join(", ")
    );
    if let Some(suggestion) = &flagged.report.suggestion {
        text.push_str("; did you mean ");
        text.push_str(&plain(suggestion));
        text.push('?');
    }
    text
}
