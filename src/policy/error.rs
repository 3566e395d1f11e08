//! Why a policy was refused.

use std::fmt;

/// One error in a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyError {
    /// The place, in the notation of the [module](super); empty for the document as a whole.
    pub path: String,
    /// The error and the allowed values, for the administrator.
    pub message: String,
}

impl PolicyError {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            f.write_str(&self.path)?;
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PolicyError {}
