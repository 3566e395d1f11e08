//! `milguard admin-link`: a way in for whoever has the database.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{CliError, database::DatabaseArgs};
use crate::bundle::Origin;
use crate::server::admin::new_link;

/// Print a link that makes an administrator of the dashboard.
///
/// For when every administrator's password is lost. It works once, for one day, and makes a new user; the
/// others stay as they are.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard admin-link --state var
  milguard admin-link --database postgres://milguard@db.example.mil/milguard --origin https://milguard.example.mil")]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where the server is reached.
    #[arg(
        long,
        value_name = "URL",
        env = "MILGUARD_ORIGIN",
        default_value = "https://localhost:8443"
    )]
    origin: Origin,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    args.database.with_store(async |store| {
        let path = new_link(store).await?;
        // A reader that went away has no use for the link.
        let _ = writeln!(io::stdout(), "{}{path}", args.origin);
        Ok(ExitCode::SUCCESS)
    })
}
