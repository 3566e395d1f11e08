//! Which database, and how it is connected to.

use std::fmt;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{Kind, StoreError};

/// Long enough for a failover, short enough for a page.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Where the data is: `sqlite:PATH` or `postgres://USER@HOST/NAME`.
///
/// What it prints holds no password.
#[derive(Clone, Eq, PartialEq)]
pub enum Database {
    /// One file, for one server.
    Sqlite(PathBuf),
    /// A PostgreSQL address, for any number of servers.
    Postgres(String),
}

/// Why a text names no database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DatabaseError;

impl Database {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// Whether it can be connected to; nothing in it is made or changed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`] where it cannot, [`StoreError::Missing`] where there is no
    /// folder for the file.
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
            Self::Postgres(url) => url.clone(),
        };
        // A pool tries again and again, and then says only that it took too long.
        let mut first = AnyConnection::connect(&url).await?;
        let kind = self.kind();
        configure(kind, &mut first).await?;
        first.close().await?;
        let options = match kind {
            // An open file costs little, and opening it anew the start of a page.
            Kind::Sqlite => options.idle_timeout(None).max_lifetime(None),
            Kind::Postgres => options,
        };
        let options = options.after_connect(move |connection, _| {
            Box::pin(async move { configure(kind, connection).await })
        });
        Ok(options.connect(&url).await?)
    }
}

/// `synchronous_commit = off` would answer before an event is safe; stronger settings are left alone.
/// The timeouts keep a forgotten transaction or a page that asks too much from holding others up.
const POSTGRES_SESSION: &str = "
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off';
    SET application_name = 'milguard';
    SET statement_timeout = '60s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
";

/// A lost power supply must not lose what was answered: `FULL` syncs the log with each commit.
/// sqlx itself waits five seconds for a lock and enforces references.
const SQLITE_SESSION: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -8000;
    PRAGMA temp_store = MEMORY;
    PRAGMA journal_size_limit = 67108864;
";

async fn configure(kind: Kind, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let session = match kind {
        Kind::Sqlite => {
            turn_on_log(connection).await?;
            SQLITE_SESSION
        }
        Kind::Postgres => POSTGRES_SESSION,
    };
    sqlx::raw_sql(session).execute(connection).await.map(|_| ())
}

/// The write-ahead log, which the file remembers. Turning it on is the one statement that doesn't wait
/// for a lock.
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

/// Makes the file, for its owner's eyes only, where there is none. SQLite gives its log the same mode.
fn create_private(path: &PathBuf) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
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
            Self::Postgres(url) => {
                // postgres://user:password@host/name?password=…
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                match rest.rsplit_once('@') {
                    Some((user, host)) => {
                        let user = user.split(':').next().unwrap_or_default();
                        write!(f, "{scheme}://{user}@{host}")
                    }
                    None => write!(f, "{scheme}://{rest}"),
                }
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected sqlite:PATH or postgres://USER@HOST/NAME")
    }
}

impl std::error::Error for DatabaseError {}
