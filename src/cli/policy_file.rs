//! The policy that `--policy` names.

use std::path::Path;

use super::{CliError, files};
use crate::detect::Checker;
use crate::policy::Policy;

/// The largest policy file that is read: a policy of all limits is smaller.
const LIMIT: u64 = 256 << 20;

/// A checker for the policy in the file, or the built-in one.
pub(crate) fn checker(path: Option<&Path>) -> Result<Checker, CliError> {
    let policy = path.map_or_else(|| Ok(Policy::default()), load)?;
    Checker::new(&policy).map_err(|error| {
        let name = path.map_or_else(|| "built-in".to_owned(), |path| path.display().to_string());
        CliError::new(format_args!("the policy {name} is invalid")).hint(error)
    })
}

fn load(path: &Path) -> Result<Policy, CliError> {
    let bytes =
        files::open(path).and_then(|file| files::read_limited(file, LIMIT)).map_err(|error| {
            CliError::new(format_args!("cannot read the policy {}: {error}", path.display()))
                .hint("--policy takes a JSON file; without it the built-in policy is used")
        })?;
    let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    serde_json::from_slice(json).map_err(|error| {
        CliError::new(format_args!("the policy {} is invalid", path.display())).hint(error)
    })
}
