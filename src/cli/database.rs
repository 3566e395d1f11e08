//! The database of a server, for commands that work on it without one.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, serve};
use crate::store::{Database, Store, StoreError};

/// Where the data is; as `milguard serve` has it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DatabaseArgs {
    /// Where the data is, as `milguard serve` takes it. By default, a file in the state folder.
    #[arg(long, value_name = "URL", env = "MILGUARD_DATABASE", hide_env_values = true)]
    database: Option<Database>,
    /// The server's state folder. By default, the system's place for it.
    #[arg(long, value_name = "DIR", env = "MILGUARD_STATE")]
    state: Option<PathBuf>,
}

impl DatabaseArgs {
    fn database(&self) -> Result<Database, CliError> {
        if let Some(database) = &self.database {
            return Ok(database.clone());
        }
        let state = match &self.state {
            Some(state) => state.clone(),
            None => serve::state_folder().map_err(CliError::new)?,
        };
        if !state.is_dir() {
            let message = format_args!("there is no state folder {}", state.display());
            return Err(CliError::new(message).hint(
                "start `milguard serve` once, or name the folder with --state or --database",
            ));
        }
        Ok(Database::Sqlite(state.join("milguard.db")))
    }

    /// Connects, lets `work` run, and closes the database.
    pub(super) fn with_store(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<ExitCode, StoreError>,
    ) -> Result<ExitCode, CliError> {
        let database = self.database()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(CliError::new)?;
        runtime.block_on(async {
            let unusable = |error: StoreError| {
                CliError::new(format_args!("cannot use the database {database}")).hint(error)
            };
            let store = Store::connect(&database).await.map_err(unusable)?;
            let done = work(&store).await;
            store.close().await;
            done.map_err(unusable)
        })
    }
}
