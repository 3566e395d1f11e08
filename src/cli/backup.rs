//! `milguard backup`, `milguard restore`: a copy of a SQLite database, and back.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, database::DatabaseArgs};
use crate::store::restore;

/// Copy a server's SQLite database to a file, whether the server runs or not.
///
/// The copy is consistent: it holds everything that was acknowledged before it began. Only its owner can read it; it holds
/// addresses, password hashes and the secrets of one-time codes.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard backup --state /var/lib/milguard --out /backup/2026-11-29.db
  milguard backup --database sqlite:/srv/milguard.db --out copy.db")]
pub(super) struct BackupArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Put a backup in the place of a server's SQLite database, while the server is stopped.
///
/// The command reads the whole backup first. It keeps the previous database beside it, with `.before-restore` at
/// the end of its name.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard restore --state /var/lib/milguard --from /backup/2026-11-29.db")]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

pub(super) fn run(args: &BackupArgs) -> Result<ExitCode, CliError> {
    args.database.with_existing_store(async |store| {
        store.backup(&args.out).await.map_err(CliError::new)?;
        say(&format!("the backup is in {}", args.out.display()));
        Ok(ExitCode::SUCCESS)
    })
}

pub(super) fn run_restore(args: &RestoreArgs) -> Result<ExitCode, CliError> {
    let database = args.database.database_for_restore()?;
    super::database::block_on(async {
        let kept = restore(&args.from, &database).await.map_err(CliError::new)?;
        if let Some(kept) = kept {
            say(&format!("the previous database is now {}", kept.display()));
        }
        say(&format!("restored {database}; start the server"));
        Ok(ExitCode::SUCCESS)
    })
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "milguard: {text}");
}
