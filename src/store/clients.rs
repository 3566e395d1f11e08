//! Clients: when each enrolled, what it runs, and when it was last in contact.

use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::rows::Column::{self, Number, Text};
use super::rows::{self, BulkRow, Value};
use super::search::Conditions;
use super::{AuditEntry, DAY, Host, Millis, Scope, Store, StoreError, now};

/// The setting that holds the secret for signing client keys.
const KEY_SECRET: &str = "client-key-secret";

/// A client.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRow {
    /// A random id, without the name of a person or a machine.
    pub id: String,
    /// The token that enrolled the client.
    pub token_id: String,
    /// The client's group.
    pub group: String,
    /// `thunderbird`, `outlook` or `gateway`.
    pub host: String,
    /// The add-in's version.
    pub version: String,
    /// The version of the group's policy that the client had when it was last in contact; 0: not known.
    pub policy_version: i64,
    /// When the client enrolled.
    pub created: Millis,
    /// When the client was last in contact, to within some minutes.
    pub seen: Millis,
    /// When the client was shut out, if it was.
    pub shut_out: Option<Millis>,
}

impl<'r> FromRow<'r, AnyRow> for ClientRow {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            token_id: row.try_get("token_id")?,
            group: row.try_get("group_id")?,
            host: row.try_get("host")?,
            version: row.try_get("version")?,
            policy_version: row.try_get("policy_version")?,
            created: row.try_get("created")?,
            seen: row.try_get("seen")?,
            shut_out: row.try_get("shut_out")?,
        })
    }
}

/// A contact with a client.
#[derive(Clone, Debug)]
pub struct ClientNote {
    /// The client's id.
    pub id: String,
    /// The token that enrolled the client.
    pub token_id: String,
    /// The group of that token.
    pub group_id: String,
    /// The kind of client.
    pub host: Host,
    /// The client's version; empty if the client did not say.
    pub version: String,
    /// The version of the client's policy; 0 if the version is not known.
    pub policy_version: i64,
    /// When the client was in contact.
    pub seen: Millis,
}

impl BulkRow for ClientNote {
    const COLUMNS: &'static [Column] = &[
        Text("id"),
        Text("token_id"),
        Text("group_id"),
        Text("host"),
        Text("version"),
        Number("policy_version"),
        Number("seen"),
    ];

    fn values(&self) -> impl IntoIterator<Item = Value<'_>> {
        [
            self.id.as_str().into(),
            self.token_id.as_str().into(),
            self.group_id.as_str().into(),
            self.host.as_str().into(),
            self.version.as_str().into(),
            self.policy_version.into(),
            self.seen.into(),
        ]
    }
}

/// A group of clients with the same values.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCount {
    /// The token that enrolled the clients; empty if clients are counted by day.
    pub token_id: String,
    /// The clients' group.
    pub group: String,
    /// The kind of client.
    pub host: String,
    /// The version of these clients.
    pub version: String,
    /// The version of the policy that these clients have; 0 if clients are counted by day.
    pub policy_version: i64,
    /// The start of the day; 0 if clients are not counted by day.
    pub day: Millis,
    /// When one of these clients was last in contact.
    pub seen: Millis,
    /// The number of clients.
    pub n: i64,
}

impl<'r> FromRow<'r, AnyRow> for ClientCount {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            token_id: row.try_get("token_id")?,
            group: row.try_get("group_id")?,
            host: row.try_get("host")?,
            version: row.try_get("version")?,
            policy_version: row.try_get("policy_version")?,
            day: row.try_get("day")?,
            seen: row.try_get("seen")?,
            n: row.try_get("n")?,
        })
    }
}

const SELECT: &str = "SELECT id, token_id, group_id, host, version, policy_version, created, seen, shut_out \
                      FROM clients";

impl Store {
    /// The secret for signing client keys: the first server makes it, and all servers use it.
    pub(crate) async fn client_key_secret(&self) -> Result<String, StoreError> {
        if let Some(secret) = self.setting(KEY_SECRET).await? {
            return Ok(secret);
        }
        let secret = super::Secret::new("");
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(KEY_SECRET)
        .bind(secret.reveal())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let stored = self.setting(KEY_SECRET).await?;
        stored.ok_or_else(|| StoreError::Invalid("the settings keep nothing".to_owned()))
    }

