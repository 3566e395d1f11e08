//! Turns the records of a log into deliveries: a message that was deferred ten times and then sent is
//! one delivery.
//!
//! A delivery is identified by its message (host and queue id, or Message-ID) and recipient. It is
//! passed on once its status is final. Open deliveries wait in a table of bounded size. The oldest is
//! passed on as it is when the table is full, or when the log has moved on by eight days.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use super::bytes;
use super::event::{Attempt, Delivery, Outcome, Status};
use super::runs::Runs;
use super::time::Time;

/// The most open deliveries. More would take more memory; with fewer, a delivery on a busy server
/// would be reported before its last line.
const OPEN: usize = 20_000;

/// The most messages to remember by the ids that servers gave them, for recognising the other half of a
/// handover.
const HANDED: usize = 8192;

/// The longest time for which mail servers try, with a margin: Postfix and sendmail try five days,
/// Exim four.
fn patience() -> Span {
    8.days()
}

/// The message and the recipient.
type Key = (u64, u64);

/// A delivery that may change.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Open {
    key: Key,
    pub(super) delivery: Delivery,
    /// The number by which the log may name the delivery.
    #[serde(default)]
    run: Option<u64>,
}

/// Deliveries that are not final.
#[derive(Debug, Default)]
pub(crate) struct Correlator {
    open: HashMap<Key, (u64, Delivery)>,
    /// The open deliveries in the order of their last change; an entry whose number is not the current one is void.
    order: VecDeque<(Key, u64)>,
    changes: u64,
    /// Messages that were seen, by the id alone and the recipient, because the records of another server
    /// may follow.
    seen: Handed,
    /// Open deliveries by the numbers that the log gave them.
    runs: Runs,
    /// Messages that were passed on as deliveries, by the id that the next server gave them.
    given: Handed,
}

/// Keys of a bounded number, of which the oldest is forgotten first.
#[derive(Debug, Default)]
struct Handed {
    keys: HashSet<Key>,
    order: VecDeque<Key>,
}

impl Handed {
    fn add(&mut self, key: Key) {
        if self.keys.insert(key) {
            self.order.push_back(key);
            if self.order.len() > HANDED
                && let Some(oldest) = self.order.pop_front()
            {
                self.keys.remove(&oldest);
            }
        }
    }

    fn holds(&self, key: &Key) -> bool {
        self.keys.contains(key)
    }
}

impl Correlator {
    /// Continues with the open deliveries of another run.
    pub(crate) fn resume(open: Vec<Open>) -> Self {
        let mut correlator = Self::default();
        for Open { key, delivery, run } in open {
            correlator.put(key, delivery);
            if let Some(run) = run {
                correlator.runs.add(run, key);
            }
        }
        correlator
    }

    /// Adds a record. `place` is the file and the record's number. Final deliveries go to `out`.
    pub(crate) fn attempt(
        &mut self,
        attempt: Attempt,
        time: Option<Time>,
        sender: Option<String>,
        (format, file, record): (super::Format, &str, u64),
        out: &mut Vec<Delivery>,
    ) {
        self.advance(time, out);
        let recipient = attempt.rewritten.as_deref().unwrap_or(&attempt.recipient);
        let recipient = bytes::key(&[
            recipient.to_lowercase().as_bytes(),
            attempt.recipient.to_lowercase().as_bytes(),
        ]);
        let mut delivery = Delivery {
            time,
            recipient: attempt.recipient,
            rewritten: attempt.rewritten,
            // The message's own line is more reliable than the record about the recipient.
            sender: sender.or(attempt.sender),
            status: attempt.status,
            detail: attempt.detail,
            id: attempt.id,
            attempts: 1,
            verdict: attempt.verdict,
            format,
            file: file.to_owned(),
            record,
            server: attempt.server,
            marking: attempt.marking,
        };
        let Some(message) = attempt.key else {
            out.push(delivery);
            return;
        };
        let key = (self.runs.first(message), recipient);
        if let Some(run) = attempt.run {
            self.runs.add(run, key);
        }
        let id = attempt.id_key.map(|id| (id, recipient));
        let handed = id.and_then(|id| self.open.remove(&id));
        if handed.is_none() && id.is_some_and(|id| self.given.holds(&id)) {
            // This delivery was counted when its first half was passed on.
            return;
        }
        if let Some((_, before)) = self.open.remove(&key).or(handed) {
            delivery = joined(before, delivery, attempt.repeats);
        }
        let next = attempt.next_key.map(|next| (next, recipient));
        match next {
            // The records of the next server were read earlier, and had the final status.
            Some(next) if self.seen.holds(&next) => {}
            // The filter returns the message, or another log has the rest.
            Some(next) if attempt.comes_back => self.put(next, delivery),
            _ if attempt.repeats || delivery.status == Status::Deferred => {
                self.put(key, delivery);
            }
            _ => {
                if let Some(next) = next {
                    self.given.add(next);
                }
                out.push(delivery);
            }
        }
        if let Some(id) = id {
            self.seen.add(id);
        }
        while self.open.len() > OPEN {
            self.give_oldest(out);
        }
    }

