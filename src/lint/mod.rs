//! Everything that is wrong or doubtful in a policy document, for its author.
//!
//! This room stands above the checker: it tries a policy on real domains before it says what it would cost.

mod advice;

use serde_json::Value;

use crate::policy::{Level, Problem, read_strictly};

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
    let strict = read_strictly(text);
    let advice = strict.policy.map(|policy| advice::advise(&policy, &strict.document));
    let errors = strict.errors.into_iter().map(|error| Problem::new(Level::Error, error));
    let warnings = advice.into_iter().flatten();
    let warnings = warnings.map(|warning| Problem::new(Level::Warning, warning));
    Linted { document: strict.document, problems: errors.chain(warnings).collect() }
}
