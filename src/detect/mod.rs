//! The checker: it turns a draft into a [`Report`].
//!
//! [`Checker::check`] judges each recipient by itself (`recipient`), then looks at the message as a
//! whole (`evidence`). The rest of the message can raise a finding, but never creates one.

mod deletions;
mod edit;
mod evidence;
mod examined;
mod form;
mod glued;
mod idn;
mod index;
mod located;
mod lookalike;
pub mod markings;
mod message;
mod name_mismatch;
mod persona;
mod recipient;
mod repair;
mod report;
mod suffix;

use std::sync::OnceLock;

pub use message::{Field, Message, Recipient, domain_of};
pub use report::{Finding, RecipientReport, Report};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use persona::has_code;

pub use crate::verdict::{RaisedBy, Reason, Severity};

use crate::policy::{CompiledPolicy, MarkingOptions, Mute, Policy, PolicyError};
use examined::Examined;
use index::Index;
use markings::Markings;

/// Checks recipients against a policy. Build it once and keep it: a new policy needs a new checker.
///
/// ```
/// use milguard::{Checker, Message, Policy, Recipient, Severity};
///
/// let checker = Checker::new(&Policy::default())?;
/// let recipient = Recipient { address: "bob@health.ml", ..Recipient::default() };
/// let alone = checker.check(&Message { recipients: &[recipient], ..Message::default() });
/// assert_eq!(alone.severity, Severity::Notice);
///
/// let colleague = Recipient { address: "ann@health.mil", ..Recipient::default() };
/// let both = checker.check(&Message { recipients: &[recipient, colleague], ..Message::default() });
/// assert_eq!(both.severity, Severity::Warn);
/// # Ok::<(), milguard::policy::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Checker {
    index: Index,
    lists: CompiledPolicy,
    marking_options: MarkingOptions,
    /// The compiled markings, made when the first finding needs them.
    markings: OnceLock<Markings>,
    /// The policy's severity for each reason, in the order of [`Reason::ALL`].
    severities: [Option<Severity>; Reason::ALL.len()],
    mute: Mute,
}

impl Checker {
    /// Compiles `policy`.
    ///
    /// # Errors
    ///
    /// When the policy is invalid; the error names the path and what is allowed there.
    pub fn new(policy: &Policy) -> Result<Self, PolicyError> {
        let lists = policy.compile()?;
        let index = Index::new(&lists.protected);
        let severities = Reason::ALL.map(|reason| policy.severity.get(&reason).copied());
        let marking_options = policy.markings.clone();
        let markings = OnceLock::new();
        Ok(Self { index, lists, marking_options, markings, severities, mute: policy.mute })
    }

    /// Checks one recipient on its own.
    pub fn check_address(&self, address: &str) -> RecipientReport {
        let recipient = Recipient { address, ..Recipient::default() };
        let mut examined = recipient::examine(self, &recipient);
        if !examined.more.is_empty() {
            // The recipient is a list, whose mailboxes are evidence for one another.
            let message = Message { recipients: &[recipient], ..Message::default() };
            evidence::weigh(self, &message, std::slice::from_mut(&mut examined));
        }
        self.conclude(examined)
    }

    /// Checks all recipients of a message together.
    pub fn check(&self, message: &Message<'_>) -> Report {
        let mut examined: Vec<Examined> = message
            .recipients
            .iter()
            .map(|recipient| recipient::examine(self, recipient))
            .collect();
        evidence::weigh(self, message, &mut examined);
        let recipients: Vec<RecipientReport> = examined
            .into_iter()
            .zip(message.recipients)
            .map(|(examined, recipient)| {
                let report = self.conclude(examined);
                let is_muted = report.mutable && recipient.is_at(message.muted);
                if is_muted { RecipientReport::default() } else { report }
            })
            .collect();
        let severity = recipients.iter().map(|report| report.severity).max().unwrap_or_default();
        Report { severity, recipients }
    }

    /// Whether the message carries a marking; computed only if there is a finding to raise.
    fn is_marked(&self, message: &Message<'_>) -> bool {
        let markings = self.markings.get_or_init(|| {
            // `new` refused a policy with words that do not compile.
            Markings::compile(&self.marking_options).unwrap_or_default()
        });
        [message.subject, message.body]
            .into_iter()
            .chain(message.attachments.iter().copied())
            .any(|text| markings.find(text).is_some())
    }

    fn conclude(&self, examined: Examined) -> RecipientReport {
        let mut examined = examined.merged();
        let (suggestion, suggestions) = examined.take_suggestions();
        let judged = examined.judged;
        if judged.is_empty() {
            return RecipientReport::default();
        }
        let severity = judged.iter().map(|it| self.by_policy(it.finding.reason, it.severity)).max();
        let mut reasons = judged.iter().map(|it| it.finding.reason);
        let mutable = self.mute == Mute::RealDomains
            && reasons.clone().any(|reason| reason == Reason::ForeignMilitary)
            && reasons.all(Reason::is_mutable);
        RecipientReport {
            severity: severity.unwrap_or_default(),
            findings: judged.into_iter().map(|it| it.finding).collect(),
            raised_by: examined.raised_by,
            suggestion,
            suggestions,
            mutable,
        }
    }

    /// Applies the policy to a severity. A case that is at least as severe as its reason's default
    /// gets the policy's severity. A milder case keeps its own, unless the policy is milder still.
    fn by_policy(&self, reason: Reason, judged: Severity) -> Severity {
        match self.severities.get(reason as usize).copied().flatten() {
            Some(set) if judged >= reason.default_severity() => set,
            Some(set) => judged.min(set),
            None => judged,
        }
    }
}
