//! Stores and counts events, in one transaction.
//!
//! Rows go in sorted by their keys, table after table in the same order, so that transactions of several
//! servers wait for one another but never in a circle.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;

use sqlx::{AnyConnection, SqlStr};

use super::rows::{self, BulkRow};
use super::tally::{SeenRow, Tally};
use super::{Event, Millis, Store, StoreError, exports};

/// The most domains to remember as already stored; the store is asked again about others.
const MAX_SEEN: usize = 20_000;

/// After PostgreSQL had an event already, this many transactions look for each event before they insert it. With fewer, a
/// client that sends one event over and over would make most transactions run twice; with more, a single lost answer would
/// slow down all that follow.
const CAREFUL: u32 = 1_000;

/// The domains that are known to be stored, with the time of their first event or an earlier one.
pub(super) type Seen = HashMap<String, Millis>;

impl Store {
    /// Stores events, and counts those that are new. Either all of them are stored, or none.
    ///
    /// Returns for each event whether it is new. Of two events with the same id the first counts.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn insert_events(&self, events: &[Event]) -> Result<Vec<bool>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut first = HashSet::with_capacity(events.len());
        let is_first: Vec<bool> = events.iter().map(|event| first.insert(&*event.id)).collect();
        let mut rows: Vec<&Event> = events
            .iter()
            .zip(&is_first)
            .filter(|(_, first)| **first)
            .map(|(event, _)| event)
            .collect();
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));

        let statements = &self.statements;
        let is_careful =
            self.careful.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        let stored = match statements.insert_new_events.as_ref().filter(|_| !is_careful) {
            Some(insert) => match self.insert_rows(insert.get(), rows.clone()).await {
                // The database has one of the events already.
                Err(StoreError::Conflict(_)) => {
                    self.careful.store(CAREFUL, Relaxed);
                    self.insert_rows(statements.insert_events.get(), rows).await
                }
                result => result,
            },
            None => self.insert_rows(statements.insert_events.get(), rows).await,
        }?;
        let is_new = events.iter().zip(is_first);
        Ok(is_new.map(|(event, first)| first && stored.contains(&*event.id)).collect())
    }

    /// Stores and counts events in one transaction. Returns the ids of those that are new.
    async fn insert_rows<'a>(
        &self,
        insert: SqlStr,
        mut rows: Vec<&'a Event>,
    ) -> Result<HashSet<&'a str>, StoreError> {
        let mut transaction = self.begin().await?;
        let batch = exports::new_batch();
        let added = rows::bind(sqlx::query(insert), self.dialect, &rows)?
            .bind(batch)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        // Almost always all events are new. If every transaction listed its new events, that would
        // cost more than this query in the few others.
        if added < rows.len() as u64 {
            let inserted: Vec<String> =
                sqlx::query_scalar("SELECT id FROM events WHERE batch = $1")
                    .bind(batch)
                    .fetch_all(&mut *transaction)
                    .await?;
            let inserted: HashSet<String> = inserted.into_iter().collect();
            rows.retain(|event| inserted.contains(&event.id));
        }
        let unseen = self.count_new(&mut transaction, batch, &rows).await?;
        transaction.commit().await?;
        self.remember(unseen);
        Ok(rows.iter().map(|event| &*event.id).collect())
    }

    /// Counts new events and gives their batch its position, the last step of the transaction: from
    /// then on every other transaction that stores events waits for this one. Returns the domains
    /// that were not known to be stored.
    async fn count_new(
        &self,
        connection: &mut AnyConnection,
        batch: i64,
        events: &[&Event],
    ) -> Result<Vec<(String, Millis)>, StoreError> {
        let Some(received) = events.iter().map(|event| event.received).min() else {
            return Ok(Vec::new());
        };
        let tally = Tally::new(events);
        let unseen = self.unseen(&tally);
        let statements = &self.statements;
        let dialect = self.dialect;
        if let Some(at_once) = &statements.count_at_once {
            let query = rows::bind(sqlx::query(at_once.get()), dialect, &tally.hours())?;
            let query = rows::bind(query, dialect, &tally.days())?;
            let query = rows::bind(query, dialect, &tally.domains())?;
            let query = rows::bind(query, dialect, &unseen)?;
            let query = rows::bind(query, dialect, &tally.addresses())?;
            query
                .bind(batch)
                .bind(received)
                .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
                .execute(connection)
                .await?;
        } else {
            self.write(connection, statements.count_hours.get(), &tally.hours()).await?;
            self.write(connection, statements.count_days.get(), &tally.days()).await?;
            self.write(connection, statements.count_domains.get(), &tally.domains()).await?;
            self.write(connection, statements.see_domains.get(), &unseen).await?;
            self.write(connection, statements.see_addresses.get(), &tally.addresses()).await?;
            exports::mark_batch(connection, batch, received, events.len()).await?;
        }
        Ok(unseen.iter().map(|row| (row.domain.to_owned(), row.first_seen)).collect())
    }

    /// Writes rows, if there are any, with a statement of [`Statements`](super::statements::Statements).
    pub(super) async fn write<R: BulkRow>(
        &self,
        connection: &mut AnyConnection,
        sql: SqlStr,
        rows: &[R],
    ) -> Result<(), StoreError> {
        if !rows.is_empty() {
            rows::bind(sqlx::query(sql), self.dialect, rows)?.execute(connection).await?;
        }
        Ok(())
    }

    fn unseen<'a>(&self, tally: &Tally<'a>) -> Vec<SeenRow<'a>> {
        let seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let all = tally.seen.iter().map(|(&domain, &first_seen)| SeenRow { domain, first_seen });
        all.filter(|row| seen.get(row.domain).is_none_or(|&first| row.first_seen < first)).collect()
    }

    /// Forgets which domains are stored, after some were removed.
    pub(super) fn forget_seen(&self) {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    fn remember(&self, domains: Vec<(String, Millis)>) {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() + domains.len() > MAX_SEEN {
            seen.clear();
        }
        seen.extend(domains);
    }
}
