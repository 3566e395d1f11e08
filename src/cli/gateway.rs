//! `milguard gateway`: the policy as rules for a mail server.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{CliError, policy_file};
use crate::gateway::{self, Files, Format};

const EXAMPLES: &str = "\
Examples:
  milguard gateway --format postfix > milguard.pcre
  milguard gateway --format exchange --policy policy.json --out rules
  milguard gateway --format rspamd --policy policy.json --out rules --force
  milguard gateway --format google-workspace --policy policy.json --out rules";

const MORE: &str = "\
A gateway sees the mail that no add-in sees: from phones, from programs, from
calendars. It refuses what `milguard check` judges `warn` or `block` with the
same policy, as far as expressions can say it, and never more: neither what is
at `notice` nor what the allow list lets pass. A policy in audit mode makes
rules that log and let pass.

The answer names what was probably meant, if the checker has a suggestion: the
whole address with postfix and exim, all such addresses of a message with
rspamd, the domain with exchange, nothing with the hosted services. Exchange's
rules begin in audit mode. Each file says how to install it; lists have a
readme beside them.";

/// Write the policy as rules for a mail gateway.
///
/// Without --out, the rules go to standard output: for Mimecast and Proofpoint the list, without the guide.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(crate) struct Args {
    /// The server that the rules are for.
    #[arg(long, value_name = "SERVER", value_enum)]
    format: Format,
    /// Use the policy in this file instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The folder to write into.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite files in that folder.
    #[arg(long, requires = "out")]
    force: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let policy = policy_file::policy(args.policy.as_deref())?;
    let files = gateway::render(&policy, args.format).map_err(CliError::new)?;
    if let Some(folder) = &args.out {
        write(folder, args.force, &files)?;
    } else {
        let mut out = io::stdout().lock();
        // Programs import a list, so its guide goes only into the folder.
        let rule = files.get(args.format.main_file()).map(String::as_str).unwrap_or_default();
        out.write_all(rule.as_bytes()).map_err(CliError::Output)?;
        out.flush().map_err(CliError::Output)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, force: bool, files: &Files) -> Result<(), CliError> {
    let cannot = |path: &Path, error: io::Error| {
        CliError::new(format_args!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    for name in files.keys() {
        let path = folder.join(name);
        if path.exists() && !force {
            let message = format_args!("{} exists already", path.display());
            return Err(CliError::new(message).hint("--force overwrites it"));
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| cannot(&path, error))?;
        // Standard output is for results, and the only results are the files.
        let _ = writeln!(io::stderr(), "milguard gateway: {}", path.display());
    }
    Ok(())
}
