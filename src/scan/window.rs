//! The senders of the last part of the logs.

use std::collections::VecDeque;

use super::found::Senders;

/// The most bytes of memory for senders whose messages may still get recipients; enough for those
/// of some 80 MB of log.
const LIMIT: usize = 4 << 20;

/// Tables of senders in the order of the logs, of which the oldest is forgotten first.
#[derive(Debug, Default)]
pub(super) struct Window {
    tables: VecDeque<Senders>,
    size: usize,
}

impl Window {
    pub(super) fn push(&mut self, senders: Senders) {
        self.size += senders.size();
        self.tables.push_back(senders);
        while self.size > LIMIT
            && let Some(oldest) = self.tables.pop_front()
        {
            self.size -= oldest.size();
        }
    }

    /// The sender of a message, from the senders of the present block or those before.
    pub(super) fn sender(&self, key: u64, present: &Senders) -> Option<String> {
        let tables = std::iter::once(present).chain(self.tables.iter().rev());
        let sender = tables.into_iter().find_map(|table| table.get(key))?;
        Some(String::from_utf8_lossy(sender).into_owned())
    }

    /// The tables, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Senders> {
        self.tables.iter()
    }
}
