//! `milguard erase`: removes the data about one person.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{CliError, database::DatabaseArgs};
use crate::store::{AuditEntry, now};

/// Erase the events about one recipient from a server's database.
///
/// The command also removes the address from the audit log, which still records that somebody's events were erased. Counts,
/// which name nobody, stay. Backups that were made before still hold the address.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard erase --state /var/lib/milguard --address jane.doe@army.ml")]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The recipient's address, in capital or small letters.
    #[arg(long, value_name = "ADDRESS")]
    address: String,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    args.database.with_existing_store(async |store| {
        let entry = AuditEntry {
            at: now(),
            actor: "(command line)",
            address: "",
            action: "events-erased",
            target: "one address",
            detail: "",
        };
        let erased = store.erase_address(&args.address, &entry).await.map_err(CliError::new)?;
        let _ = writeln!(io::stderr(), "milguard: {erased} events erased");
        Ok(ExitCode::SUCCESS)
    })
}
