//! Tokens of the interface for programs.

use sqlx::Row;

use super::{AuditEntry, Store, StoreError, audit};

/// A token, without the secret that only its owner has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ApiTokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    /// The present role of the token's user: a token can do no more than its user.
    pub(crate) user_role: String,
    /// The group that the role is for; `None` for the organisation.
    pub(crate) user_group: Option<String>,
    pub(crate) user_disabled: bool,
    /// The scopes, separated by spaces.
    pub(crate) scopes: String,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
}

/// The properties of a new token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewApiToken<'a> {
    pub(crate) id: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) name: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) scopes: &'a str,
    pub(crate) expires_at: i64,
}

const SELECT: &str = "SELECT t.id, t.name, t.user_id, u.name, u.role, u.disabled, t.scopes, \
                      t.created_at, t.expires_at, t.used_at, u.group_id \
                      FROM api_tokens t JOIN users u ON u.id = t.user_id";

impl Store {
    /// Adds a token.
    pub(crate) async fn create_api_token(
        &self,
        token: NewApiToken<'_>,
        now: i64,
        entry: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO api_tokens (id, digest, name, user_id, scopes, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(token.id)
        .bind(token.digest)
        .bind(token.name)
        .bind(token.user_id)
        .bind(token.scopes)
        .bind(now)
        .bind(token.expires_at)
        .execute(&mut *tx)
        .await?;
        audit::commit(tx, entry).await
    }

    /// The token with that digest. The caller checks its age, its scopes and its user.
    pub(crate) async fn api_token(&self, digest: &str) -> Result<Option<ApiTokenRow>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE t.digest = $1")))
            .bind(digest)
            .fetch_optional(self.reader())
            .await?;
        row.as_ref().map(read_token).transpose()
    }

    /// All tokens, the latest first.
    pub(crate) async fn api_tokens(&self) -> Result<Vec<ApiTokenRow>, StoreError> {
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY t.created_at DESC, t.id")))
                .fetch_all(self.reader())
                .await?;
        rows.iter().map(read_token).collect()
    }

    /// Notes that a token was used, at most once a minute.
    pub(crate) async fn touch_api_token(&self, id: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE api_tokens SET used_at = $1 \
             WHERE id = $2 AND (used_at IS NULL OR used_at < $1 - 60000)",
        )
        .bind(now)
        .bind(id)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Deletes a token. Returns `false` if there is no such token.
    pub(crate) async fn revoke_api_token(
        &self,
        id: &str,
        entry: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done =
            sqlx::query("DELETE FROM api_tokens WHERE id = $1").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        audit::commit(tx, entry).await?;
        Ok(true)
    }
}

fn read_token(row: &sqlx::any::AnyRow) -> Result<ApiTokenRow, StoreError> {
    Ok(ApiTokenRow {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        user_id: row.try_get(2)?,
        user_name: row.try_get(3)?,
        user_role: row.try_get(4)?,
        user_disabled: row.try_get::<i64, _>(5)? != 0,
        scopes: row.try_get(6)?,
        created_at: row.try_get(7)?,
        expires_at: row.try_get(8)?,
        used_at: row.try_get(9)?,
        user_group: row.try_get(10)?,
    })
}
