//! A copy of a SQLite database while servers use it.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::{Database, Dialect, Store, StoreError};

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is PostgreSQL, which has tools of its own.
    #[error(
        "PostgreSQL has its own tools: back up with pg_dump --format=custom, restore with pg_restore"
    )]
    Postgres,
    /// The file exists already, and the command does not overwrite it.
    #[error("{} exists already; nothing was written", .0.display())]
    Exists(PathBuf),
    /// A server uses the database.
    #[error("a server uses {}: stop it first", .0.display())]
    InUse(PathBuf),
    /// The file is not a backup of this program.
    #[error("{} is not a backup of milguard: {reason}", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// The error in the file.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Writes a consistent copy to a new file that only its owner can read. Servers keep running meanwhile; the copy
    /// lacks what they commit after it has begun.
    ///
    /// # Errors
    ///
    /// See [`BackupError`]; no part of the copy is left behind.
    pub async fn backup(&self, out: &Path) -> Result<(), BackupError> {
        if self.dialect == Dialect::Postgres {
            return Err(BackupError::Postgres);
        }
        if out.exists() {
            return Err(BackupError::Exists(out.to_owned()));
        }
        let partial = beside(out, ".partial");
        // SQLite writes into an empty file, and keeps its mode.
        remove(&partial)?;
        private().open(&partial).map_err(file_error(&partial))?;
        let copied = self.copy_to(&partial).await.and_then(|()| publish(&partial, out));
        if copied.is_err() {
            let _ = fs::remove_file(&partial);
        }
        copied
    }

    async fn copy_to(&self, path: &Path) -> Result<(), BackupError> {
        let text = path.to_str().ok_or_else(|| BackupError::NotABackup {
            path: path.to_owned(),
            reason: "its path is not UTF-8".to_owned(),
        })?;
        let copy = sqlx::query("VACUUM INTO $1").bind(text).execute(self.reader()).await;
        copy.map_err(StoreError::from)?;
        let file = File::open(path).map_err(file_error(path))?;
        file.sync_all().map_err(file_error(path))
    }
}

/// Puts a backup in the place of a database that no server uses. The previous database is kept beside it,
/// as `….before-restore`.
///
/// # Errors
///
/// See [`BackupError`]; the previous database stays as it was.
pub async fn restore(backup: &Path, database: &Database) -> Result<Option<PathBuf>, BackupError> {
    let Some(target) = database.file() else { return Err(BackupError::Postgres) };
    let _lock = super::FileLock::take(target).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => BackupError::InUse(target.to_owned()),
        _ => BackupError::File { path: target.to_owned(), source: error },
    })?;
    let fresh = beside(target, ".restoring");
    remove(&fresh)?;
    let copied = copy_checked(backup, &fresh).await;
    if let Err(error) = copied {
        let _ = fs::remove_file(&fresh);
        return Err(error);
    }
    let before = beside(target, ".before-restore");
    let mut kept = None;
    if target.exists() {
        // A killed server leaves a log behind, which belongs only to the old file.
        for suffix in ["", "-wal", "-shm"] {
            let (from, to) = (beside(target, suffix), beside(&before, suffix));
            remove(&to)?;
            if from.exists() {
                fs::rename(&from, &to).map_err(file_error(&from))?;
            }
        }
        kept = Some(before);
    }
    publish(&fresh, target)?;
    Ok(kept)
}

/// Copies a backup and checks that all of it can be read, so that a wrong file never replaces a database.
async fn copy_checked(backup: &Path, fresh: &Path) -> Result<(), BackupError> {
    let not_a_backup = |reason: String| BackupError::NotABackup { path: backup.to_owned(), reason };
    // A folder can be opened like a file, and the error at reading would name the copy.
    if backup.is_dir() {
        return Err(not_a_backup("it is a folder".to_owned()));
    }
    let mut from = File::open(backup).map_err(file_error(backup))?;
    let mut to = private().open(fresh).map_err(file_error(fresh))?;
    std::io::copy(&mut from, &mut to).map_err(file_error(fresh))?;
    to.sync_all().map_err(file_error(fresh))?;
    drop(to);
    let copy = Database::Sqlite(fresh.to_owned());
    copy.reach().await.map_err(|error| not_a_backup(error.to_string()))?;
    let store = Store::connect(&copy).await.map_err(|error| not_a_backup(error.to_string()))?;
    let sound = store.check_integrity().await;
    store.close().await;
    for suffix in ["-wal", "-shm"] {
        remove(&beside(fresh, suffix))?;
    }
    sound.map_err(|error| not_a_backup(error.to_string()))
}

/// Gives a complete file its name, and makes the name survive a power cut.
fn publish(partial: &Path, name: &Path) -> Result<(), BackupError> {
    fs::rename(partial, name).map_err(file_error(name))?;
    #[cfg(unix)]
    {
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(file_error(name))?;
        folder.sync_all().map_err(file_error(name))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file_error(path)(error)),
        _ => Ok(()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

/// Creates a file that only its owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
