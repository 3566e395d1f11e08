//! Counts the events that a filter names.
//!
//! Mostly the answer comes from counts that the store updates with every event. Otherwise the store counts the events
//! themselves, up to a limit, because nobody waits for a number beyond it.

use sqlx::AssertSqlSafe;

use super::event_query::{EventCursor, EventFilter, EventPage, select};
use super::search::Matches;
use super::tally::is_counted_apart;
use super::{DAY, HOUR, Millis, Store, StoreError};

/// The most events to count one by one. More would delay a page.
const MOST: i64 = 1_000;

/// The number of events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hits {
    /// Exactly this number.
    Exactly(i64),
    /// More than this number.
    MoreThan(i64),
}

impl Store {
    /// The events that `filter` names, at most `limit` after `cursor`, and how many there are on all pages.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer, or takes longer than a minute.
    pub async fn find_events(
        &self,
        filter: &EventFilter,
        cursor: Option<&EventCursor>,
        limit: u16,
    ) -> Result<(EventPage, Hits), StoreError> {
        let matches = self.matches_of(filter.part.as_deref()).await?;
        let kept = self.kept(filter, matches.as_ref()).await?;
        if kept == Some(0) {
            // No event can match, so the search ends here.
            return Ok((EventPage::default(), Hits::Exactly(0)));
        }
        let page = self.page(filter, matches.as_ref(), cursor, limit).await?;
        let hits = match (kept, &matches) {
            _ if cursor.is_none() && page.next.is_none() => {
                Hits::Exactly(i64::try_from(page.events.len()).unwrap_or(i64::MAX))
            }
            (Some(kept), _) => Hits::Exactly(kept),
            // Counting on would read a large part of all events.
            (None, Some(Matches::Many(_))) => Hits::MoreThan(limit.into()),
            (None, _) => self.counted(filter, matches.as_ref()).await?,
        };
        Ok((page, hits))
    }

    /// The number of events that `filter` names, from the counts that every stored event updates;
    /// `None` if these cannot answer.
    ///
    /// Counts name nobody, and stay when an administrator erases the events about a person.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn count_kept(&self, filter: &EventFilter) -> Result<Option<i64>, StoreError> {
        let matches = self.matches_of(filter.part.as_deref()).await?;
        self.kept(filter, matches.as_ref()).await
    }

    async fn kept(
        &self,
        filter: &EventFilter,
        matches: Option<&Matches>,
    ) -> Result<Option<i64>, StoreError> {
        let is_apart = filter.reason.as_deref().is_none_or(is_counted_apart);
        let is_single =
            filter.client.is_some() || filter.address.is_some() || filter.message.is_some();
        if is_single || !is_apart {
            return Ok(None);
        }
        // The retention removes events before their counts.
        let oldest = "SELECT time FROM events ORDER BY time, id LIMIT 1";
        let oldest: Option<Millis> =
            sqlx::query_scalar(oldest).fetch_optional(self.reader()).await?;
        let Some(oldest) = oldest else { return Ok(Some(0)) };
        let from = filter.from.filter(|from| *from > oldest);
        let aligned = |step: Millis| {
            let is_aligned = |time: Option<Millis>| time.is_none_or(|time| time % step == 0);
            is_aligned(from) && is_aligned(filter.to)
        };
        let start = |step: Millis| Some(from.unwrap_or(oldest - oldest.rem_euclid(step)));
        let mut domains = Vec::new();
        let (table, column, step) = if filter.domain.is_some() || filter.part.is_some() {
            let Some(alone) = domains_alone(filter, matches) else { return Ok(None) };
            if !aligned(DAY) {
                return Ok(None);
            }
            if alone.is_empty() {
                return Ok(Some(0));
            }
            domains = alone;
            ("domains_daily", "day", DAY)
        } else if aligned(DAY) {
            ("counts_daily", "day", DAY)
        } else if aligned(HOUR) && filter.reason.is_none() && self.has_hours(start(HOUR)).await? {
            ("counts_hourly", "hour", HOUR)
        } else {
            return Ok(None);
        };
        // If the filter names domains, it names nothing else, so the counts by domain have every member that it needs.
        let counted = filter.counted(start(step), filter.to);
        let mut conditions = self.count_conditions(&counted, column).await?;
        conditions.is_one_of("domain", &domains);
        if table == "counts_daily" {
            conditions.is("reason", Some(filter.reason.as_deref().unwrap_or_default()));
        }
        let clause = conditions.clause();
        let sql = format!("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM {table} WHERE {clause}");
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(Some(query.persistent(false).fetch_one(self.reader()).await?))
    }

    /// The number of events that `filter` names, counted one by one.
    async fn counted(
        &self,
        filter: &EventFilter,
        matches: Option<&Matches>,
    ) -> Result<Hits, StoreError> {
        let mut conditions = self.event_conditions(filter).await?;
        let limit = usize::try_from(MOST).unwrap_or_default() + 1;
        let Some(sql) = select(filter, matches, &mut conditions, "id, time", limit) else {
            return Ok(Hits::Exactly(0));
        };
        let sql = format!("SELECT COUNT(*) FROM ({sql}) AS counted");
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), conditions.arguments()?);
        let n: i64 = query.persistent(false).fetch_one(self.reader()).await?;
        Ok(if n > MOST { Hits::MoreThan(MOST) } else { Hits::Exactly(n) })
    }

    /// Whether counts by the hour are kept from this time on.
    async fn has_hours(&self, from: Option<Millis>) -> Result<bool, StoreError> {
        let oldest: Option<Millis> = sqlx::query_scalar("SELECT MIN(hour) FROM counts_hourly")
            .fetch_one(self.reader())
            .await?;
        Ok(oldest.is_some_and(|oldest| from.is_some_and(|from| from >= oldest)))
    }
}

/// The domains that a filter names; `None` if they are many, or if it also names something that
/// counts by domain do not tell apart.
fn domains_alone(filter: &EventFilter, matches: Option<&Matches>) -> Option<Vec<String>> {
    let is_more = filter.host.is_some()
        || !filter.actions.is_empty()
        || filter.severity.is_some()
        || filter.reason.is_some();
    if is_more {
        return None;
    }
    let mut found = match matches {
        None => filter.domain.clone().into_iter().collect(),
        Some(Matches::Few { domains, addresses }) if addresses.is_empty() => domains.clone(),
        Some(Matches::Few { .. } | Matches::Many(_)) => return None,
    };
    if let Some(domain) = &filter.domain {
        found.retain(|found| found == domain);
    }
    Some(found)
}
