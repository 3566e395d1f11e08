//! The audit log: who changed what, when and from where. Rows are added and never changed.

use std::fmt::Write;

use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction};

use super::{Store, StoreError};

/// A row to add. The transaction that makes the change also writes it.
#[derive(Clone, Copy, Debug)]
pub struct AuditEntry<'a> {
    /// Milliseconds since 1970.
    pub at: i64,
    /// The user's name at that time.
    pub actor: &'a str,
    /// The address that the request came from.
    pub address: &'a str,
    /// The action in kebab case: `policy-published`.
    pub action: &'a str,
    /// The object of the change.
    pub target: &'a str,
    /// Further details.
    pub detail: &'a str,
}

/// A row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AuditRow {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) address: String,
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) detail: String,
}

/// Which rows to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditFilter {
    pub(crate) actor: Option<String>,
    pub(crate) action: Option<String>,
    /// From and to, in ms since 1970; `to` is not part of the period.
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    /// Only rows older than this one.
    pub(crate) before: Option<(i64, String)>,
}

/// Writes a row.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    entry: &AuditEntry<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_log (id, at, actor, address, action, target, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(uuid::Uuid::new_v4().to_string())
    .bind(entry.at)
    .bind(entry.actor)
    .bind(entry.address)
    .bind(entry.action)
    .bind(entry.target)
    .bind(entry.detail)
    .execute(connection)
    .await?;
    Ok(())
}

/// Commits a change together with its row.
pub(crate) async fn commit(
    mut change: Transaction<'static, Any>,
    entry: &AuditEntry<'_>,
) -> Result<(), StoreError> {
    insert(&mut change, entry).await?;
    Ok(change.commit().await?)
}

impl Store {
    /// Writes a row without a change in the store, such as for an export.
    pub(crate) async fn audit(&self, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
        let mut connection = self.write.acquire().await?;
        insert(&mut connection, entry).await
    }

    /// The latest `limit` rows that `filter` accepts, the latest first.
    pub(crate) async fn audit_log(
        &self,
        filter: &AuditFilter,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut sql =
            "SELECT id, at, actor, address, action, target, detail FROM audit_log WHERE at < $1"
                .to_owned();
        let mut texts: Vec<&str> = Vec::new();
        let mut numbers: Vec<i64> = vec![filter.until.unwrap_or(i64::MAX)];
        if let Some(from) = filter.from {
            numbers.push(from);
            let _ = write!(sql, " AND at >= ${}", numbers.len());
        }
        if let Some((at, id)) = &filter.before {
            numbers.push(*at);
            let at = numbers.len();
            texts.push(id);
            let _ = write!(sql, " AND (at < ${at} OR (at = ${at} AND id < ${}))", at + 1);
        }
        for (column, value) in [("actor", &filter.actor), ("action", &filter.action)] {
            if let Some(value) = value {
                texts.push(value);
                let _ = write!(sql, " AND {column} = ${}", numbers.len() + texts.len());
            }
        }
        let limit_at = numbers.len() + texts.len() + 1;
        let _ = write!(sql, " ORDER BY at DESC, id DESC LIMIT ${limit_at}");
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for number in numbers {
            query = query.bind(number);
        }
        for text in texts {
            query = query.bind(text.to_owned());
        }
        let rows = query.bind(limit).fetch_all(self.reader()).await?;
        rows.iter().map(read_row).collect()
    }

    /// The actions in the log, for a list to choose from.
    pub(crate) async fn audit_actions(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT DISTINCT action FROM audit_log ORDER BY action")
            .fetch_all(self.reader())
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

fn read_row(row: &sqlx::any::AnyRow) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        id: row.try_get(0)?,
        at: row.try_get(1)?,
        actor: row.try_get(2)?,
        address: row.try_get(3)?,
        action: row.try_get(4)?,
        target: row.try_get(5)?,
        detail: row.try_get(6)?,
    })
}
