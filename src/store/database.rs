//! The database's address, and how to connect to it.

use std::fmt;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{Dialect, StoreError, postgres};

/// The longest wait for a connection: long enough for a failover, short enough for a page.
const ACQUIRE: Duration = Duration::from_secs(5);

/// The database's address: `sqlite:PATH` or `postgres://USER@HOST/NAME`.
///
/// Its printed form has no password.
#[derive(Clone, Eq, PartialEq)]
pub enum Database {
    /// SQLite: one file, for one server.
    Sqlite(PathBuf),
    /// PostgreSQL: an address, for any number of servers.
    Postgres(String),
}

/// The text is not the address of a database.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected sqlite:PATH or postgres://USER@HOST/NAME")]
pub struct DatabaseError;

impl Database {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Checks whether a connection is possible; creates and changes nothing in the database.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`] if it is not, [`StoreError::Missing`] if the file's folder
    /// does not exist.
    pub async fn reach(&self) -> Result<(), StoreError> {
        sqlx::any::install_default_drivers();
        if let Self::Sqlite(path) = self
            && !path.exists()
        {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            return match folder {
                Some(folder) if !folder.is_dir() => {
                    Err(StoreError::Missing(format!("there is no folder {}", folder.display())))
                }
                _ => Ok(()),
            };
        }
        let pool = self.pool(1).await?;
        let answer = sqlx::query("SELECT 1").execute(&pool).await;
        pool.close().await;
        Ok(answer.map(|_| ())?)
    }

    /// Opens connections, of which the first must succeed.
    pub(super) async fn pool(&self, connections: u32) -> Result<AnyPool, StoreError> {
        let options = AnyPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
        let url = match self {
            Self::Sqlite(path) => {
                create_private(path).map_err(sqlx::Error::Io)?;
                SqliteConnectOptions::new().filename(path).to_url_lossy().to_string()
            }
            Self::Postgres(url) => postgres::with_tls(url)?,
        };
        // A pool tries again and again, and in the end says only that it took too long; this
        // connection shows the reason.
        let mut first = AnyConnection::connect(&url).await?;
        let dialect = self.dialect();
        configure(dialect, &mut first).await?;
        first.close().await?;
        let options = match dialect {
            // An open file costs little. Opening it again would delay a page.
            Dialect::Sqlite => options.idle_timeout(None).max_lifetime(None),
            Dialect::Postgres => options,
        };
        let options = options.after_connect(move |connection, _| {
            Box::pin(async move { configure(dialect, connection).await })
        });
        let options = options.after_release(|connection, _| Box::pin(is_usable(connection)));
        Ok(options.connect(&url).await?)
    }

    /// What an operator should know about the connection, as a sentence; `None` if nothing.
    pub fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => postgres::warning(url),
        }
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// Whether a returned connection can be used again.
///
/// SQLite ends a transaction by itself when the disk is full (`SQLITE_FULL`, `IOERR`, `NOMEM`). The rollback that follows
/// then fails, and sqlx believes for ever that the connection is inside a transaction, so each later one fails. Such a
/// connection is closed, and the pool opens another.
async fn is_usable(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    // A rollback that waits in the queue runs first.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// With `synchronous_commit = off` the server would acknowledge an event before it is safe; stronger
/// settings stay as they are. The timeouts keep a forgotten transaction, or a page that reads too
/// much, from delaying others.
const POSTGRES_SESSION: &str = "
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off';
    SET application_name = 'milguard';
    SET statement_timeout = '60s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
";

/// After a power cut, acknowledged events must still exist: `FULL` syncs the log with each commit.
/// sqlx itself waits five seconds for a lock and enforces references. `secure_delete` overwrites
/// deleted data, so that no address stays in the file.
const SQLITE_SESSION: &str = "
    PRAGMA secure_delete = ON;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -8000;
    PRAGMA temp_store = MEMORY;
    PRAGMA journal_size_limit = 67108864;
";

async fn configure(dialect: Dialect, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let session = match dialect {
        Dialect::Sqlite => {
            // This must be set before the first table exists. It lets the file give free pages back.
            sqlx::raw_sql("PRAGMA auto_vacuum = INCREMENTAL").execute(&mut *connection).await?;
            turn_on_log(connection).await?;
            SQLITE_SESSION
        }
        Dialect::Postgres => POSTGRES_SESSION,
    };
    sqlx::raw_sql(session).execute(connection).await.map(|_| ())
}

/// The write-ahead log, a setting that the file keeps. Turning it on is the one statement that does
/// not wait for a lock.
async fn turn_on_log(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let mut attempts = 50;
    loop {
        let result = sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut *connection).await;
        let is_busy = matches!(&result, Err(sqlx::Error::Database(error))
            if error.code().is_some_and(|code| code.parse::<u32>().is_ok_and(|it| it & 0xff == 5)));
        attempts -= 1;
        if !is_busy || attempts == 0 {
            return result.map(|_| ());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Creates the file if it does not exist, readable by its owner alone. SQLite gives its log the same
/// mode.
///
/// This never opens a file that exists: closing any descriptor of it would drop the POSIX locks that SQLite
/// holds for this whole process (<https://www.sqlite.org/howtocorrupt.html>, section 2.2). Another process would
/// then believe that it is alone, and delete the log under a running server.
fn create_private(path: &Path) -> std::io::Result<()> {
    // No code in this process connects to the file between its creation and the close of this
    // descriptor.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() && !path.contains(['?', '\0']) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            _ => Err(DatabaseError),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&postgres::without_secrets(url)),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}
