//! The last record with flagged recipients, which the log may count again without writing it.

use super::event::Attempt;

/// A record, by its number in the file, with its flagged recipients.
#[derive(Debug, Default)]
pub(super) struct Recent {
    record: u64,
    attempts: Vec<Attempt>,
}

impl Recent {
    /// Notes a flagged recipient of a record.
    pub(super) fn add(&mut self, record: u64, attempt: &Attempt) {
        if self.record != record {
            self.record = record;
            self.attempts.clear();
        }
        self.attempts.push(attempt.clone());
    }

    /// The recipients of the record once for each time that it counts more, if it is the record with that number.
    pub(super) fn again(&self, record: u64, times: u32) -> Vec<Attempt> {
        let attempts = self.attempts.iter().filter(|_| self.record == record);
        attempts
            .flat_map(|it| std::iter::repeat_n(it, it.repeated(times) as usize))
            .cloned()
            .collect()
    }
}
