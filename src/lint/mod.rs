//! Finds every error and every doubtful member in a policy document, for its author.
//!
//! This room uses the checker: it tries a policy on real domains before it says what the policy
//! would cost.

mod advice;
mod meant;

use serde_json::Value;

use crate::policy::{Level, Problem, read_strictly};

/// The results of [`lint`].
#[derive(Clone, Debug)]
pub struct Linted {
    /// The document, without the parts that could not be read.
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

/// Checks the text of a policy strictly: members that a client would ignore, such as unknown ones,
/// are errors here.
pub fn lint(text: &[u8]) -> Linted {
    let strict = read_strictly(text);
    let advice = strict.policy.map(|policy| advice::advise(&policy, &strict.document));
    let document = &strict.document;
    let errors = strict.errors.into_iter().map(|mut error| {
        meant::complete(&mut error, document);
        Problem::new(Level::Error, error)
    });
    let warnings = advice.into_iter().flatten();
    let warnings = warnings.map(|warning| Problem::new(Level::Warning, warning));
    let problems = errors.chain(warnings).collect();
    Linted { document: strict.document, problems }
}
