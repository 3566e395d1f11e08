//! Everything that is wrong or doubtful in a policy document, for whoever writes one.

use std::fmt;

use serde_json::Value;

use super::advice;
use super::document::Policy;
use super::error::PolicyError;
use super::{read, schema};

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The policy is refused.
    Error,
    /// The policy is used, but hardly as it was meant.
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

/// Something to correct.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// How bad it is.
    pub level: Level,
    /// Where, in the notation of the [module](super); empty for the document as a whole.
    pub path: String,
    /// What is wrong there and what is allowed.
    pub message: String,
}

impl Problem {
    fn new(level: Level, problem: PolicyError) -> Self {
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

/// What [`lint`] found.
#[derive(Clone, Debug)]
pub struct Linted {
    /// The document, without what could not be read.
    pub document: Value,
    /// Errors before warnings, each in the order of the document's members.
    pub problems: Vec<Problem>,
}

impl Linted {
    /// Whether the policy is refused.
    pub fn has_errors(&self) -> bool {
        self.problems.first().is_some_and(|problem| problem.level == Level::Error)
    }
}

/// Checks the text of a policy strictly: what a client ignores, such as a member it doesn't know,
/// is an error here.
pub fn lint(text: &[u8]) -> Linted {
    let (mut document, repeated) = match read::read(text) {
        Ok(read) => read,
        Err(message) => {
            let problem = Problem::new(Level::Error, PolicyError::new("", message));
            return Linted { document: Value::Null, problems: vec![problem] };
        }
    };
    let mut errors: Vec<_> = repeated
        .into_iter()
        .map(|path| PolicyError::new(path, "is there twice; keep one of them"))
        .collect();
    schema::check_shape(&mut document, &mut errors);
    let mut warnings = Vec::new();
    match serde_json::from_value::<Policy>(document.clone()) {
        Ok(policy) => {
            errors.extend(policy.problems());
            warnings = advice::advise(&policy, &document);
        }
        Err(error) => errors.push(PolicyError::new("", error.to_string())),
    }
    let errors = errors.into_iter().map(|error| Problem::new(Level::Error, error));
    let warnings = warnings.into_iter().map(|warning| Problem::new(Level::Warning, warning));
    Linted { document, problems: errors.chain(warnings).collect() }
}
