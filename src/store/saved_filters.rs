//! Filters that users have named, each user for themselves.

use super::{Store, StoreError};

/// The most filters of one user for one list; in a longer menu nobody would find one.
const MOST: i64 = 50;

/// A filter with its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SavedFilter {
    pub(crate) name: String,
    /// The filter, as the address of the page has it.
    pub(crate) query: String,
}

impl Store {
    /// A user's filters for a list, by name.
    pub(crate) async fn saved_filters(
        &self,
        user_id: &str,
        page: &str,
    ) -> Result<Vec<SavedFilter>, StoreError> {
        let sql =
            "SELECT name, query FROM saved_filters WHERE user_id = $1 AND page = $2 ORDER BY name";
        let rows: Vec<(String, String)> =
            sqlx::query_as(sql).bind(user_id).bind(page).fetch_all(self.reader()).await?;
        Ok(rows.into_iter().map(|(name, query)| SavedFilter { name, query }).collect())
    }

    /// Saves a filter, and replaces one with the same name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if the user has too many.
    pub(crate) async fn save_filter(
        &self,
        user_id: &str,
        page: &str,
        filter: &SavedFilter,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let others =
            "SELECT COUNT(*) FROM saved_filters WHERE user_id = $1 AND page = $2 AND name <> $3";
        let others: i64 = sqlx::query_scalar(others)
            .bind(user_id)
            .bind(page)
            .bind(&*filter.name)
            .fetch_one(&mut *transaction)
            .await?;
        if others >= MOST {
            let text = format!("You have {MOST} saved filters for this page. Remove one first.");
            return Err(StoreError::Conflict(text));
        }
        let sql = "INSERT INTO saved_filters (user_id, page, name, query) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (user_id, page, name) DO UPDATE SET query = excluded.query";
        sqlx::query(sql)
            .bind(user_id)
            .bind(page)
            .bind(&*filter.name)
            .bind(&*filter.query)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a filter, if there is one with that name.
    pub(crate) async fn remove_filter(
        &self,
        user_id: &str,
        page: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM saved_filters WHERE user_id = $1 AND page = $2 AND name = $3";
        let mut transaction = self.begin().await?;
        sqlx::query(sql).bind(user_id).bind(page).bind(name).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
