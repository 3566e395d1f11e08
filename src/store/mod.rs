//! The backend's data: groups, tokens, policies, events and their counts, in SQLite or PostgreSQL.
//!
//! One SQL for both, through sqlx's `Any` driver: `$1` for parameters, `BIGINT` milliseconds since 1970
//! for times, `TEXT` for names and JSON. Each table has its file. `docs/decisions/store.md` tells why.

mod addresses;
mod alert_watch;
mod alerts;
mod api_tokens;
mod audit;
mod backup;
mod client_events;
mod clients;
mod database;
mod demo;
mod deployments;
mod destinations;
mod domains;
mod erase;
mod error;
mod event;
mod event_count;
mod event_days;
mod event_query;
mod exports;
mod group_tree;
mod groups;
mod health;
mod identities;
mod ingest;
mod insert;
mod lessons;
mod lock;
mod migrations;
mod overview;
mod password_links;
mod policies;
mod policy_layers;
mod postgres;
mod reports;
mod retention;
mod rows;
mod saved_filters;
mod scope;
mod search;
mod second_factor;
mod secret;
mod sessions;
mod settings;
mod setup_links;
mod statements;
mod tally;
mod tokens;
mod users;

use std::sync::{Arc, Mutex, atomic::AtomicU32};
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::{Any, AnyPool, Transaction, any::AnyArguments, query::Query};
use tokio::sync::watch;

pub use alert_watch::{AlertWatch, Candidate, Look};
pub use alerts::{AlertRow, FLOOD, NewAlert, Recipient, RecipientRow, Telling, ToldRow};
pub(crate) use api_tokens::{ApiTokenRow, NewApiToken};
pub use audit::AuditEntry;
pub(crate) use audit::{AuditFilter, AuditRow};
pub use backup::{BackupError, restore};
pub use clients::{ClientCount, ClientNote, ClientRow};
pub use database::{Database, DatabaseError};
pub use demo::{DEMO_GROUP, is_demo};
pub use deployments::Deployment;
pub use domains::{Direction, DomainFilter, DomainOrder, DomainPage, Evidence, SeenDomain};
pub use error::StoreError;
pub use event::{Action, Event, Host};
pub use event_count::Hits;
pub use event_query::{EventCursor, EventFilter, EventOrder, EventPage, StoredEvent};
pub use exports::{ExportBatch, ExportCursor, ExportLag, ExportRow, Exported};
pub use group_tree::{DEFAULT_GROUP, Group, ORGANISATION};
pub(crate) use identities::{Admission, Given, NewIdentity};
pub use ingest::{Ingest, IngestError, IngestOptions, Receipt};
pub use lock::FileLock;
pub use overview::{CountFilter, CountKey, Counts, DomainCount, Span};
pub(crate) use password_links::NewPasswordLink;
pub use policies::PolicyChange;
pub use policy_layers::{Effective, PolicyChangeError, PolicyVersion};
pub use reports::{ReportCount, ReportDays};
pub use retention::{Pruned, Retention};
pub(crate) use saved_filters::SavedFilter;
pub use scope::Scope;
pub use secret::{Secret, hash_secret};
pub(crate) use sessions::{Failures, NewSession, SessionRow};
pub(crate) use settings::{CLIENTS_EXPECTED, SECOND_FACTOR_ROLES};
pub use tokens::{EnrolmentToken, NewToken, TOKEN_PREFIX};
pub(crate) use users::{NewUser, UserChange, UserRow};

use health::Health;
use statements::Statements;

/// Milliseconds since 1970, UTC.
pub type Millis = i64;

/// An hour in milliseconds.
pub(crate) const HOUR: Millis = 3_600_000;

/// A day in milliseconds.
pub(crate) const DAY: Millis = 24 * HOUR;

/// The most connections to PostgreSQL from one server. Three write events; the rest answer pages.
const POSTGRES_CONNECTIONS: u32 = 8;

/// The most SQLite connections that read beside the one that writes.
const SQLITE_READERS: u32 = 4;

