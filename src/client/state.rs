//! The state folder: the client's key, the last valid policy and the spool.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder that this process alone uses until it drops the value.
#[derive(Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
    /// The system releases the lock when the process ends, however it ends.
    _lock: File,
}

impl StateFolder {
    /// Opens the folder, and creates it if necessary.
    ///
    /// # Errors
    ///
    /// When the folder cannot be created or another process uses it.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        let cannot = |source| StateError::Io { path: path.to_owned(), source };
        create_folder(path).map_err(cannot)?;
        let lock =
            private().create(true).truncate(false).open(path.join("lock")).map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StateError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(cannot(source)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Creates a folder, and those above it, that only this user can open.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that only this user can read. A crash leaves the old file or the new one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = private().create(true).truncate(true).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// The options for opening files in this folder.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Why the state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The system refuses.
    #[error("cannot use the state folder {}: {source}", .path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process uses the folder.
    #[error("another process uses the state folder {}", .0.display())]
    InUse(PathBuf),
}
