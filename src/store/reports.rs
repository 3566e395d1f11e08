//! The numbers of a report about some days. They come from counts that the store updates with every event, so that a
//! quarter with millions of events costs no more than a quiet one.

use sqlx::{AssertSqlSafe, FromRow, any::AnyRow};

use super::{DomainCount, Millis, Store, StoreError, alert_watch::not_demo};

/// The days, and whether made-up events count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReportDays {
    /// The beginning of the first day.
    pub from: Millis,
    /// The end of the last day.
    pub to: Millis,
    /// Whether demo data counts.
    pub with_demo: bool,
}

/// A number of recipients, and how many of them the sender sent to anyway.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReportCount {
    /// The reason or the group.
    pub name: String,
    /// Flagged recipients.
    pub n: i64,
    /// The number of these recipients to whom a sender sent anyway.
    pub sent: i64,
}

impl ReportDays {
    fn condition(self) -> String {
        if self.with_demo { "1 = 1".to_owned() } else { not_demo("group_id") }
    }
}

impl Store {
    /// The number of recipients that were flagged on each day, by what senders did.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn report_actions(
        &self,
        days: ReportDays,
    ) -> Result<Vec<(Millis, String, i64)>, StoreError> {
        let sql = format!(
            "SELECT day, action, CAST(SUM(n) AS BIGINT) FROM counts_daily
             WHERE reason = '' AND day >= $1 AND day < $2 AND {} GROUP BY day, action ORDER BY day, action",
            days.condition()
        );
        self.report(sql, days).await
    }

    /// The number of recipients that were flagged for each reason, the largest number first. A recipient with two
    /// reasons counts for both.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn report_reasons(&self, days: ReportDays) -> Result<Vec<ReportCount>, StoreError> {
        self.report_by("reason", "reason <> ''", days).await
    }

    /// The number of recipients that were flagged in each group, the largest number first.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn report_groups(&self, days: ReportDays) -> Result<Vec<ReportCount>, StoreError> {
        self.report_by("group_id", "reason = ''", days).await
    }

    async fn report_by(
        &self,
        column: &'static str,
        condition: &'static str,
        days: ReportDays,
    ) -> Result<Vec<ReportCount>, StoreError> {
        let sql = format!(
            "SELECT {column}, CAST(SUM(n) AS BIGINT) AS n,
                 CAST(SUM(CASE WHEN action = 'sent-anyway' THEN n ELSE 0 END) AS BIGINT) AS sent
             FROM counts_daily WHERE {condition} AND day >= $1 AND day < $2 AND {}
             GROUP BY {column} ORDER BY n DESC, {column}",
            days.condition()
        );
        let counts = self.report::<(String, i64, i64)>(sql, days).await?;
        Ok(counts.into_iter().map(|(name, n, sent)| ReportCount { name, n, sent }).collect())
    }

    /// The domains that senders wrote to most often.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn report_domains(
        &self,
        days: ReportDays,
        limit: u16,
    ) -> Result<Vec<DomainCount>, StoreError> {
        let sql = format!(
            "SELECT top.domain, top.n, top.sent, first_seen FROM (
                 SELECT domain, CAST(SUM(n) AS BIGINT) AS n, CAST(SUM(sent) AS BIGINT) AS sent
                 FROM domains_daily WHERE day >= $1 AND day < $2 AND {}
                 GROUP BY domain ORDER BY 2 DESC, 1 LIMIT {limit}
             ) AS top LEFT JOIN domains_seen ON domains_seen.domain = top.domain
             ORDER BY top.n DESC, top.domain",
            days.condition()
        );
        let counts = self.report::<(String, i64, i64, Option<Millis>)>(sql, days).await?;
        let count = |(domain, n, sent, first_seen)| DomainCount { domain, n, sent, first_seen };
        Ok(counts.into_iter().map(count).collect())
    }

    /// The number of clients in contact, summed over the days: a client in contact on five days counts five times.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn report_client_days(&self, days: ReportDays) -> Result<i64, StoreError> {
        self.report_sum("clients_daily", days).await
    }

    /// The number of finished lessons.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn report_lessons(&self, days: ReportDays) -> Result<i64, StoreError> {
        self.report_sum("lessons_daily", days).await
    }

    async fn report_sum(&self, table: &'static str, days: ReportDays) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM {table} WHERE day >= $1 AND day < $2 AND {}",
            days.condition()
        );
        let rows = self.report::<(i64,)>(sql, days).await?;
        Ok(rows.first().map_or(0, |(sum,)| *sum))
    }

    async fn report<T>(&self, sql: String, days: ReportDays) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        // This file names the tables and columns; all values are bound.
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(days.from).bind(days.to);
        Ok(query.fetch_all(self.reader()).await?)
    }
}
