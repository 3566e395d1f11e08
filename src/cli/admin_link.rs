//! `milguard admin-link`: lets an administrator who can use the database sign in again.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{CliError, database::DatabaseArgs, deployment::OriginArgs};
use crate::server::admin::new_link;

/// Print a link that creates an administrator of the dashboard.
///
/// Use it when every administrator has lost their password. The link works once, for one day, and creates
/// a new user; the other users stay as they are.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard admin-link --state var
  milguard admin-link --config /etc/milguard/milguard.toml
  milguard admin-link --origin https://milguard.example.mil \\
    --database postgres://milguard@db.example.mil/milguard")]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    origin: OriginArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    args.database.with_existing_store(async |store| {
        let origin = args.origin.of(store).await?;
        let path = new_link(store).await.map_err(CliError::new)?;
        // If standard output is closed, nobody needs the link.
        let _ = writeln!(io::stdout(), "{origin}{path}");
        Ok(ExitCode::SUCCESS)
    })
}
