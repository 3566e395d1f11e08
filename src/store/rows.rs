//! Many rows in one statement: the parameter is one JSON array, which the database splits.
//!
//! The two databases differ in how they do that, and in nothing else here. One parameter for any
//! number of rows means that one statement is prepared once.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::{Kind, StoreError};

/// The statements that write events and their counts.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) insert_events: Sql,
    pub(super) count_hours: Sql,
    pub(super) count_days: Sql,
    pub(super) count_domains: Sql,
    pub(super) see_domains: Sql,
    pub(super) see_addresses: Sql,
    pub(super) count_clients: Sql,
    pub(super) note_clients: Sql,
    /// Those that count, and the position of the batch, where one statement can do it all.
    pub(super) count_at_once: Option<Sql>,
}

/// The text of a statement, made once.
#[derive(Debug)]
pub(super) struct Sql(Arc<str>);

impl Sql {
    pub(super) fn get(&self) -> SqlStr {
        AssertSqlSafe(self.0.clone()).into_sql_str()
    }
}

#[derive(Clone, Copy)]
enum Column {
    Text(&'static str),
    Number(&'static str),
}

use Column::{Number, Text};

const CLIENT: [Column; 7] = [
    Text("id"),
    Text("token_id"),
    Text("group_id"),
    Text("host"),
    Text("version"),
    Number("policy_version"),
    Number("seen"),
];

const EVENT: [Column; 17] = [
    Text("id"),
    Text("message"),
    Number("time"),
    Number("received"),
    Text("group_id"),
    Text("client"),
    Text("host"),
    Text("client_version"),
    Text("policy_id"),
    Number("policy_version"),
    Text("action"),
    Text("severity"),
    Text("reasons"),
    Text("raised_by"),
    Text("domain"),
    Text("address"),
    Text("justification"),
];

impl Statements {
    pub(super) fn new(kind: Kind) -> Self {
        let each = Self::each(kind);
        let count_at_once = (kind == Kind::Postgres).then(|| each.at_once());
        Self { count_at_once, ..each }
    }

    fn each(kind: Kind) -> Self {
        let insert = |table: &str, columns: &[Column], conflict: &str| {
            let names = columns.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ");
            let rows = rows(kind, columns);
            // Without a condition, SQLite would read ON CONFLICT as a part of the join.
            let sql = format!(
                "INSERT INTO {table} ({names}) SELECT {names} FROM {rows} WHERE true \
                 ON CONFLICT {conflict}"
            );
            Sql(sql.into())
        };
        Self {
            insert_events: Sql(insert_events(kind).into()),
            count_hours: insert(
                "counts_hourly",
                &[
                    Number("hour"),
                    Text("group_id"),
                    Text("host"),
                    Text("action"),
                    Text("severity"),
                    Number("n"),
                ],
                "(hour, group_id, host, action, severity) \
                 DO UPDATE SET n = counts_hourly.n + excluded.n",
            ),
            count_days: insert(
                "counts_daily",
                &[
                    Text("reason"),
                    Number("day"),
                    Text("group_id"),
                    Text("host"),
                    Text("action"),
                    Text("severity"),
                    Number("n"),
                ],
                "(reason, day, group_id, host, action, severity) \
                 DO UPDATE SET n = counts_daily.n + excluded.n",
            ),
            count_domains: insert(
                "domains_daily",
                &[Number("day"), Text("group_id"), Text("domain"), Number("n"), Number("sent")],
                "(day, group_id, domain) DO UPDATE SET n = domains_daily.n + excluded.n, \
                 sent = domains_daily.sent + excluded.sent",
            ),
            see_domains: insert(
                "domains_seen",
                &[Text("domain"), Number("first_seen")],
                "(domain) DO UPDATE SET first_seen = excluded.first_seen \
                 WHERE excluded.first_seen < domains_seen.first_seen",
            ),
            see_addresses: insert(
                "addresses_seen",
                &[Text("address"), Text("key"), Number("last_day")],
                "(address) DO UPDATE SET last_day = excluded.last_day \
                 WHERE excluded.last_day > addresses_seen.last_day",
            ),
            count_clients: Sql(count_clients(kind).into()),
            note_clients: Sql(note_clients(kind).into()),
            count_at_once: None,
        }
    }

    /// PostgreSQL can change several tables in one statement. Other transactions that store events wait for its end, and each
    /// statement of its own would add a way to the database and back.
    ///
    /// `$1` to `$5` are the rows of the counts; `$6` to `$8` the batch, when it came and its size.
    fn at_once(&self) -> Sql {
        let parts = [
            &self.count_hours,
            &self.count_days,
            &self.count_domains,
            &self.see_domains,
            &self.see_addresses,
        ];
        let mut all = String::from("WITH ");
        for (number, part) in (1..).zip(parts) {
            let part = part.0.replace("$1", &format!("${number}"));
            let _ = write!(all, "part{number} AS ({part}), ");
        }
        all.push_str(
            "marked AS (UPDATE event_positions SET position = position + 1 RETURNING position) \
             INSERT INTO event_batches (position, batch, received, n) \
             SELECT position, CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT) FROM marked",
        );
        Sql(all.into())
    }
}

/// `$2` is the number that the events of this transaction share.
fn insert_events(kind: Kind) -> String {
    let names = EVENT.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ");
    let rows = rows(kind, &EVENT);
    format!(
        "INSERT INTO events ({names}, batch) SELECT {names}, CAST($2 AS BIGINT) FROM {rows} WHERE true \
         ON CONFLICT (id) DO NOTHING"
    )
}

/// Counts the clients for which this is the first contact of the day. If a client did not say its version,
/// the stored one stays.
fn count_clients(kind: Kind) -> String {
    let rows = rows(kind, &CLIENT);
    format!(
        "INSERT INTO clients_daily (day, group_id, host, version, n) \
         SELECT CAST($2 AS BIGINT), new.group_id, new.host, \
             COALESCE(NULLIF(new.version, ''), old.version, ''), COUNT(*) \
         FROM (SELECT * FROM {rows}) AS new LEFT JOIN clients AS old ON old.id = new.id \
         WHERE old.id IS NULL OR old.seen < $2 \
         GROUP BY new.group_id, new.host, COALESCE(NULLIF(new.version, ''), old.version, '') \
         ON CONFLICT (day, group_id, host, version) DO UPDATE SET n = clients_daily.n + excluded.n"
    )
}

fn note_clients(kind: Kind) -> String {
    let rows = rows(kind, &CLIENT);
    format!(
        "INSERT INTO clients (id, token_id, group_id, host, version, policy_version, created, seen) \
         SELECT id, token_id, group_id, host, version, policy_version, seen, seen FROM {rows} WHERE true \
         ON CONFLICT (id) DO UPDATE SET \
             token_id = excluded.token_id, group_id = excluded.group_id, \
             version = COALESCE(NULLIF(excluded.version, ''), clients.version), \
             policy_version = COALESCE(NULLIF(excluded.policy_version, 0), clients.policy_version), \
             seen = CASE WHEN excluded.seen > clients.seen THEN excluded.seen ELSE clients.seen END"
    )
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) => name,
        }
    }
}

/// A table expression that reads `$1`, an array of objects with the columns' names.
fn rows(kind: Kind, columns: &[Column]) -> String {
    let list = |column: &dyn Fn(&Column) -> String| {
        columns.iter().map(column).collect::<Vec<_>>().join(", ")
    };
    match kind {
        Kind::Sqlite => {
            let columns = list(&|column| {
                let name = column.name();
                format!("json_extract(value, '$.{name}') AS {name}")
            });
            format!("(SELECT {columns} FROM json_each($1))")
        }
        Kind::Postgres => {
            let columns = list(&|column| match column {
                Text(name) => format!("{name} text"),
                Number(name) => format!("{name} bigint"),
            });
            format!("json_to_recordset($1::json) AS rows({columns})")
        }
    }
}

/// The parameter for such a statement.
pub(super) fn bind<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    // Only a map whose keys are not texts, or a type that refuses, cannot be written as JSON.
    serde_json::to_string(rows).map_err(|error| StoreError::Invalid(error.to_string()))
}
