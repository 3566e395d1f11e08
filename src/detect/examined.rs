//! What is known of a recipient while it is examined.

use std::ops::Range;

use super::{Finding, Reason, Severity};

/// A finding before policy and the rest of the message have their say.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) finding: Finding,
    pub(super) severity: Severity,
}

/// What is known of a recipient.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) judged: Vec<Judged>,
    /// Addresses that may have been meant. A suggestion is made of exactly one.
    pub(super) meant: Vec<String>,
    /// Whether every mailbox in it is in a protected domain.
    pub(super) protected: bool,
}

impl Examined {
    pub(super) fn take_suggestion(&mut self) -> Option<String> {
        if self.meant.len() == 1 { self.meant.pop() } else { None }
    }

    pub(super) fn add(
        &mut self,
        reason: Reason,
        severity: Severity,
        span: Option<Range<usize>>,
        delegated: Option<bool>,
    ) {
        let finding = Finding { reason, span, delegated };
        match self.judged.iter_mut().find(|judged| judged.finding.reason == reason) {
            Some(judged) if judged.severity < severity => *judged = Judged { finding, severity },
            Some(_) => {}
            None => self.judged.push(Judged { finding, severity }),
        }
    }

    pub(super) fn add_meant(&mut self, address: String) {
        if !self.meant.contains(&address) {
            self.meant.push(address);
        }
    }

    pub(super) fn severity(&self) -> Severity {
        self.judged.iter().map(|judged| judged.severity).max().unwrap_or_default()
    }

    /// Takes in what is known of a further mailbox of the same recipient.
    pub(super) fn merge(&mut self, other: Self) {
        // The worst mailbox of a list decides what is suggested.
        if other.severity() > self.severity() || self.judged.is_empty() {
            self.meant = other.meant;
        }
        self.protected &= other.protected;
        for Judged { finding, severity } in other.judged {
            self.add(finding.reason, severity, finding.span, finding.delegated);
        }
    }
}
