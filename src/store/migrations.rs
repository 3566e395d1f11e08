//! The embedded schema, and its update at the start.
//!
//! A migration that has been released is never edited: a database remembers its checksum. To change
//! the schema, add a file and a line below.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AssertSqlSafe, SqlSafeStr};

use super::Dialect;

const MIGRATIONS: [(i64, &str, &str); 12] = [
    (1, "store", include_str!("../../migrations/0001_store.sql")),
    (2, "dashboard", include_str!("../../migrations/0002_dashboard.sql")),
    (3, "integrity", include_str!("../../migrations/0003_integrity.sql")),
    (4, "deployments", include_str!("../../migrations/0004_deployments.sql")),
    (5, "single sign-on", include_str!("../../migrations/0005_single_sign_on.sql")),
    (6, "exports", include_str!("../../migrations/0006_exports.sql")),
    (7, "lessons", include_str!("../../migrations/0007_lessons.sql")),
    (8, "search", include_str!("../../migrations/0008_search.sql")),
    (9, "alerts", include_str!("../../migrations/0009_alerts.sql")),
    (10, "organisation", include_str!("../../migrations/0010_organisation.sql")),
    (11, "roles for groups", include_str!("../../migrations/0011_group_roles.sql")),
    (12, "rare severity", include_str!("../../migrations/0012_rare_severity.sql")),
];

/// The most tries. Replicas that start together wait for one another on PostgreSQL. On SQLite,
/// where sqlx takes no lock, the slower of two processes finds the database busy or the table
/// already created, and tries again.
const ATTEMPTS: u32 = 10;

/// Applies the missing migrations.
pub(super) async fn run(
    dialect: Dialect,
    connection: &mut AnyConnection,
) -> Result<(), MigrateError> {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        let sql = match dialect {
            Dialect::Sqlite => sql.to_owned(),
            Dialect::Postgres => sql.replace("KEYTEXT", "TEXT COLLATE \"C\""),
        };
        let sql = AssertSqlSafe(sql).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    let migrator = Migrator::with_migrations(migrations.into());
    let mut attempt = 1;
    loop {
        match migrator.run_direct(None, connection, false).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..))
                if dialect == Dialect::Sqlite && attempt < ATTEMPTS =>
            {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            result => return result,
        }
    }
}
