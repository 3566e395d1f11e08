//! Finds the delivery that an outcome belongs to, if the log names it by a number alone.

use std::collections::{HashMap, VecDeque};

use super::event::{Outcome, run_key};

/// The most deliveries to remember by their numbers; more than can be open at once.
const KEPT: usize = 40_000;

/// A table of bounded size, of which the oldest entry is forgotten first.
#[derive(Debug)]
struct Table<V> {
    values: HashMap<u64, V>,
    order: VecDeque<u64>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> Table<V> {
    fn insert(&mut self, key: u64, value: V) {
        if self.values.insert(key, value).is_none() {
            self.order.push_back(key);
            if self.order.len() > KEPT
                && let Some(oldest) = self.order.pop_front()
            {
                self.values.remove(&oldest);
            }
        }
    }
}

/// The deliveries by the numbers that the log gave them.
#[derive(Debug, Default)]
pub(super) struct Runs {
    keys: Table<(u64, u64)>,
    /// The earlier name of a group, by its later one.
    earlier: Table<u64>,
}

impl Runs {
    /// Remembers the delivery `key` under its number.
    pub(super) fn add(&mut self, run: u64, key: (u64, u64)) {
        self.keys.insert(run, key);
    }

    /// Notes that the group `old` continues as `new`.
    pub(super) fn rename(&mut self, old: u64, new: u64) {
        let first = self.first(old);
        if first != new {
            self.earlier.insert(new, first);
        }
    }

    /// The first name of a group.
    pub(super) fn first(&self, group: u64) -> u64 {
        self.earlier.values.get(&group).copied().unwrap_or(group)
    }

    /// The delivery that an outcome with a number belongs to. A message that was renamed keeps the numbers of its
    /// recipients, unless the log names these again.
    pub(super) fn get(&self, outcome: &Outcome) -> Option<(u64, u64)> {
        let by = |group| self.keys.values.get(&run_key(group, outcome.number)).copied();
        by(outcome.group).or_else(|| by(self.first(outcome.group)))
    }

    /// The numbers by delivery.
    pub(super) fn by_key(&self) -> HashMap<(u64, u64), u64> {
        self.keys.values.iter().map(|(run, key)| (*key, *run)).collect()
    }
}
