//! The database of a server, for commands that use it without a running server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{CliError, serve, server_file::ServerFile};
use crate::server::create_folder;
use crate::store::{Database, Store, StoreError};

/// The database, as in `milguard serve`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DatabaseArgs {
    /// The database, written as for `milguard serve`. By default, a file in the state folder.
    #[arg(long, value_name = "URL", env = "MILGUARD_DATABASE", hide_env_values = true)]
    database: Option<Database>,
    /// Read the database or the state folder from the server's configuration file, where neither is given here.
    #[arg(long, value_name = "FILE", env = "MILGUARD_CONFIG")]
    config: Option<PathBuf>,
    /// The server's state folder. By default, the system's place for it.
    #[arg(long, value_name = "DIR", env = "MILGUARD_STATE")]
    state: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The database that the arguments or the configuration file give, or else the state folder
    /// that holds it.
    fn place(&self) -> Result<Result<Database, PathBuf>, CliError> {
        if let Some(database) = &self.database {
            return Ok(Ok(database.clone()));
        }
        let mut state = self.state.clone();
        if let (Some(config), None) = (&self.config, &state) {
            let file = ServerFile::read(config)?;
            if let Some(database) = file.database()? {
                return Ok(Ok(database));
            }
            state = file.state();
        }
        match state {
            Some(state) => Ok(Err(state)),
            None => serve::state_folder().map(Err).map_err(CliError::new),
        }
    }

    fn database(&self) -> Result<Database, CliError> {
        let state = match self.place()? {
            Ok(database) => return Ok(database),
            Err(state) => state,
        };
        if !state.is_dir() {
            let message = format_args!("there is no state folder {}", state.display());
            return Err(CliError::new(message).hint(
                "start `milguard serve` once, or name the folder with --state or --database",
            ));
        }
        Ok(Database::Sqlite(state.join("milguard.db")))
    }

    /// Like [`database`](Self::database), but also works on a new machine, where the state folder
    /// may not exist yet.
    pub(super) fn database_for_restore(&self) -> Result<Database, CliError> {
        let database = match self.place()? {
            Ok(database) => return Ok(database),
            Err(state) => Database::Sqlite(state.join("milguard.db")),
        };
        if let Some(folder) = database.file().and_then(Path::parent) {
            create_folder(folder).map_err(CliError::new)?;
        }
        Ok(database)
    }

    /// Connects, runs `work`, and closes the database. Does not create one.
    pub(super) fn with_existing_store(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<ExitCode, CliError>,
    ) -> Result<ExitCode, CliError> {
        let database = self.database()?;
        if let Some(file) = database.file()
            && !file.exists()
        {
            let message = format_args!("there is no database {}", file.display());
            return Err(CliError::new(message)
                .hint("name the server's folder with --state, or its database with --database"));
        }
        with_open(&database, work)
    }
}

fn with_open(
    database: &Database,
    work: impl AsyncFnOnce(&Store) -> Result<ExitCode, CliError>,
) -> Result<ExitCode, CliError> {
    block_on(async {
        let store = Store::connect(database).await.map_err(|error| unusable(database, error))?;
        let done = work(&store).await;
        store.close().await;
        done
    })
}

fn unusable(database: &Database, error: StoreError) -> CliError {
    CliError::new(format_args!("cannot use the database {database}")).hint(error)
}

/// Runs a command that waits for a database.
pub(super) fn block_on(
    work: impl Future<Output = Result<ExitCode, CliError>>,
) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(CliError::new)?.block_on(work)
}
