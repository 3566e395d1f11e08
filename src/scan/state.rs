//! The memory between runs, so that nothing is counted twice: the files and how far they were read, the
//! summary, and open deliveries.
//!
//! The scan recognises a file by its first bytes and by the last bytes that it has read, both
//! unpacked. So it recognises the file after it has grown, was renamed (`mail.log` → `mail.log.1`),
//! was copied and cut (`copytruncate`), or was compressed. The state is written every half minute
//! and at the end, as a new file that replaces the old one, so the file is always a complete state.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::calendar::Calendar;
use super::correlate::Open;
use super::format::Format;
use super::lines::Lines;
use super::tally::Tally;
use super::totals::Totals;

/// The version of the format. A later release may write another one.
const VERSION: u32 = 3;

/// How many bytes at the start of a file identify it: the first line of any log, with its time to
/// the second.
const HEAD: usize = 4096;

/// A fingerprint of some bytes.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub(crate) struct Print {
    pub(super) length: usize,
    sha256: String,
}

impl Print {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let sha256 = HEXLOWER.encode(digest.get(..16).unwrap_or_default());
        Self { length: bytes.len(), sha256 }
    }

    /// The fingerprint of a file that begins with `head`.
    pub(crate) fn of_head(head: &[u8]) -> Self {
        Self::of(head.get(..HEAD).unwrap_or(head))
    }

    /// Whether `bytes` end with the bytes of this fingerprint.
    pub(crate) fn ends(&self, bytes: &[u8]) -> bool {
        let start = bytes.len().checked_sub(self.length);
        start.and_then(|start| bytes.get(start..)).is_some_and(|end| Self::of(end) == *self)
    }
}

/// How far a file was read.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct FileState {
    /// The path at which the file was last.
    pub(super) path: String,
    pub(super) head: Print,
    /// The fingerprint of the bytes before `offset`.
    pub(super) tail: Print,
    /// Bytes of the unpacked file that are counted.
    pub(super) offset: u64,
    /// The size on disk at that time, and the seconds since 1970 of its last change.
    pub(super) size: u64,
    pub(super) modified: u64,
    /// Whether the scan read the file to its end.
    pub(super) is_done: bool,
    pub(super) format: Format,
    /// Lines or messages before `offset`.
    pub(super) records: u64,
    pub(super) calendar: Option<Calendar>,
    /// Recipients, broken records and lines before `offset`.
    pub(super) recipients: u64,
    pub(super) broken: u64,
    pub(super) lines: Lines,
    /// Why a lack of findings in the file proves little.
    pub(super) doubt: Option<String>,
}

/// The state of a scan.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct State {
    version: u32,
    /// The rules: with other rules the counts would not belong together.
    pub(super) rules: String,
    pub(super) files: Vec<FileState>,
    pub(super) totals: Totals,
    pub(super) tally: Tally,
    pub(super) open: Vec<Open>,
}

impl State {
    /// Reads a state; an empty one if there is no file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not a state, or was made with other rules.
    pub(crate) fn load(path: &Path, rules: &str) -> io::Result<Self> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { version: VERSION, rules: rules.to_owned(), ..Self::default() });
            }
            Err(error) => return Err(error),
        };
        let state: Self = serde_json::from_reader(BufReader::new(file)).map_err(|error| {
            io::Error::other(format!("it is not the state of a scan ({error})"))
        })?;
        if state.version != VERSION {
            return Err(io::Error::other("it was written by another version of milguard"));
        }
        if state.rules != rules {
            return Err(io::Error::other(
                "it was made with another policy, severity, period or other columns; \
                 use another file for those",
            ));
        }
        Ok(state)
    }

    /// Replaces the file at `path`. It holds addresses: on Unix only its owner may read it.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let new = beside(path, ".new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&new)?;
        let mut writer = BufWriter::new(file);
        serde_json::to_writer(&mut writer, self)?;
        writer.flush()?;
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&new, path)
    }
}

/// Finds files of a state by their first bytes.
#[derive(Debug, Default)]
pub(crate) struct Known {
    by_head: HashMap<Print, Vec<usize>>,
    /// The lengths of the heads of short files, which may have grown.
    lengths: BTreeSet<usize>,
}

impl Known {
    pub(crate) fn new(files: &[FileState]) -> Self {
        let mut known = Self::default();
        for (index, file) in files.iter().enumerate().filter(|(_, file)| file.head.length > 0) {
            known.by_head.entry(file.head.clone()).or_default().push(index);
            // A message does not grow.
            if file.head.length < HEAD && file.format != Format::Message {
                known.lengths.insert(file.head.length);
            }
        }
        known
    }

    /// The files that began like `head`, the longest beginning first.
    pub(crate) fn find(&self, head: &[u8]) -> Vec<usize> {
        let whole = [Print::of_head(head)];
        let short = self.lengths.iter().rev().filter(|&&length| length < head.len().min(HEAD));
        let short = short.filter_map(|&length| head.get(..length)).map(Print::of);
        let prints = whole.into_iter().chain(short);
        prints.filter_map(|print| self.by_head.get(&print)).flatten().copied().collect()
    }
}

/// Prevents a second run with the same state.
///
/// # Errors
///
/// When another process uses the state, or the folder cannot be written to.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let file =
        File::options().write(true).create(true).truncate(false).open(beside(path, ".lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            Err(io::Error::other("another milguard scan is using it"))
        }
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