    /// Adds the outcome for a recipient that another record named, or for all recipients of a message that have none.
    pub(crate) fn outcome(
        &mut self,
        outcome: &Outcome,
        time: Option<Time>,
        out: &mut Vec<Delivery>,
    ) {
        let keys = if let Some(key) = self.runs.get(outcome) {
            vec![key]
        } else if outcome.number.is_none() {
            let group = self.runs.first(outcome.group);
            let is_open = |key: &&Key| {
                key.0 == group
                    && self.open.get(key).is_some_and(|it| it.1.status == Status::Unknown)
            };
            self.open.keys().filter(is_open).copied().collect()
        } else {
            Vec::new()
        };
        for key in keys {
            let Some((_, mut delivery)) = self.open.remove(&key) else { continue };
            // A server's answer follows the line that says the same of the delivery.
            let is_first = delivery.status == Status::Unknown || delivery.detail.is_empty();
            delivery.attempts += u32::from(!is_first && delivery.status != outcome.status);
            delivery.status = outcome.status;
            delivery.time = time.or(delivery.time);
            if !outcome.detail.is_empty() {
                delivery.detail.clone_from(&outcome.detail);
            }
            delivery.server = outcome.server.clone().or(delivery.server);
            if outcome.is_last {
                out.push(delivery);
            } else {
                self.put(key, delivery);
            }
        }
    }

    /// Notes that a message continues under another id.
    pub(crate) fn rename(&mut self, old: u64, new: u64) {
        self.runs.rename(old, new);
        let first = self.runs.first(new);
        let keys: Vec<Key> = self.open.keys().filter(|key| key.0 == new).copied().collect();
        for key in keys.into_iter().filter(|key| key.0 != first) {
            if let Some((_, after)) = self.open.remove(&key) {
                let key = (first, key.1);
                let delivery = match self.open.remove(&key) {
                    Some((_, before)) => joined(before, after, true),
                    None => after,
                };
                self.put(key, delivery);
            }
        }
    }

    /// The server gave the message up, so all recipients that still wait have bounced.
    pub(crate) fn expire(&mut self, message: u64, time: Option<Time>, out: &mut Vec<Delivery>) {
        let keys: Vec<Key> = self.open.keys().filter(|key| key.0 == message).copied().collect();
        for key in keys {
            if let Some((_, mut delivery)) = self.open.remove(&key) {
                if delivery.status == Status::Deferred {
                    delivery.status = Status::Bounced;
                    delivery.time = time.or(delivery.time);
                }
                out.push(delivery);
            }
        }
    }

    /// Passes all deliveries on with their present status, the oldest first.
    pub(crate) fn finish(&mut self, out: &mut Vec<Delivery>) {
        while self.give_oldest(out) {}
    }

    /// The open deliveries, oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = Open> {
        let runs = self.runs.by_key();
        self.order.iter().filter_map(move |(key, number)| {
            let (current, delivery) = self.open.get(key)?;
            let run = runs.get(key).copied();
            (current == number).then(|| Open { key: *key, delivery: delivery.clone(), run })
        })
    }

    fn put(&mut self, key: Key, delivery: Delivery) {
        self.changes += 1;
        self.open.insert(key, (self.changes, delivery));
        self.order.push_back((key, self.changes));
        // Drops void entries before there are many.
        if self.order.len() > 4 * OPEN {
            let open = &self.open;
            self.order.retain(|(key, number)| open.get(key).is_some_and(|it| it.0 == *number));
        }
    }

    fn give_oldest(&mut self, out: &mut Vec<Delivery>) -> bool {
        while let Some((key, number)) = self.order.pop_front() {
            if self.open.get(&key).is_some_and(|it| it.0 == number)
                && let Some((_, delivery)) = self.open.remove(&key)
            {
                out.push(delivery);
                return true;
            }
        }
        false
    }

    /// Passes on the deliveries that no server tries any longer.
    fn advance(&mut self, time: Option<Time>, out: &mut Vec<Delivery>) {
        let Some(now) = time.map(|time| time.civil) else { return };
        let Ok(limit) = now.checked_sub(patience()) else { return };
        while let Some((key, number)) = self.order.front().copied() {
            match self.open.get(&key) {
                Some((current, delivery)) if *current == number => {
                    if delivery.time.is_none_or(|time| time.civil >= limit) {
                        return;
                    }
                    self.give_oldest(out);
                }
                _ => {
                    self.order.pop_front();
                }
            }
        }
    }
}

/// The delivery that two attempts make; `after` is the later one.
fn joined(mut before: Delivery, mut after: Delivery, repeats: bool) -> Delivery {
    // One server handed the message over to another, and each logged a half of the attempt under its own id.
    let is_handed = before.id != after.id;
    let is_same = repeats && before.status == after.status;
    // A later record that is deferred or unknown does not undo the status that another server has reported.
    let is_step = repeats
        && before.status != Status::Unknown
        && matches!(after.status, Status::Deferred | Status::Unknown);
    before.attempts += u32::from(!is_same && !is_handed);
    before.sender = after.sender.take().or(before.sender);
    before.marking = before.marking.or(after.marking.take());
    if is_same || is_step {
        return before;
    }
    (after.attempts, after.sender) = (before.attempts, before.sender);
    after.marking = before.marking;
    after
}
