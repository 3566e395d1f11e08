//! Deliveries whose outcome comes on a later line, which names no recipient but a number.
//!
//! qmail and Cisco's gateways log the recipient once, with a number, and the outcome with the number alone. The outcome
//! may be in a later block, so the committer connects both. A block passes on only those outcomes that may belong to
//! a flagged recipient: the others are most of them.

use std::collections::HashMap;

use crate::scan::event::{Event, Outcome};
use crate::scan::found::Found;

/// Facts about the block that is being read.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Groups of numbers with a recipient in this block, and whether one of their recipients is flagged.
    groups: HashMap<u64, bool>,
    /// The present senders of messages, if their numbers are used again.
    senders: HashMap<u64, Vec<u8>>,
}

impl Pending {
    /// Notes a recipient of a group.
    pub(super) fn add(&mut self, group: u64, is_flagged: bool) {
        *self.groups.entry(group).or_default() |= is_flagged;
    }

    /// Notes that a group has a new recipient alone.
    pub(super) fn begin(&mut self, group: u64, is_flagged: bool) {
        self.groups.insert(group, is_flagged);
    }

    /// Passes an outcome on, unless it belongs to recipients that are not flagged.
    pub(super) fn close(&self, outcome: Outcome, found: &mut Found) {
        if self.groups.get(&outcome.group) != Some(&false) {
            found.events.push(Event::Outcome(Box::new(outcome)));
        }
    }

    /// Notes that the recipients of `old` continue in `new`.
    pub(super) fn rename(&mut self, old: u64, new: u64, found: &mut Found) {
        if self.groups.get(&old) != Some(&false) {
            self.groups.insert(new, true);
            found.events.push(Event::Renamed { old, new });
        }
    }

    /// Sets the sender of a message.
    pub(super) fn set_sender(&mut self, message: u64, sender: &[u8]) {
        self.senders.insert(message, sender.to_vec());
    }

    /// The sender of a message, if this block names it.
    pub(super) fn sender(&self, message: u64) -> Option<&[u8]> {
        self.senders.get(&message).map(Vec::as_slice)
    }

    /// Adds the senders that are known at the end of the block, for messages with recipients in a later one.
    pub(super) fn leave(self, found: &mut Found) {
        for (message, sender) in &self.senders {
            found.senders.add(*message, sender);
        }
    }
}
