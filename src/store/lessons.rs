//! How often the lesson was finished: a count for each group and day, and nothing of who did.

use super::{CountFilter, Millis, Store, StoreError};

const DAY: Millis = 86_400_000;

impl Store {
    /// Counts one finished lesson for a group, on the day of `time` in UTC.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
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

    /// How many lessons were finished on the days and in the group that `filter` names; `None` where it names a client,
    /// an outcome, a verdict or a reason, which a lesson has not.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn lessons(&self, filter: &CountFilter) -> Result<Option<i64>, StoreError> {
        let CountFilter { from, to, group, host, action, severity, reason } = filter;
        if host.is_some() || action.is_some() || severity.is_some() || reason.is_some() {
            return Ok(None);
        }
        let sql = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM lessons_daily
                   WHERE day >= $1 AND day < $2 AND ($3 = '' OR group_id = $3)";
        let group = group.as_deref().unwrap_or_default();
        let query = sqlx::query_scalar(sql).bind(*from).bind(*to).bind(group);
        Ok(Some(query.fetch_one(self.reader()).await?))
    }
}
