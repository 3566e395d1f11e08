//! What the checker knows about a recipient while it examines it.

use std::ops::Range;

use super::{Finding, RaisedBy, Reason, Severity};

/// The most addresses that may have been meant; a longer list does not help.
pub(super) const MAX_CHOICES: usize = 3;

/// A finding, before the policy and the rest of the message change it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) finding: Finding,
    pub(super) severity: Severity,
}

/// What the checker knows about a recipient.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) judged: Vec<Judged>,
    /// Addresses that may have been meant, the likeliest first.
    pub(super) meant: Vec<String>,
    /// What else in the message raised a finding.
    pub(super) raised_by: Vec<RaisedBy>,
    /// Whether all mailboxes of the recipient are in protected domains.
    pub(super) protected: bool,
    /// Further mailboxes, if the recipient is a list or group.
    pub(super) more: Vec<Self>,
}

impl Examined {
    /// Each mailbox of the recipient.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.more)
    }

    /// Calls a function for each mailbox of the recipient.
    pub(super) fn for_each(&mut self, mut act: impl FnMut(&mut Self)) {
        let mut more = std::mem::take(&mut self.more);
        act(self);
        more.iter_mut().for_each(act);
        self.more = more;
    }

    /// All mailboxes of the recipient, combined.
    pub(super) fn merged(mut self) -> Self {
        for part in std::mem::take(&mut self.more) {
            self.merge(part);
        }
        self
    }

    /// The one address that was meant, or the few that may have been.
    pub(super) fn take_suggestions(&mut self) -> (Option<String>, Vec<String>) {
        let mut meant = std::mem::take(&mut self.meant);
        match meant.len() {
            1 => (meant.pop(), Vec::new()),
            2..=MAX_CHOICES => (None, meant),
            _ => (None, Vec::new()),
        }
    }

    /// Notes what raised a finding.
    pub(super) fn raise(&mut self, by: RaisedBy) {
        if !self.raised_by.contains(&by) {
            let place = self.raised_by.partition_point(|other| *other < by);
            self.raised_by.insert(place, by);
        }
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

    fn merge(&mut self, other: Self) {
        // The most suspicious mailbox of a list decides the suggestion.
        if other.severity() > self.severity() || self.judged.is_empty() {
            self.meant = other.meant;
        }
        self.protected &= other.protected;
        other.raised_by.into_iter().for_each(|by| self.raise(by));
        for Judged { finding, severity } in other.judged {
            self.add(finding.reason, severity, finding.span, finding.delegated);
        }
    }
}
