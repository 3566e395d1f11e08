//! Finds the days that have events with given members, so that a search for rare events reads only
//! these days.
//!
//! No index has all members of an event. The counts by day show on which days such events exist, so that twenty events
//! among ten million are found without reading the others.

use sqlx::AssertSqlSafe;

use super::event_query::{EventCursor, EventFilter, EventOrder};
use super::tally::{is_counted_apart, start_of};
use super::{DAY, Millis, Store, StoreError};

/// From the first time up to the second, which is not part of the period; `None` stands for no
/// limit on that side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Period {
    pub(super) from: Option<Millis>,
    pub(super) to: Option<Millis>,
}

impl Store {
    /// The periods, in the filter's order, in which the first `wanted` events after `cursor` lie. Each period has as
    /// many days as that number of events needs, and begins and ends with a day that has events.
    pub(super) async fn periods(
        &self,
        filter: &EventFilter,
        cursor: Option<&EventCursor>,
        wanted: usize,
    ) -> Result<Vec<Period>, StoreError> {
        let all = vec![Period { from: None, to: None }];
        let has_counted = filter.host.is_some()
            || !filter.actions.is_empty()
            || filter.severity.is_some()
            || filter.reason.is_some();
        // Searches by these members have an index of their own.
        let has_index = filter.client.is_some()
            || filter.domain.is_some()
            || filter.address.is_some()
            || filter.part.is_some()
            || filter.message.is_some();
        let is_apart = filter.reason.as_deref().is_none_or(is_counted_apart);
        if !has_counted || has_index || !is_apart {
            return Ok(all);
        }
        let (mut from, mut to) = (filter.from, filter.to);
        match (cursor, filter.order) {
            (Some(cursor), EventOrder::NewestFirst) => {
                to = Some(to.map_or(cursor.time + 1, |to| to.min(cursor.time + 1)));
            }
            (Some(cursor), EventOrder::OldestFirst) => {
                from = Some(from.map_or(cursor.time, |from| from.max(cursor.time)));
            }
            (None, _) => {}
        }
        let counted = filter.counted(from.map(|from| start_of(from, DAY)), to);
        let mut conditions = self.count_conditions(&counted, "day").await?;
        conditions.is("reason", Some(filter.reason.as_deref().unwrap_or_default()));
        let order = match filter.order {
            EventOrder::NewestFirst => "DESC",
            EventOrder::OldestFirst => "ASC",
        };
        let sql = format!(
            "SELECT day, CAST(SUM(n) AS BIGINT) FROM counts_daily WHERE {}
             GROUP BY day HAVING SUM(n) > 0 ORDER BY day {order}",
            conditions.clause()
        );
        let query = sqlx::query_as_with(AssertSqlSafe(sql), conditions.arguments()?);
        let days: Vec<(Millis, i64)> = query.persistent(false).fetch_all(self.reader()).await?;
        let mut periods = periods_of(&days, i64::try_from(wanted).unwrap_or(i64::MAX));
        // Retention may keep events for longer than their counts.
        let sql = "SELECT day FROM counts_daily WHERE reason = '' ORDER BY day LIMIT 1";
        let counted_from: Option<Millis> =
            sqlx::query_scalar(sql).fetch_optional(self.reader()).await?;
        let uncounted = Period { from: None, to: counted_from };
        match filter.order {
            EventOrder::NewestFirst => periods.push(uncounted),
            EventOrder::OldestFirst => periods.insert(0, uncounted),
        }
        Ok(periods)
    }
}

/// Joins days, each with its number of events, into periods.
fn periods_of(days: &[(Millis, i64)], wanted: i64) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    // How many more events the last period should have.
    let mut left = 0;
    for &(day, n) in days {
        let (from, to) = (Some(day), Some(day + DAY));
        match periods.last_mut() {
            Some(last) if left > 0 && last.from == to => last.from = from,
            Some(last) if left > 0 && last.to == from => last.to = to,
            _ => {
                left = wanted;
                periods.push(Period { from, to });
            }
        }
        left -= n;
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_days_are_joined_until_they_hold_enough_events() {
        let period =
            |from: Millis, to: Millis| Period { from: Some(from * DAY), to: Some(to * DAY) };
        let of = |days: &[(Millis, i64)]| {
            let days: Vec<(Millis, i64)> = days.iter().map(|&(day, n)| (day * DAY, n)).collect();
            periods_of(&days, 10)
        };
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[(9, 1), (8, 2), (5, 3)]), [period(8, 10), period(5, 6)]);
        assert_eq!(of(&[(1, 1), (2, 2), (5, 3)]), [period(1, 3), period(5, 6)]);
        assert_eq!(of(&[(9, 4), (8, 6), (7, 1)]), [period(8, 10), period(7, 8)]);
        assert_eq!(of(&[(9, 100), (8, 100)]), [period(9, 10), period(8, 9)]);
    }
}
