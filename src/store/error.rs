//! Database errors, grouped by what a caller can do about them.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;

/// Why the store could not read or store something. The request had no effect, except where
/// [`Unavailable`](Self::Unavailable) says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is busy or went away; it may answer later. If it went away
    /// during a commit, the change may have been stored.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The request conflicts with stored data; the text says how.
    #[error("{0}")]
    Conflict(String),
    /// The object does not exist; the text names it.
    #[error("{0}")]
    Missing(String),
    /// The request breaks a rule; the text names it.
    #[error("{0}")]
    Invalid(String),
    /// The disk or the quota is full.
    #[error("the database has no space left: {0}")]
    Full(#[source] sqlx::Error),
    /// Stored data cannot be read, or the schema belongs to another release.
    #[error("the database cannot be read: {0}")]
    Corrupt(String),
    /// The database refuses a statement: an error in our code.
    #[error("the database refuses a statement: {0}")]
    Failed(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full(_))
    }

    /// Whether another transaction was in the way: the same request usually succeeds at once.
    pub(super) fn is_lost_race(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else { return false };
        let code = error.code().unwrap_or_default();
        matches!(&*code, "40001" | "40P01" | "55P03" | "5" | "517")
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(source) if source.kind() == std::io::ErrorKind::StorageFull => {
                Self::Full(error)
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Corrupt(error.to_string())
            }
            sqlx::Error::Database(refusal) => match classify(refusal.as_ref()) {
                Class::Unavailable => Self::Unavailable(error),
                Class::Conflict => Self::Conflict(error.to_string()),
                Class::Full => Self::Full(error),
                Class::Corrupt => Self::Corrupt(error.to_string()),
                Class::Other => Self::Failed(error),
            },
            _ => Self::Failed(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(version) => Self::Corrupt(format!(
                "it has migration {version}, which this release does not know; start the newer release"
            )),
            other => Self::Corrupt(other.to_string()),
        }
    }
}

enum Class {
    Unavailable,
    Conflict,
    Full,
    Corrupt,
    Other,
}

fn classify(error: &dyn DatabaseError) -> Class {
    if !matches!(error.kind(), ErrorKind::Other) {
        return Class::Conflict;
    }
    let code = error.code().unwrap_or_default();
    // SQLSTATE has five characters; SQLite's codes are numbers below 10,000 whose last byte is the primary one.
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => match number & 0xff {
            // BUSY, LOCKED, NOMEM, INTERRUPT, IOERR, CANTOPEN
            5 | 6 | 7 | 9 | 10 | 14 => Class::Unavailable,
            13 => Class::Full,
            // CORRUPT, NOTADB
            11 | 26 => Class::Corrupt,
            _ => Class::Other,
        },
        _ => classify_postgres(&code),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn classify_postgres(code: &str) -> Class {
    match code {
        "53100" => Class::Full,
        // The transaction lost against another one, was cancelled by a timeout, or met a read-only
        // server after a failover.
        "40001" | "40P01" | "55P03" | "57014" | "25006" => Class::Unavailable,
        "XX001" | "XX002" => Class::Corrupt,
        _ => match code.as_bytes() {
            // Connection, authentication, name of the database, resources, operator, system.
            [b'0' | b'2', b'8', ..] | [b'3', b'D', ..] | [b'5', b'3' | b'7' | b'8', ..] => {
                Class::Unavailable
            }
            _ => Class::Other,
        },
    }
}
