//! One server for each SQLite file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The lock that the server of a SQLite file holds until its process ends, however it ends.
///
/// The lock is on a file beside the database, because closing any descriptor of the database itself would drop
/// SQLite's locks.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock of the database at `path`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] if another server holds it, other kinds if the file cannot be
    /// created.
    pub fn take(path: &Path) -> io::Result<Self> {
        let mut name = std::path::absolute(path)?.into_os_string();
        name.push(".lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(PathBuf::from(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
