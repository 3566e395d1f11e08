//! The state folder: data that has to outlive the process, for this user alone.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::ServerError;

/// The folder, which this process keeps locked until the value is dropped.
#[derive(Debug)]
pub(super) struct StateFolder {
    path: PathBuf,
    /// The system releases the lock when the process ends, however it ends.
    _lock: File,
}

impl StateFolder {
    /// Makes the folder if it does not exist, and locks it.
    pub(super) fn open(path: &Path) -> Result<Self, ServerError> {
        let cannot = |path: &Path| {
            let path = path.to_owned();
            move |source| ServerError::State { path, source }
        };
        create_folder(path).map_err(cannot(path))?;
        let lock_path = path.join("lock");
        let lock = private().create(true).truncate(false).open(&lock_path);
        let lock = lock.map_err(cannot(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(ServerError::StateInUse { folder: path.to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(ServerError::State { path: lock_path, source }),
        }
    }

    /// Checks whether [`open`](Self::open) would succeed, and makes nothing. Returns a note if the
    /// folder does not exist yet or is in use.
    pub(super) fn check(path: &Path) -> Result<Option<String>, ServerError> {
        let cannot = |path: &Path, source| ServerError::State { path: path.to_owned(), source };
        if !path.exists() {
            let above = path.ancestors().find(|above| above.exists());
            if above.is_some_and(|above| !above.is_dir()) {
                return Err(cannot(path, io::ErrorKind::NotADirectory.into()));
            }
            return Ok(Some(format!("the server will create the state folder {}", path.display())));
        }
        fs::read_dir(path).map_err(|source| cannot(path, source))?;
        let lock_path = path.join("lock");
        let lock = match OpenOptions::new().write(true).open(&lock_path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(cannot(&lock_path, source)),
        };
        match lock.try_lock() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => {
                Ok(Some(format!("a running server uses the state folder {}", path.display())))
            }
            Err(TryLockError::Error(source)) => Err(cannot(&lock_path, source)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes a file that only this user can read, completely or not at all.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = private().create(true).truncate(true).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Creates a folder, and those above it, that only this user can read.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
