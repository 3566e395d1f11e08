//! Why the pages could not be read.

use std::{fmt, io, path::PathBuf};

/// Why pages cannot be served.
#[derive(Debug)]
pub enum AssetsError {
    /// The program was built without its pages.
    NotCarried,
    /// The archive in the program is broken.
    Archive {
        /// The error in it.
        source: io::Error,
    },
    /// It does not exist or has no `index.html`.
    Missing {
        /// The folder, as the option names it.
        folder: PathBuf,
    },
    /// A symbolic link points out of it.
    LeavesFolder {
        /// The link.
        path: PathBuf,
    },
    /// A name that would need escaping in a URL.
    UnservableName {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file whose content type is not known.
    UnknownType {
        /// The file.
        path: PathBuf,
    },
    /// It is too large, too deep or has too many files.
    TooLarge {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused.
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

impl fmt::Display for AssetsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCarried => write!(
                f,
                "this program was built without its pages: run `make build`, or name their folder with \
                 --assets DIR"
            ),
            Self::Archive { source } => write!(f, "the pages in this program are broken: {source}"),
            Self::Missing { folder } => write!(
                f,
                "no pages in {}: run `make build` first, or name their folder with --assets DIR",
                folder.display()
            ),
            Self::LeavesFolder { path } => {
                write!(f, "{} is a link that leaves the assets folder", path.display())
            }
            Self::UnservableName { path } => write!(
                f,
                "{} cannot be served: only letters, digits, `-`, `_` and `.` may be in its name",
                path.display()
            ),
            Self::UnknownType { path } => write!(
                f,
                "{} cannot be served: its content type is not known; is this the right assets \
                 folder?",
                path.display()
            ),
            Self::TooLarge { folder } => write!(
                f,
                "{} is larger than any set of pages; is this the right assets folder?",
                folder.display()
            ),
            Self::Unreadable { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for AssetsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } | Self::Archive { source } => Some(source),
            Self::NotCarried
            | Self::Missing { .. }
            | Self::LeavesFolder { .. }
            | Self::UnservableName { .. }
            | Self::UnknownType { .. }
            | Self::TooLarge { .. } => None,
        }
    }
}
