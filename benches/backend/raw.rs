//! The same rows without a server: one prepared statement for a batch, one transaction for each, as
//! `pgbench --protocol=prepared` would do it, into a table with the same columns and indices.

use std::time::{Duration, Instant};

use milguard::store::{Database, Event};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};

const COLUMNS: usize = 15;

/// Puts all batches in over as many connections as there are lists of them; returns the time it took.
pub(crate) async fn insert(database: &Database, clients: Vec<Vec<Vec<Event>>>) -> Duration {
    sqlx::any::install_default_drivers();
    let (url, create) = match database {
        Database::Postgres(url) => {
            (url.clone(), "CREATE TABLE raw (LIKE events INCLUDING ALL)".to_owned())
        }
        Database::Sqlite(path) => (
            format!("sqlite://{}", path.display()),
            // What `LIKE` does there.
            include_str!("../../migrations/0001_store.sql")
                .split(';')
                .filter(|sql| sql.contains("CREATE TABLE events") || sql.contains(" ON events "))
                .map(|sql| {
                    let sql =
                        sql.replace("TABLE events", "TABLE raw").replace("ON events", "ON raw");
                    sql.replace("INDEX events_", "INDEX raw_") + ";"
                })
                .collect(),
        ),
    };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
    let mut connections = vec![connection];
    while connections.len() < clients.len() {
        connections.push(AnyConnection::connect(&url).await.unwrap());
    }
    if matches!(database, Database::Sqlite(_)) {
        for connection in &mut connections {
            let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";
            sqlx::raw_sql(settings).execute(connection).await.unwrap();
        }
    }
    let begin = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .zip(clients)
        .map(|(mut connection, batches)| {
            tokio::spawn(async move {
                for batch in &batches {
                    insert_batch(&mut connection, batch).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    begin.elapsed()
}

/// Makes room for the next round.
pub(crate) async fn remove(database: &Database) {
    let url = match database {
        Database::Postgres(url) => url.clone(),
        Database::Sqlite(path) => format!("sqlite://{}", path.display()),
    };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("DROP TABLE raw").execute(&mut connection).await.unwrap();
}

async fn insert_batch(connection: &mut AnyConnection, batch: &[Event]) {
    let rows: Vec<_> = (0..batch.len())
        .map(|row| {
            let places: Vec<_> =
                (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
            format!("({})", places.join(", "))
        })
        .collect();
    let sql = format!("INSERT INTO raw VALUES {}", rows.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for event in batch {
        query = query
            .bind(&*event.id)
            .bind(&*event.message)
            .bind(event.time)
            .bind(event.received)
            .bind(&*event.group_id)
            .bind(event.host.as_str())
            .bind(&*event.client_version)
            .bind(&*event.policy_id)
            .bind(event.policy_version)
            .bind(event.action.as_str())
            .bind(event.severity.as_str())
            .bind(serde_json::to_string(&event.reasons).unwrap())
            .bind(event.domain.as_deref())
            .bind(event.address.as_deref())
            .bind(event.justification.as_deref());
    }
    query.execute(connection).await.unwrap();
}
