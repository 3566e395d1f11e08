//! The policy that `--policy` names.

use std::path::Path;

use super::{CliError, files};
use crate::detect::Checker;
use crate::lint::lint;
use crate::policy::{Level, Policy};

/// The largest policy file; the largest valid policy is smaller.
const LIMIT: u64 = 256 << 20;

/// The most errors of a policy to print; `milguard policy lint` lists them all.
const SHOWN: usize = 5;

/// The policy in the file, or the built-in one.
pub(crate) fn policy(path: Option<&Path>) -> Result<Policy, CliError> {
    path.map_or_else(|| Ok(Policy::default()), load)
}

/// A checker for the policy in the file, or the built-in one.
pub(crate) fn checker(path: Option<&Path>) -> Result<Checker, CliError> {
    let policy = policy(path)?;
    Checker::new(&policy).map_err(|error| {
        let name = path.map_or_else(|| "built-in".to_owned(), |path| path.display().to_string());
        CliError::new(format_args!("the policy {name} is invalid")).hint(error)
    })
}

/// The document in the file as written, if clients would accept it.
pub(crate) fn document(path: &Path) -> Result<serde_json::Value, CliError> {
    let text = read(path)?;
    valid(path, &text)?;
    let start = usize::from(text.starts_with(b"\xef\xbb\xbf")) * 3;
    serde_json::from_slice(text.get(start..).unwrap_or_default())
        .map_err(|error| CliError::new(format_args!("the policy {}: {error}", path.display())))
}

/// Reads the file as clients do. If they would refuse it, explains why as strictly as lint does.
pub(crate) fn load(path: &Path) -> Result<Policy, CliError> {
    valid(path, &read(path)?)
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    files::open(path).and_then(|file| files::read_limited(file, LIMIT)).map_err(|error| {
        CliError::new(format_args!("cannot read the policy {}: {error}", path.display()))
            .hint("--policy takes a JSON file, such as `milguard policy init` writes")
    })
}

fn valid(path: &Path, text: &[u8]) -> Result<Policy, CliError> {
    let name = path.display();
    Policy::from_json(text).map_err(|error| {
        let problems = lint(text).problems;
        let errors = problems.iter().filter(|problem| problem.level == Level::Error);
        let mut lines: Vec<_> = errors.take(SHOWN).map(ToString::to_string).collect();
        if lines.is_empty() {
            lines.push(error.to_string());
        }
        lines.push(format!("`milguard policy lint {name}` lists all that is wrong"));
        CliError::new(format_args!("the policy {name} is invalid")).hint(lines.join("\n  "))
    })
}
