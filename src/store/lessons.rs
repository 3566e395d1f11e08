//! The number of finished lessons: a count for each group and day, without the people.

use sqlx::AssertSqlSafe;

use super::search::Conditions;
use super::{CountFilter, DAY, Millis, Store, StoreError};

impl Store {
    /// Counts one finished lesson for a group, on the day of `time` in UTC.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn count_lesson(&self, group: &str, time: Millis) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO lessons_daily (day, group_id, n) VALUES ($1, $2, 1)
             ON CONFLICT (day, group_id) DO UPDATE SET n = lessons_daily.n + 1",
        )
        .bind(time - time.rem_euclid(DAY))
        .bind(group)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The number of lessons finished on the days and in the group of `filter`, or in groups below it; `None` if the
    /// filter names a client, an outcome, a verdict or a reason, which a lesson does not have.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn lessons(&self, filter: &CountFilter) -> Result<Option<i64>, StoreError> {
        let CountFilter { from, to, group, host, actions, severity, reason } = filter;
        if host.is_some() || !actions.is_empty() || severity.is_some() || reason.is_some() {
            return Ok(None);
        }
        let mut conditions = Conditions::default();
        conditions.within("day", Some(*from), Some(*to));
        if let Some(group) = group {
            conditions.is_one_of("group_id", &self.with_below(group).await?);
        }
        let clause = conditions.clause();
        let sql =
            format!("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM lessons_daily WHERE {clause}");
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(Some(query.fetch_one(self.reader()).await?))
    }
}
