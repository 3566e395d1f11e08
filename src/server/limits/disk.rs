//! Room on the disk: events stop before the disk is full, so that people can still sign in and policies change.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;

use crate::server::problem::Problem;

/// How long the server uses the result of one look at the disk. Events that arrive meanwhile take a
/// few MiB at most.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The bytes that stay free unless the operator chooses otherwise: this much, or a tenth of a small
/// disk. With fewer, people could no longer sign in once events have filled the disk.
const RESERVE: u64 = 256 << 20;

/// The disk that the database is on.
#[derive(Debug)]
pub(crate) struct DiskRoom {
    /// `None` if the database is on another machine.
    folder: Option<PathBuf>,
    reserve: Option<u64>,
    seen: Mutex<Option<(Instant, bool)>>,
}

impl DiskRoom {
    /// `file` is a SQLite database; `reserve` bytes are kept free.
    pub(crate) fn new(file: Option<&Path>, reserve: Option<u64>) -> Self {
        let folder = file.map(|file| match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        });
        Self { folder, reserve, seen: Mutex::default() }
    }

    /// Free and total bytes where the database is, if that is on this machine and the system
    /// reports them.
    pub(crate) fn free_and_total(&self) -> Option<(u64, u64)> {
        free_and_total(self.folder.as_deref()?)
    }

    /// Refuses events while too little is free.
    pub(crate) fn check(&self, now: Instant) -> Result<(), Problem> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = match *seen {
            Some((at, has_room)) if now.saturating_duration_since(at) < LOOK_EVERY => has_room,
            before => {
                let has_room = self.has_room(folder);
                if !has_room && before.is_none_or(|(_, had_room)| had_room) {
                    tracing::error!(
                        "the disk is nearly full: events are refused until there is room"
                    );
                }
                *seen = Some((now, has_room));
                has_room
            }
        };
        if has_room {
            return Ok(());
        }
        let detail =
            "the server's disk is nearly full; send the events again after Retry-After seconds";
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "disk-nearly-full", detail).retry_after(60))
    }

    fn has_room(&self, folder: &Path) -> bool {
        // If the system does not say how much is free, the database itself will fail when the disk
        // is full.
        let Some((free, total)) = free_and_total(folder) else { return true };
        free > self.reserve.unwrap_or(RESERVE.min(total / 10))
    }
}

/// Free and total bytes of the disk that a folder is on; `None` if the system does not report them.
pub(crate) fn free_and_total(folder: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some((bytes(disk.f_bavail), bytes(disk.f_blocks)))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_refused_while_too_little_disk_space_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("milguard.db");
        let now = Instant::now();
        assert!(DiskRoom::new(Some(&file), Some(0)).check(now).is_ok());
        assert!(DiskRoom::new(None, Some(u64::MAX)).check(now).is_ok(), "another machine's disk");
        if free_and_total(folder.path()).is_some() {
            let refused = DiskRoom::new(Some(&file), Some(u64::MAX)).check(now).unwrap_err();
            assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        }
    }
}
