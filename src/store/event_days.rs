//! The days on which senders decided events with some members: the store searches only these days for rare events.
//!
//! No index has all members of an event. The counts by day tell on which days there are any, so that twenty events among
//! ten million are found without reading the others.

use sqlx::AssertSqlSafe;

use super::event_query::{EventCursor, EventFilter, EventOrder};
use super::insert::is_counted_apart;
use super::search::Conditions;
use super::{Action, Host, Millis, Store, StoreError};
use crate::Severity;

const DAY: Millis = 24 * 3_600_000;

/// From the first time until before the second; without a bound where there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Span {
    pub(super) from: Option<Millis>,
    pub(super) to: Option<Millis>,
}

impl Store {
    /// Where the first `wanted` events after `cursor` can be, in the order of the filter: each span has as many days as it
    /// takes for so many, and no day without any at its ends.
    pub(super) async fn spans(
        &self,
        filter: &EventFilter,
        cursor: Option<&EventCursor>,
        wanted: usize,
    ) -> Result<Vec<Span>, StoreError> {
        let all = vec![Span { from: None, to: None }];
        let has_counted = filter.host.is_some()
            || !filter.actions.is_empty()
            || filter.severity.is_some()
            || filter.reason.is_some();
        // Those have an index of their own.
        let has_index = filter.client.is_some()
            || filter.domain.is_some()
            || filter.address.is_some()
            || filter.part.is_some()
            || filter.message.is_some();
        let is_apart = filter.reason.as_deref().is_none_or(is_counted_apart);
        if !has_counted || has_index || !is_apart {
            return Ok(all);
        }
        let day_of = |time: Millis| time - time.rem_euclid(DAY);
        let mut conditions = Conditions::default();
        let (mut from, mut to) = (filter.from.map(day_of), filter.to);
        match (cursor, filter.order) {
            (Some(cursor), EventOrder::NewestFirst) => {
                to = Some(to.map_or(cursor.time + 1, |to| to.min(cursor.time + 1)));
            }
            (Some(cursor), EventOrder::OldestFirst) => {
                from = Some(from.unwrap_or(Millis::MIN).max(day_of(cursor.time)));
            }
            (None, _) => {}
        }
        conditions.within("day", from, to);
        conditions.is("reason", Some(filter.reason.as_deref().unwrap_or_default()));
        if let Some(group) = &filter.group {
            conditions.is_one_of("group_id", &self.with_below(group).await?);
        }
        conditions.is("host", filter.host.map(Host::as_str));
        let actions: Vec<&str> = filter.actions.iter().copied().map(Action::as_str).collect();
        conditions.is_one_of("action", &actions);
        conditions.is("severity", filter.severity.map(Severity::as_str));
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
        let mut spans = spans_of(&days, i64::try_from(wanted).unwrap_or(i64::MAX));
        // Retention may keep events for longer than their counts.
        let sql = "SELECT day FROM counts_daily WHERE reason = '' ORDER BY day LIMIT 1";
        let counted_from: Option<Millis> =
            sqlx::query_scalar(sql).fetch_optional(self.reader()).await?;
        let uncounted = Span { from: None, to: counted_from };
        match filter.order {
            EventOrder::NewestFirst => spans.push(uncounted),
            EventOrder::OldestFirst => spans.insert(0, uncounted),
        }
        Ok(spans)
    }
}

/// Days with their numbers of events, in order, as spans.
fn spans_of(days: &[(Millis, i64)], wanted: i64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    // What is wanted of the last span.
    let mut left = 0;
    for &(day, n) in days {
        let (from, to) = (Some(day), Some(day + DAY));
        match spans.last_mut() {
            Some(last) if left > 0 && last.from == to => last.from = from,
            Some(last) if left > 0 && last.to == from => last.to = to,
            _ => {
                left = wanted;
                spans.push(Span { from, to });
            }
        }
        left -= n;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_a_row_are_one_span_until_they_have_enough() {
        let span = |from: Millis, to: Millis| Span { from: Some(from * DAY), to: Some(to * DAY) };
        let of = |days: &[(Millis, i64)]| {
            let days: Vec<(Millis, i64)> = days.iter().map(|&(day, n)| (day * DAY, n)).collect();
            spans_of(&days, 10)
        };
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[(9, 1), (8, 2), (5, 3)]), [span(8, 10), span(5, 6)]);
        assert_eq!(of(&[(1, 1), (2, 2), (5, 3)]), [span(1, 3), span(5, 6)]);
        assert_eq!(of(&[(9, 4), (8, 6), (7, 1)]), [span(8, 10), span(7, 8)]);
        assert_eq!(of(&[(9, 100), (8, 100)]), [span(9, 10), span(8, 9)]);
    }
}
