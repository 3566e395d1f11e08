//! Stores and counts events, in one transaction.
//!
//! Rows go in sorted by their keys, table after table in the same order, so that transactions of several
//! servers wait for one another but never in a circle.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use sqlx::{AnyConnection, SqlStr};

use super::{DAY, Event, HOUR, Millis, Store, StoreError, exports, rows};
use crate::detect::Reason;

/// The most domains to remember as already stored; the store is asked again about others.
const MAX_SEEN: usize = 20_000;

/// The code that replaces a reason this release does not know. If any text counted, a client could
/// fill the table.
const OTHER_REASON: &str = "other";

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

        let mut transaction = self.begin().await?;
        let batch = exports::new_batch();
        let added = sqlx::query(self.statements.insert_events.get())
            .bind(rows::bind(&rows)?)
            .bind(batch)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        // Almost always all events are new. Listing the new ones would cost every transaction more than this query costs the few.
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
        let added: HashSet<&str> = rows.iter().map(|event| &*event.id).collect();
        let is_new = events.iter().zip(is_first);
        Ok(is_new.map(|(event, first)| first && added.contains(&*event.id)).collect())
    }

    /// Counts new events and gives their batch its position, the last of their transaction: from here on every other
    /// transaction that stores events waits for it. Returns the domains that were not known to be stored.
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
        if let Some(at_once) = &statements.count_at_once {
            sqlx::query(at_once.get())
                .bind(rows::bind(&tally.hours())?)
                .bind(rows::bind(&tally.days())?)
                .bind(rows::bind(&tally.domains())?)
                .bind(rows::bind(&unseen)?)
                .bind(rows::bind(&tally.addresses())?)
                .bind(batch)
                .bind(received)
                .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
                .execute(connection)
                .await?;
        } else {
            write(connection, statements.count_hours.get(), &tally.hours()).await?;
            write(connection, statements.count_days.get(), &tally.days()).await?;
            write(connection, statements.count_domains.get(), &tally.domains()).await?;
            write(connection, statements.see_domains.get(), &unseen).await?;
            write(connection, statements.see_addresses.get(), &tally.addresses()).await?;
            exports::mark_batch(connection, batch, received, events.len()).await?;
        }
        Ok(unseen.iter().map(|row| (row.domain.to_owned(), row.first_seen)).collect())
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

pub(super) async fn write<T: Serialize>(
    connection: &mut AnyConnection,
    sql: SqlStr,
    rows: &[T],
) -> Result<(), StoreError> {
    if !rows.is_empty() {
        sqlx::query(sql).bind(rows::bind(rows)?).execute(connection).await?;
    }
    Ok(())
}

/// The counts that new events add.
#[derive(Default)]
pub(super) struct Tally<'a> {
    hours: BTreeMap<(Millis, Kind<'a>), i64>,
    days: BTreeMap<(&'a str, Millis, Kind<'a>), i64>,
    domains: BTreeMap<(Millis, &'a str, &'a str), (i64, i64)>,
    seen: BTreeMap<&'a str, Millis>,
    addresses: BTreeMap<&'a str, Millis>,
}

/// The key of a count: group, host, action, severity.
type Kind<'a> = (&'a str, &'static str, &'static str, &'static str);

impl<'a> Tally<'a> {
    pub(super) fn new(events: &[&'a Event]) -> Self {
        let mut tally = Self::default();
        for &event in events {
            let kind = (
                &*event.group_id,
                event.host.as_str(),
                event.action.as_str(),
                event.severity.as_str(),
            );
            let day = start_of(event.time, DAY);
            *tally.hours.entry((start_of(event.time, HOUR), kind)).or_default() += 1;
            *tally.days.entry(("", day, kind)).or_default() += 1;
            let reasons: HashSet<&'static str> =
                event.reasons.iter().map(|reason| known_reason(reason)).collect();
            for reason in reasons {
                *tally.days.entry((reason, day, kind)).or_default() += 1;
            }
            if let Some(domain) = &event.domain {
                let (n, sent) = tally.domains.entry((day, kind.0, domain)).or_default();
                *n += 1;
                *sent += i64::from(event.action.is_sent());
                let first = tally.seen.entry(domain).or_insert(event.time);
                *first = event.time.min(*first);
            }
            if let Some(address) = &event.address {
                let last_day = tally.addresses.entry(address).or_insert(day);
                *last_day = day.max(*last_day);
            }
        }
        tally
    }

    /// The counts to subtract for the same events.
    pub(super) fn negated(mut self) -> Self {
        self.hours.values_mut().for_each(|n| *n = -*n);
        self.days.values_mut().for_each(|n| *n = -*n);
        self.domains.values_mut().for_each(|(n, sent)| (*n, *sent) = (-*n, -*sent));
        self
    }

    pub(super) fn hours(&self) -> Vec<HourRow<'a>> {
        let rows = self.hours.iter();
        rows.map(|(&(hour, (group_id, host, action, severity)), &n)| HourRow {
            hour,
            group_id,
            host,
            action,
            severity,
            n,
        })
        .collect()
    }

    pub(super) fn days(&self) -> Vec<DayRow<'a>> {
        let rows = self.days.iter();
        rows.map(|(&(reason, day, (group_id, host, action, severity)), &n)| DayRow {
            reason,
            day,
            group_id,
            host,
            action,
            severity,
            n,
        })
        .collect()
    }

    fn addresses(&self) -> Vec<AddressRow<'a>> {
        let rows = self.addresses.iter();
        rows.map(|(&address, &last_day)| AddressRow {
            address,
            key: address.to_lowercase(),
            last_day,
        })
        .collect()
    }

    pub(super) fn domains(&self) -> Vec<DomainRow<'a>> {
        let rows = self.domains.iter();
        rows.map(|(&(day, group_id, domain), &(n, sent))| DomainRow {
            day,
            group_id,
            domain,
            n,
            sent,
        })
        .collect()
    }
}

#[derive(Serialize)]
pub(super) struct HourRow<'a> {
    hour: Millis,
    group_id: &'a str,
    host: &'a str,
    action: &'a str,
    severity: &'a str,
    n: i64,
}

#[derive(Serialize)]
pub(super) struct DayRow<'a> {
    reason: &'a str,
    day: Millis,
    group_id: &'a str,
    host: &'a str,
    action: &'a str,
    severity: &'a str,
    n: i64,
}

#[derive(Serialize)]
pub(super) struct DomainRow<'a> {
    day: Millis,
    group_id: &'a str,
    domain: &'a str,
    n: i64,
    sent: i64,
}

#[derive(Serialize)]
struct SeenRow<'a> {
    domain: &'a str,
    first_seen: Millis,
}

#[derive(Serialize)]
struct AddressRow<'a> {
    address: &'a str,
    key: String,
    last_day: Millis,
}

/// The beginning of the hour or day that a time lies in, in UTC.
pub(super) fn start_of(time: Millis, span: Millis) -> Millis {
    time - time.rem_euclid(span)
}

fn known_reason(reason: &str) -> &'static str {
    let mut known = Reason::ALL.iter().map(|known| known.as_str());
    known.find(|known| *known == reason).unwrap_or(OTHER_REASON)
}

/// Whether events with this reason are counted by themselves, and not with those of later releases.
pub(super) fn is_counted_apart(reason: &str) -> bool {
    known_reason(reason) == reason
}
