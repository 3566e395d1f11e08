//! A policy in force, which decides about recipients and messages.

use std::collections::HashMap;

use super::reply::{Refused, Words};
use crate::detect::{Checker, RecipientReport, Severity};
use crate::mail::Mail;
use crate::policy::{GatewayAction, Mode, Override, Policy, PolicyError};

/// A policy, compiled.
pub(super) struct Judge {
    pub(super) policy: Policy,
    checker: Checker,
    /// The language of answers if the message names none.
    language: String,
}

/// A recipient at `warn` or above.
#[derive(Debug)]
pub(super) struct Flagged {
    pub(super) address: String,
    pub(super) report: RecipientReport,
    pub(super) action: GatewayAction,
    /// Whether a tag in the subject may let the message through.
    pub(super) can_override: bool,
}

/// The checker's verdict on a whole message.
#[derive(Debug, Default)]
pub(super) struct MessageVerdict {
    /// The recipients of the envelope at `warn` or above.
    pub(super) flagged: Vec<Flagged>,
    /// Whether a marking in the body could raise a finding.
    pub(super) is_open: bool,
    /// Whether the subject holds the tag.
    pub(super) has_tag: bool,
    /// The subject, decoded.
    pub(super) subject: String,
}

impl Judge {
    /// # Errors
    ///
    /// When the policy is invalid.
    pub(super) fn new(policy: Policy, language: &str) -> Result<Self, PolicyError> {
        let checker = Checker::new(&policy)?;
        Ok(Self { policy, checker, language: language.to_owned() })
    }

    /// The checker's verdict on one recipient alone; `None` if the recipient may pass.
    pub(super) fn recipient(&self, address: &str) -> Option<Flagged> {
        self.flag(address, self.checker.check_address(address))
    }

    /// The checker's verdict on a message with the recipients of its envelope.
    pub(super) fn message(&self, bytes: &[u8], envelope: &[String]) -> MessageVerdict {
        let mut mail = Mail::read(bytes);
        mail.add_envelope(envelope);
        let report = mail.check(&self.checker);
        let mut places: HashMap<String, Vec<&RecipientReport>> = HashMap::new();
        for (recipient, report) in mail.recipients.iter().zip(&report.recipients) {
            places.entry(recipient.address.to_ascii_lowercase()).or_default().push(report);
        }
        let mut verdict = MessageVerdict::default();
        for address in envelope {
            // A mailbox that the envelope names twice counts as one recipient.
            let reports = places.remove(&address.to_ascii_lowercase()).into_iter().flatten();
            // If the header names a mailbox twice, its more suspicious form counts.
            let worst = reports.max_by_key(|report| (report.severity, report.findings.len()));
            let Some(worst) = worst else { continue };
            verdict.is_open |= !worst.findings.is_empty();
            verdict.flagged.extend(self.flag(address, worst.clone()));
        }
        let tag = self.policy.gateway.send_anyway_tag.as_deref();
        verdict.has_tag = tag.is_some_and(|tag| find_tag(mail.subject(), tag).is_some());
        mail.subject().clone_into(&mut verdict.subject);
        verdict
    }

    fn flag(&self, address: &str, report: RecipientReport) -> Option<Flagged> {
        let Policy { gateway, overrides, mode, .. } = &self.policy;
        let (action, choice) = match report.severity {
            Severity::Pass | Severity::Notice => return None,
            Severity::Warn => (gateway.warn, overrides.warn),
            Severity::Block => (gateway.block, overrides.block),
        };
        let action = if *mode == Mode::Audit { GatewayAction::Report } else { action };
        let can_override = gateway.send_anyway_tag.is_some() && choice == Override::Allowed;
        Some(Flagged { address: address.to_owned(), report, action, can_override })
    }

    /// The answer that refuses recipients. `languages` has the form of `Accept-Language`, and is empty if
    /// the sender names none.
    pub(super) fn refusal(&self, refused: &[&Flagged], languages: Option<&str>) -> String {
        let languages = languages.unwrap_or(&self.language);
        let with_tag = refused.iter().all(|flagged| flagged.can_override);
        let refused: Vec<_> = refused
            .iter()
            .map(|flagged| Refused { address: &flagged.address, report: &flagged.report })
            .collect();
        Words::of(&self.policy, languages).refusal(&refused, with_tag)
    }
}

/// The place of a tag in a subject, in any mixture of upper and lower case.
pub(super) fn find_tag(subject: &str, tag: &str) -> Option<std::ops::Range<usize>> {
    let (subject, tag) = (subject.as_bytes(), tag.as_bytes());
    let at = subject.windows(tag.len().max(1)).position(|it| it.eq_ignore_ascii_case(tag))?;
    // The tag is ASCII, so its ends are on character boundaries.
    Some(at..at + tag.len())
}

impl Flagged {
    /// A copy of the recipient with its report.
    pub(super) fn copy(&self) -> Self {
        Self { address: self.address.clone(), report: self.report.clone(), ..*self }
    }
}
