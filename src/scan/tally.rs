//! The summary: how many deliveries, to whom, from whom, when, with what outcome and for what
//! reasons.
//!
//! Tables are bounded. Once one is full, a single row counts everything new, and the summary says so:
//! totals stay exact.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::event::{Delivery, Status, domain_of};
use super::time::Time;
use crate::detect::{Reason, Severity};

/// Rows of each table: far more than a report shows.
const ROWS: usize = 20_000;

/// The name of the row for everything without room; no domain can have it.
pub const OTHERS: &str = "(others)";

/// The name of the row for senders that the log does not contain.
pub const NO_SENDER: &str = "(not logged)";

/// The name of the row for bounces, which have no sender.
pub const NULL_SENDER: &str = "<>";

/// Deliveries by status.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Counts {
    counts: [u64; Status::ALL.len()],
}

impl Counts {
    /// The number of deliveries with this status.
    pub fn of(&self, status: Status) -> u64 {
        self.counts.get(status as usize).copied().unwrap_or_default()
    }

    /// The number of all deliveries.
    pub fn all(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn add(&mut self, status: Status) {
        if let Some(count) = self.counts.get_mut(status as usize) {
            *count += 1;
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }
}

/// The facts about a domain or an address that mail went to.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Target {
    /// Deliveries by status.
    pub counts: Counts,
    /// The highest severity.
    pub severity: Severity,
    /// The first reason of the severest delivery.
    pub reason: Option<Reason>,
    /// The domain or address that was probably meant.
    pub meant: Option<String>,
    /// The time of the first delivery.
    pub first: Option<Time>,
    /// The time of the last delivery.
    pub last: Option<Time>,
}

impl Target {
    fn add(&mut self, delivery: &Delivery, meant: Option<String>) {
        self.counts.add(delivery.status);
        let verdict = &delivery.verdict;
        if self.reason.is_none() || verdict.severity > self.severity {
            self.severity = verdict.severity;
            self.reason = verdict.reasons.first().copied();
            self.meant = meant;
        }
        if let Some(time) = delivery.time {
            if self.first.is_none_or(|first| time.civil < first.civil) {
                self.first = Some(time);
            }
            if self.last.is_none_or(|last| time.civil > last.civil) {
                self.last = Some(time);
            }
        }
    }
}

/// The summary of all findings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Tally {
    /// All deliveries to flagged recipients.
    pub counts: Counts,
    /// Deliveries by severity, `notice` first.
    pub severities: BTreeMap<Severity, u64>,
    /// Deliveries by reason: each counts for all of its reasons.
    pub reasons: BTreeMap<Reason, u64>,
    /// Deliveries by the recipient's domain.
    pub domains: BTreeMap<String, Target>,
    /// Deliveries by the recipient's address.
    pub recipients: BTreeMap<String, Target>,
    /// Deliveries by the sender's domain.
    pub senders: BTreeMap<String, Counts>,
    /// Deliveries by the day of the log's clock.
    pub days: BTreeMap<Date, Counts>,
    /// Deliveries without a time.
    pub undated: u64,
    /// The highest severity.
    pub worst: Severity,
}

impl Tally {
    /// Counts a delivery.
    pub fn add(&mut self, delivery: &Delivery) {
        self.counts.add(delivery.status);
        self.worst = self.worst.max(delivery.verdict.severity);
        *self.severities.entry(delivery.verdict.severity).or_default() += 1;
        for reason in &delivery.verdict.reasons {
            *self.reasons.entry(*reason).or_default() += 1;
        }
        let suggestion = delivery.verdict.suggestion.as_deref();
        let domain = domain_of(&delivery.recipient);
        row(&mut self.domains, domain).add(delivery, suggestion.map(domain_of));
        let recipient = delivery.recipient.to_lowercase();
        row(&mut self.recipients, recipient).add(delivery, suggestion.map(str::to_owned));
        row(&mut self.senders, sender_domain(delivery.sender.as_deref())).add(delivery.status);
        match delivery.time.map(|time| time.civil.date()) {
            // A log that spans more days than this has wrong times.
            Some(day) if self.days.len() < ROWS || self.days.contains_key(&day) => {
                self.days.entry(day).or_default().add(delivery.status);
            }
            _ => self.undated += 1,
        }
    }

    /// Whether a table was full, so that all names which came later are in [`OTHERS`].
    pub fn is_full(&self) -> bool {
        self.domains.contains_key(OTHERS)
            || self.recipients.contains_key(OTHERS)
            || self.senders.contains_key(OTHERS)
    }

    /// The days by month, as `2024-03`.
    pub fn months(&self) -> BTreeMap<String, Counts> {
        let mut months: BTreeMap<String, Counts> = BTreeMap::new();
        for (day, counts) in &self.days {
            months.entry(day.strftime("%Y-%m").to_string()).or_default().add_all(counts);
        }
        months
    }
}

/// The domain under which a sender counts.
pub fn sender_domain(sender: Option<&str>) -> String {
    match sender {
        None => NO_SENDER.to_owned(),
        Some("") => NULL_SENDER.to_owned(),
        Some(sender) => match domain_of(sender) {
            // A user of the machine itself.
            domain if domain.is_empty() => "(local)".to_owned(),
            domain => domain,
        },
    }
}

/// The rows, the largest number first; equal ones by name.
pub fn by_count<T>(rows: &BTreeMap<String, T>, count: impl Fn(&T) -> u64) -> Vec<(&str, &T)> {
    let mut rows: Vec<_> = rows.iter().map(|(name, row)| (name.as_str(), row)).collect();
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(count(row)));
    rows
}

fn row<T: Default>(rows: &mut BTreeMap<String, T>, name: String) -> &mut T {
    let name = if rows.len() < ROWS || rows.contains_key(&name) { name } else { OTHERS.to_owned() };
    rows.entry(name).or_default()
}
