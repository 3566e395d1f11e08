//! Reads a policy document strictly: members that a client would ignore, such as unknown ones, are
//! errors here.

use std::fmt;

use serde_json::Value;

use super::document::Policy;
use super::error::PolicyError;
use super::{read, schema};

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The policy is refused.
    Error,
    /// The policy is used, but probably does not mean what its author wanted.
    Warning,
}

impl Level {
    /// The word used on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// An error or a warning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Whether the problem is an error or a warning.
    pub level: Level,
    /// The place, in the notation of the [module](super); empty for the document as a whole.
    pub path: String,
    /// The error and the allowed values.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(level: Level, problem: PolicyError) -> Self {
        Self { level, path: problem.path, message: problem.message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.level.as_str())?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// The result of reading a document strictly.
#[derive(Clone, Debug)]
pub(crate) struct Strict {
    /// The document, without members that could not be read.
    pub(crate) document: Value,
    /// The policy, unless a member has a value of the wrong type.
    pub(crate) policy: Option<Policy>,
    /// All problems, in the order of the document's members.
    pub(crate) errors: Vec<PolicyError>,
}

/// Reads the text of a policy.
pub(crate) fn read_strictly(text: &[u8]) -> Strict {
    let (mut document, repeated) = match read::read(text) {
        Ok(read) => read,
        Err(message) => {
            let errors = vec![PolicyError::new("", message)];
            return Strict { document: Value::Null, policy: None, errors };
        }
    };
    let mut errors: Vec<_> = repeated
        .into_iter()
        .map(|path| PolicyError::new(path, "appears twice; keep one of them"))
        .collect();
    schema::check_shape(&mut document, &mut errors);
    let policy = match serde_json::from_value::<Policy>(document.clone()) {
        Ok(policy) => {
            errors.extend(policy.problems());
            Some(policy)
        }
        Err(error) => {
            errors.push(PolicyError::new("", error.to_string()));
            None
        }
    };
    Strict { document, policy, errors }
}
