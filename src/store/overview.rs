//! Counts for the dashboard. They come from tables that the store updates with every event, so that
//! reading them costs more for more days and groups, but not for more events.

use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::search::Conditions;
use super::{Action, Host, Millis, Store, StoreError};
use crate::Severity;

/// Which events to count. An event counts if it matches every member that is set.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CountFilter {
    /// The first time; hours and days that begin at it count.
    pub from: Millis,
    /// The end; hours and days that begin before it count.
    pub to: Millis,
    /// Events of this group and of the groups below it.
    pub group: Option<String>,
    /// Events of this mail client.
    pub host: Option<Host>,
    /// Events with one of these outcomes; all outcomes if empty.
    pub actions: Vec<Action>,
    /// Events with this verdict.
    pub severity: Option<Severity>,
    /// Events with this reason, perhaps among others. Counts of domains ignore this filter.
    pub reason: Option<String>,
}

/// The unit of time of the counts. Counts by hour exist for two weeks, and without reasons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// An hour.
    Hour,
    /// A day in UTC.
    Day,
}

/// The property that divides the events into counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CountKey {
    /// What senders did.
    Action,
    /// The group of the client.
    Group,
    /// The mail client.
    Host,
    /// The verdict.
    Severity,
    /// The reason. An event with two reasons counts for both; reasons of later releases count as `other`.
    Reason,
}

impl CountKey {
    const fn column(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Group => "group_id",
            Self::Host => "host",
            Self::Severity => "severity",
            Self::Reason => "reason",
        }
    }
}

/// The number of events with one outcome in one hour or day; there are no rows for zero.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Counts {
    /// When the hour or day begins.
    pub start: Millis,
    /// What senders did.
    pub action: String,
    /// The number of events.
    pub n: i64,
}

/// How often senders wrote to a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DomainCount {
    /// The domain in ASCII.
    pub domain: String,
    /// The number of flagged recipients in this domain.
    pub n: i64,
    /// The number of flagged recipients to whom the message was sent.
    pub sent: i64,
    /// The time of the first message to the domain, as far back as counts are kept.
    pub first_seen: Option<Millis>,
}

impl Store {
    /// What senders did over time.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn counts_over_time(
        &self,
        filter: &CountFilter,
        span: Span,
    ) -> Result<Vec<Counts>, StoreError> {
        let (table, start) = match span {
            Span::Hour => ("counts_hourly", "hour"),
            Span::Day => ("counts_daily", "day"),
        };
        let mut conditions = self.count_conditions(filter, start).await?;
        if span == Span::Day {
            conditions.is("reason", Some(filter.reason.as_deref().unwrap_or_default()));
        }
        let sql = format!(
            "SELECT {start}, action, CAST(SUM(n) AS BIGINT) AS n FROM {table}
             WHERE {} GROUP BY {start}, action ORDER BY {start}, action",
            conditions.clause()
        );
        let rows = self.rows(sql, &conditions).await?;
        let counts = rows.iter().map(|row| {
            Ok(Counts { start: row.try_get(0)?, action: row.try_get(1)?, n: row.try_get(2)? })
        });
        counts.collect::<Result<_, sqlx::Error>>().map_err(StoreError::from)
    }

    /// The events of some days, counted by one property; the largest number first.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn count_by(
        &self,
        filter: &CountFilter,
        key: CountKey,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let column = key.column();
        let mut conditions = self.count_conditions(filter, "day").await?;
        match (key, &filter.reason) {
            (CountKey::Reason, None) => conditions.push("reason <> ''".to_owned()),
            (_, reason) => conditions.is("reason", Some(reason.as_deref().unwrap_or_default())),
        }
        let sql = format!(
            "SELECT {column}, CAST(SUM(n) AS BIGINT) AS n FROM counts_daily
             WHERE {} GROUP BY {column} ORDER BY n DESC, {column}",
            conditions.clause()
        );
        let rows = self.rows(sql, &conditions).await?;
        let counts = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        counts.collect::<Result<_, sqlx::Error>>().map_err(StoreError::from)
    }

    /// The domains that senders wrote to most often in some days. Only time and group of the filter apply.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn top_domains(
        &self,
        filter: &CountFilter,
        limit: u16,
    ) -> Result<Vec<DomainCount>, StoreError> {
        let time = CountFilter {
            from: filter.from,
            to: filter.to,
            group: filter.group.clone(),
            ..CountFilter::default()
        };
        let conditions = self.count_conditions(&time, "day").await?;
        let sql = format!(
            "SELECT top.domain, n, sent, first_seen FROM (
                 SELECT domain, CAST(SUM(n) AS BIGINT) AS n, CAST(SUM(sent) AS BIGINT) AS sent
                 FROM domains_daily WHERE {} GROUP BY domain ORDER BY 2 DESC, 1 LIMIT {limit}
             ) AS top LEFT JOIN domains_seen ON domains_seen.domain = top.domain
             ORDER BY n DESC, top.domain",
            conditions.clause()
        );
        let rows = self.rows(sql, &conditions).await?;
        let counts = rows.iter().map(|row| {
            Ok(DomainCount {
                domain: row.try_get(0)?,
                n: row.try_get(1)?,
                sent: row.try_get(2)?,
                first_seen: row.try_get(3)?,
            })
        });
        counts.collect::<Result<_, sqlx::Error>>().map_err(StoreError::from)
    }

    /// The conditions of a filter, except for the reason; `start` is the column with the time.
    pub(super) async fn count_conditions(
        &self,
        filter: &CountFilter,
        start: &str,
    ) -> Result<Conditions, StoreError> {
        let mut conditions = Conditions::default();
        conditions.within(start, Some(filter.from), Some(filter.to));
        if let Some(group) = &filter.group {
            conditions.is_one_of("group_id", &self.with_below(group).await?);
        }
        conditions.is("host", filter.host.map(Host::as_str));
        let actions: Vec<&str> = filter.actions.iter().copied().map(Action::as_str).collect();
        conditions.is_one_of("action", &actions);
        conditions.is("severity", filter.severity.map(Severity::as_str));
        Ok(conditions)
    }

    async fn rows(&self, sql: String, conditions: &Conditions) -> Result<Vec<AnyRow>, StoreError> {
        // This file names the columns; all values are bound.
        let query = sqlx::query_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(query.fetch_all(self.reader()).await?)
    }
}
