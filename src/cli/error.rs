//! Why a command failed.

use std::{fmt, io};

/// The exit status of every error, as in grep.
const FAILED: u8 = 2;

/// The status that a shell reports for a program that wrote to a closed pipe: 128 and the number of
/// SIGPIPE. Rust ignores that signal, so the write fails instead.
const BROKEN_PIPE: u8 = 141;

/// An error that ends a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// An error that the person at the command line can correct.
    #[error("{message}{}", .hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default())]
    Usage {
        /// What is wrong.
        message: String,
        /// How to correct the error.
        hint: Option<String>,
    },
    /// Standard output cannot be written to.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl CliError {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self::Usage { message: message.to_string(), hint: None }
    }

    /// Adds a sentence that says how to correct the error.
    pub(crate) fn hint(self, hint: impl fmt::Display) -> Self {
        match self {
            Self::Usage { message, .. } => Self::Usage { message, hint: Some(hint.to_string()) },
            Self::Output(_) => self,
        }
    }

    /// The exit status.
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => BROKEN_PIPE,
            Self::Output(_) | Self::Usage { .. } => FAILED,
        }
    }

    /// Whether to print a message.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