    /// Notes contacts, of each client only the newest. A client that the database does not know, for example after a
    /// restore, is added.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn note_clients(&self, notes: &[ClientNote]) -> Result<(), StoreError> {
        if notes.is_empty() {
            return Ok(());
        }
        let mut notes: Vec<&ClientNote> = notes.iter().collect();
        // Every server uses the same order, so that two never wait for each other.
        notes.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let newest = notes.iter().map(|note| note.seen).max().unwrap_or_default();
        let today = newest - newest.rem_euclid(DAY);
        let mut transaction = self.begin().await?;
        rows::bind(sqlx::query(self.statements.count_clients.get()), self.dialect, &notes)?
            .bind(today)
            .execute(&mut *transaction)
            .await?;
        self.write(&mut transaction, self.statements.note_clients.get(), &notes).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Reads one client.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no client has that id.
    pub async fn client(&self, id: &str) -> Result<ClientRow, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE id = $1"));
        let found = sqlx::query_as(sql).bind(id).fetch_optional(self.reader()).await?;
        found.ok_or_else(|| StoreError::Missing(format!("there is no client `{id}`")))
    }

    /// The clients of a scope with the most recent contacts.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn newest_clients(
        &self,
        scope: &Scope,
        limit: u16,
    ) -> Result<Vec<ClientRow>, StoreError> {
        let mut conditions = Conditions::default();
        scope.limit(&mut conditions, "group_id");
        let clause = conditions.clause();
        let sql = format!("{SELECT} WHERE {clause} ORDER BY seen DESC, id LIMIT {limit}");
        let query = sqlx::query_as_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(query.persistent(false).fetch_all(self.reader()).await?)
    }

    /// The ids of all clients that were shut out.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn shut_out_clients(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT id FROM clients WHERE shut_out IS NOT NULL";
        Ok(sqlx::query_scalar(sql).fetch_all(self.reader()).await?)
    }

    /// How many clients of a scope were in contact at `since` or later, by token, kind, version and policy. Those that were
    /// shut out are not counted.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn count_clients(
        &self,
        scope: &Scope,
        since: Millis,
    ) -> Result<Vec<ClientCount>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.within("seen", Some(since), None);
        conditions.push("shut_out IS NULL".to_owned());
        scope.limit(&mut conditions, "group_id");
        let sql = format!(
            "SELECT token_id, group_id, host, version, policy_version, CAST(0 AS BIGINT) AS day,
                 MAX(seen) AS seen, COUNT(*) AS n
             FROM clients WHERE {}
             GROUP BY token_id, group_id, host, version, policy_version
             ORDER BY group_id, token_id, host, version, policy_version",
            conditions.clause()
        );
        let query = sqlx::query_as_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(query.persistent(false).fetch_all(self.reader()).await?)
    }

    /// How many clients of a scope were in contact on each day from `since` on, by kind and version.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn clients_by_day(
        &self,
        scope: &Scope,
        since: Millis,
    ) -> Result<Vec<ClientCount>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.within("day", Some(since), None);
        scope.limit(&mut conditions, "group_id");
        let sql = format!(
            "SELECT '' AS token_id, '' AS group_id, host, version, CAST(0 AS BIGINT) AS policy_version, day,
                 MAX(day) AS seen, CAST(SUM(n) AS BIGINT) AS n
             FROM clients_daily WHERE {}
             GROUP BY day, host, version ORDER BY day DESC, host, version",
            conditions.clause()
        );
        let query = sqlx::query_as_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(query.persistent(false).fetch_all(self.reader()).await?)
    }

    /// Shuts a client out for ever. If that has happened already, nothing changes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no client has that id.
    pub async fn shut_out_client(
        &self,
        id: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(), StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let sql = "UPDATE clients SET shut_out = COALESCE(shut_out, $1) WHERE id = $2";
        let done = sqlx::query(sql).bind(now()).bind(id).execute(&mut *change).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing(format!("there is no client `{id}`")));
        }
        self.commit_change(change, revision, entry).await
    }
}
