//! The policy that `--policy` names.

use std::path::Path;

use super::{CliError, files};
use crate::detect::Checker;
use crate::policy::{Level, Policy, lint};

/// The largest policy file that is read: a policy of all limits is smaller.
const LIMIT: u64 = 256 << 20;

/// How many errors of a policy are shown; `milguard policy lint` lists them all.
const SHOWN: usize = 5;

/// A checker for the policy in the file, or the built-in one.
pub(crate) fn checker(path: Option<&Path>) -> Result<Checker, CliError> {
    let policy = path.map_or_else(|| Ok(Policy::default()), load)?;
    Checker::new(&policy).map_err(|error| {
        let name = path.map_or_else(|| "built-in".to_owned(), |path| path.display().to_string());
        CliError::new(format_args!("the policy {name} is invalid")).hint(error)
    })
}

/// Reads the file as clients do, and explains it as strictly as lint does if they would refuse it.
fn load(path: &Path) -> Result<Policy, CliError> {
    let name = path.display();
    let text =
        files::open(path).and_then(|file| files::read_limited(file, LIMIT)).map_err(|error| {
            CliError::new(format_args!("cannot read the policy {name}: {error}"))
                .hint("--policy takes a JSON file, such as `milguard policy init` writes")
        })?;
    Policy::from_json(&text).map_err(|error| {
        let problems = lint(&text).problems;
        let errors = problems.iter().filter(|problem| problem.level == Level::Error);
        let mut lines: Vec<_> = errors.take(SHOWN).map(ToString::to_string).collect();
        if lines.is_empty() {
            lines.push(error.to_string());
        }
        lines.push(format!("`milguard policy lint {name}` lists all that is wrong"));
        CliError::new(format_args!("the policy {name} is invalid")).hint(lines.join("\n  "))
    })
}
