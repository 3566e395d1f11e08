//! Counts for the dashboard, from the tables that are kept up with every event: their cost grows with
//! the days and groups that are looked at, not with the events.

use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::{Action, Host, Millis, Store, StoreError};
use crate::Severity;

/// Which events are counted: those to which everything applies that is given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CountFilter {
    /// Only hours or days that begin at this time or later.
    pub from: Millis,
    /// Only hours or days that begin before this time.
    pub to: Millis,
    /// Of this group.
    pub group: Option<String>,
    /// Of this mail client.
    pub host: Option<Host>,
    /// With this outcome.
    pub action: Option<Action>,
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
        let sql = format!(
            "SELECT {start}, action, CAST(SUM(n) AS BIGINT) AS n FROM {table}
             WHERE {start} >= $1 AND {start} < $2 AND {} GROUP BY {start}, action
             ORDER BY {start}, action",
            filter.clause(span == Span::Day)
        );
        let rows = filter.fetch(self, sql, span == Span::Day).await?;
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
        let reason = match (key, &filter.reason) {
            (CountKey::Reason, None) => filter.clause_without_reason() + " AND reason <> ''",
            _ => filter.clause(true),
        };
        let sql = format!(
            "SELECT {column}, CAST(SUM(n) AS BIGINT) AS n FROM counts_daily
             WHERE day >= $1 AND day < $2 AND {reason} GROUP BY {column} ORDER BY n DESC, {column}"
        );
        let rows =
            filter.fetch(self, sql, key != CountKey::Reason || filter.reason.is_some()).await?;
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
        let group = if filter.group.is_some() { "AND group_id = $3" } else { "" };
        let sql = format!(
            "SELECT top.domain, n, sent, first_seen FROM (
                 SELECT domain, CAST(SUM(n) AS BIGINT) AS n, CAST(SUM(sent) AS BIGINT) AS sent
                 FROM domains_daily WHERE day >= $1 AND day < $2 {group}
                 GROUP BY domain ORDER BY 2 DESC, 1 LIMIT {limit}
             ) AS top LEFT JOIN domains_seen ON domains_seen.domain = top.domain
             ORDER BY n DESC, top.domain"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(filter.from).bind(filter.to);
        if let Some(group) = &filter.group {
            query = query.bind(group.as_str());
        }
        let rows = query.fetch_all(self.reader()).await?;
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
}

impl CountFilter {
    /// The conditions after the two on time, with their parameters numbered from 3.
    fn clause(&self, has_reason: bool) -> String {
        let mut clause = self.clause_without_reason();
        if has_reason {
            clause.push_str(" AND reason = $");
            clause.push_str(&(3 + self.values(false).len()).to_string());
        }
        clause
    }

    fn clause_without_reason(&self) -> String {
        let values = self.values(false);
        let conditions = values.iter().enumerate();
        let mut conditions: Vec<_> =
            conditions.map(|(index, (column, _))| format!("{column} = ${}", index + 3)).collect();
        // Where there is none, for the AND before it.
        conditions.push("true".to_owned());
        conditions.join(" AND ")
    }

    fn values(&self, has_reason: bool) -> Vec<(&'static str, &str)> {
        let mut values = Vec::new();
        values.extend(self.group.as_deref().map(|group| ("group_id", group)));
        values.extend(self.host.map(|host| ("host", host.as_str())));
        values.extend(self.action.map(|action| ("action", action.as_str())));
        values.extend(self.severity.map(|severity| ("severity", severity.as_str())));
        if has_reason {
            values.push(("reason", self.reason.as_deref().unwrap_or_default()));
        }
        values
    }

    async fn fetch(
        &self,
        store: &Store,
        sql: String,
        has_reason: bool,
    ) -> Result<Vec<AnyRow>, StoreError> {
        // Columns are named by this file, values are bound.
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(self.from).bind(self.to);
        for (_, value) in self.values(has_reason) {
            query = query.bind(value.to_owned());
        }
        Ok(query.fetch_all(store.reader()).await?)
    }
}
