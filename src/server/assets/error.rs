//! Why the pages could not be read.

use std::{io, path::PathBuf};

/// Why pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    /// The program was built without its pages.
    #[error(
        "this program was built without its pages: run `make build`, or name their folder with \
         --assets DIR"
    )]
    NotCarried,
    /// The archive in the program is broken.
    #[error("the pages in this program are broken: {source}")]
    Archive {
        /// The error in the archive.
        source: io::Error,
    },
    /// The folder does not exist or has no `index.html`.
    #[error(
        "no pages in {}: run `make build` first, or name their folder with --assets DIR",
        .folder.display()
    )]
    Missing {
        /// The folder, as the option names it.
        folder: PathBuf,
    },
    /// A symbolic link points out of the folder.
    #[error("{} is a link that leaves the assets folder", .path.display())]
    LeavesFolder {
        /// The link.
        path: PathBuf,
    },
    /// A name that would need escaping in a URL.
    #[error(
        "{} cannot be served: only letters, digits, `-`, `_` and `.` may be in its name",
        .path.display()
    )]
    UnservableName {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file whose content type is not known.
    #[error(
        "{} cannot be served: its content type is not known; is this the right assets folder?",
        .path.display()
    )]
    UnknownType {
        /// The file.
        path: PathBuf,
    },
    /// The folder is too large, too deep or has too many files.
    #[error(
        "{} is larger than any set of pages; is this the right assets folder?",
        .folder.display()
    )]
    TooLarge {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl AssetsError {
    pub(super) fn archive(source: impl Into<io::Error>) -> Self {
        Self::Archive { source: source.into() }
    }
}