/// The SQL that the database speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// The database. A clone is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Store {
    dialect: Dialect,
    read: AnyPool,
    /// SQLite has one writer at a time: a pool of one connection is a fair queue for it.
    write: AnyPool,
    statements: Arc<Statements>,
    changed: watch::Sender<i64>,
    seen: Arc<Mutex<insert::Seen>>,
    /// How many further transactions look for each event before they insert it.
    careful: Arc<AtomicU32>,
    health: Arc<Health>,
}

impl Store {
    /// Connects, and updates the schema. Creates a SQLite file if it does not exist, readable by its
    /// owner alone.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::Corrupt`] if the file is
    /// not a database or belongs to a newer release.
    pub async fn connect(database: &Database) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let dialect = database.dialect();
        let (read, write) = match dialect {
            Dialect::Sqlite => {
                let write = database.pool(1).await?;
                migrate(dialect, &write).await?;
                (database.pool(SQLITE_READERS).await?, write)
            }
            Dialect::Postgres => {
                let pool = database.pool(POSTGRES_CONNECTIONS).await?;
                migrate(dialect, &pool).await?;
                (pool.clone(), pool)
            }
        };
        let statements = Arc::new(Statements::new(dialect));
        let changed = watch::Sender::new(0);
        let health = Arc::new(Health::new(database));
        let store = Self {
            dialect,
            read,
            write,
            statements,
            changed,
            seen: Arc::default(),
            careful: Arc::default(),
            health,
        };
        store.revision().await?;
        Ok(store)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.read).await?;
        Ok(())
    }

    /// Closes the connections once their statements have ended, and merges SQLite's log into its
    /// file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// A number that grows with every change of groups, tokens and policies, on any server.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        let query = sqlx::query_scalar("SELECT revision FROM changes");
        Ok(query.fetch_one(&self.read).await?)
    }

    /// Wakes up after a change of groups, tokens or policies through this store or a clone of it.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.changed.subscribe()
    }

    /// Whether other servers may use the same database.
    pub fn is_shared(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// `SQLite` or `PostgreSQL`, for people.
    pub fn backend(&self) -> &'static str {
        match self.dialect {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
        }
    }

    /// The size of the database with its indices, in bytes.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let sql = match self.dialect {
            Dialect::Sqlite => {
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            }
            Dialect::Postgres => "SELECT pg_database_size(current_database())",
        };
        let bytes: i64 = sqlx::query_scalar(sql).fetch_one(&self.read).await?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// The pool for statements that only read.
    pub(super) fn reader(&self) -> &AnyPool {
        &self.read
    }

    /// A transaction that writes. Dropping it without a commit rolls it back.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.dialect {
            // A deferred transaction that begins to write later can fail because another one has
            // written meanwhile.
            Dialect::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres => self.write.begin().await?,
        })
    }

    /// Runs one statement. Returns whether it changed a row.
    async fn change(&self, query: Query<'_, Any, AnyArguments>) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// A transaction that changes groups, tokens or policies, and the new revision. Such transactions run
    /// one after the other on all replicas, so that the rows that they read stay the same.
    async fn begin_change(&self) -> Result<(Transaction<'static, Any>, i64), StoreError> {
        let mut transaction = self.begin().await?;
        let sql = "UPDATE changes SET revision = revision + 1 RETURNING revision";
        let revision = sqlx::query_scalar(sql).fetch_one(&mut *transaction).await?;
        Ok((transaction, revision))
    }

    /// Commits a change together with its row in the audit log, if a person made it.
    async fn commit_change(
        &self,
        transaction: Transaction<'static, Any>,
        revision: i64,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(), StoreError> {
        match entry {
            Some(entry) => audit::commit(transaction, entry).await?,
            None => transaction.commit().await?,
        }
        self.changed.send_replace(revision);
        Ok(())
    }
}

async fn migrate(dialect: Dialect, pool: &AnyPool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await?;
    if dialect == Dialect::Sqlite {
        return Ok(migrations::run(dialect, &mut connection).await?);
    }
    // An index on millions of rows takes longer than a page may wait for its answer.
    sqlx::raw_sql("SET statement_timeout = 0").execute(&mut *connection).await?;
    migrations::run(dialect, &mut connection).await?;
    // The pool opens another connection, with the usual time limit.
    Ok(connection.close().await?)
}

/// The time by this machine's clock.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
