//! Made-up events for a trial. They are in groups of their own, whose ids mark them everywhere: on the
//! pages, in exports and when they are removed.

use super::{Millis, Store, StoreError, addresses};

/// The parent group of all groups with made-up events.
pub const DEMO_GROUP: &str = "demo-data";

/// Whether the events in this group are made up. People cannot create a group with such an id.
pub fn is_demo(group: &str) -> bool {
    group.strip_prefix(DEMO_GROUP).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

impl Store {
    /// Whether the database holds made-up events.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn has_demo_data(&self) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT 1 FROM groups WHERE id = $1").bind(DEMO_GROUP);
        Ok(query.fetch_optional(self.reader()).await?.is_some())
    }

    /// Whether any event was ever counted.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn has_events(&self) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT 1 FROM counts_daily LIMIT 1");
        Ok(query.fetch_optional(self.reader()).await?.is_some())
    }

    /// Removes all demo data: events, counts, groups with their policies and tokens, and domains that
    /// nobody else wrote to. Returns how many events there were.
    ///
    /// # Errors
    ///
    /// If the database refuses; then nothing is removed.
    pub async fn remove_demo_data(&self) -> Result<u64, StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let mut events = 0;
        // The order follows the references between the tables.
        for sql in [
            "DELETE FROM events WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM counts_hourly WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM counts_daily WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM domains_daily WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM deployments WHERE id IN
                 (SELECT id FROM enrolment_tokens WHERE group_id = $1 OR group_id LIKE $2)",
            "DELETE FROM clients WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM clients_daily WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM lessons_daily WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM enrolment_tokens WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM policies WHERE group_id = $1 OR group_id LIKE $2",
            "DELETE FROM groups WHERE id <> $1 AND id LIKE $2",
            "DELETE FROM groups WHERE id = $1 OR id LIKE $2",
        ] {
            let query = sqlx::query(sql).bind(DEMO_GROUP).bind(format!("{DEMO_GROUP}-%"));
            let done = query.execute(&mut *change).await?;
            if sql.starts_with("DELETE FROM events ") {
                events = done.rows_affected();
            }
        }
        sqlx::query(
            "DELETE FROM domains_seen WHERE NOT EXISTS
                 (SELECT 1 FROM domains_daily WHERE domains_daily.domain = domains_seen.domain)",
        )
        .execute(&mut *change)
        .await?;
        addresses::prune(&mut change, Millis::MAX).await?;
        self.commit_change(change, revision, None).await?;
        // If such a domain appears again, it counts as seen for the first time.
        self.forget_seen();
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::is_demo;

    #[test]
    fn only_groups_with_the_demo_prefix_hold_made_up_events() {
        for (id, made_up) in [
            ("demo-data", true),
            ("demo-data-hq", true),
            ("demo-database", false),
            ("demo", false),
            ("default", false),
        ] {
            assert_eq!(is_demo(id), made_up, "{id}");
        }
    }
}
