//! Counts for the dashboard, from the tables that are kept up with every event: their cost grows with
//! the days and groups that are looked at, not with the events.

use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::search::Conditions;
use super::{Action, Host, Millis, Store, StoreError};
use crate::Severity;

/// Which events are counted: those to which everything applies that is given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CountFilter {
    /// Only hours or days that begin at this time or later.
    pub from: Millis,
    /// Only hours or days that begin before this time.
    pub to: Millis,
    /// Of this group, or of one below it.
    pub group: Option<String>,
    /// Of this mail client.
    pub host: Option<Host>,
    /// With one of these outcomes; with any where none is given.
    pub actions: Vec<Action>,
    /// With this verdict.
    pub severity: Option<Severity>,
    /// With this reason among others. Domains are counted whatever the reason.
    pub reason: Option<String>,
}

/// How time is divided. Hours are kept for two weeks, and without reasons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// An hour.
    Hour,
    /// A day in UTC.
    Day,
}

/// What is counted apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CountKey {
    /// What senders did.
    Action,
    /// Whose clients.
    Group,
    /// Which mail client.
    Host,
    /// How bad.
    Severity,
    /// Why. An event with two reasons counts for both; those of later releases count as `other`.
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

/// One number for each hour or day and outcome that has any.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Counts {
    /// When the hour or day begins.
    pub start: Millis,
    /// What senders did.
    pub action: String,
    /// How often.
    pub n: i64,
}

/// How often a domain was written to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DomainCount {
    /// In ASCII.
    pub domain: String,
    /// Flagged recipients.
    pub n: i64,
    /// Those of them to whom the message was sent.
    pub sent: i64,
    /// When it was first written to, as far back as counts are kept.
    pub first_seen: Option<Millis>,
}

impl Store {
    /// What senders did over time.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
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

    /// How the events of some days divide up, the largest number first.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
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

    /// The domains that were written to most often in some days; of the filter, time and group hold.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
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

    /// The conditions of a filter, but for the reason; `start` is the column with the time.
    async fn count_conditions(
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
        // Columns are named by this file, values are bound.
        let query = sqlx::query_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(query.fetch_all(self.reader()).await?)
    }
}
