//! The parts that `milguard milter` and `milguard catch` share: the server that they report to, logs,
//! and signals.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use super::CliError;
use super::serve::logs::{self, LogFormat, LogLevel};
use super::serve::state_folder;
use crate::client::{Pace, Server};

/// The server to follow and to report to.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ServerArgs {
    /// The Milguard server to enrol with, to take the policy from and to report findings to.
    #[arg(long, value_name = "URL", env = "MILGUARD_SERVER", help_heading = "Server")]
    server: Option<String>,
    /// The enrolment token of a group or deployment.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "MILGUARD_TOKEN",
        hide_env_values = true,
        requires = "server",
        conflicts_with = "token_file",
        help_heading = "Server"
    )]
    token: Option<String>,
    /// A file with the token, which other users of this machine cannot see in the list of processes.
    #[arg(long, value_name = "FILE", requires = "server", help_heading = "Server")]
    token_file: Option<PathBuf>,
    /// A certificate (PEM) to trust besides those of the system, such as the one that a new server made for itself.
    #[arg(long, value_name = "FILE", requires = "server", help_heading = "Server")]
    ca: Option<PathBuf>,
    /// The folder for the client's key, policy and unsent events. By default, a folder below the
    /// system's state directory.
    #[arg(long, value_name = "DIR", env = "MILGUARD_STATE", help_heading = "Server")]
    state: Option<PathBuf>,
}

impl ServerArgs {
    /// The server, if one is named.
    pub(super) fn server(&self) -> Result<Option<Server>, CliError> {
        let Some(url) = self.server.clone() else { return Ok(None) };
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(path)) => fs::read_to_string(path).map_err(|error| {
                CliError::new(format_args!("cannot read the token {}: {error}", path.display()))
            })?,
            (None, None) => {
                return Err(CliError::new("--server needs a token")
                    .hint("name it with --token-file, --token or MILGUARD_TOKEN"));
            }
        };
        Ok(Some(Server {
            url,
            token: token.trim().to_owned(),
            ca: self.ca.clone(),
            pace: Pace::default(),
        }))
    }

    /// The state folder of the daemon that is called `name`.
    pub(super) fn state(&self, name: &str) -> Result<PathBuf, CliError> {
        match &self.state {
            Some(folder) => Ok(folder.clone()),
            None => state_folder().map(|folder| folder.join(name)).map_err(CliError::new),
        }
    }
}

/// The level and the form of the log.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct LogArgs {
    /// The lowest level to log.
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "info", help_heading = "Logs")]
    log_level: LogLevel,
    /// The form of the log.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "auto", help_heading = "Logs")]
    log_format: LogFormat,
}

impl LogArgs {
    /// Begins to log, and returns the runtime for the daemon.
    pub(super) fn start(self) -> Result<tokio::runtime::Runtime, CliError> {
        logs::start(self.log_level, self.log_format.is_json());
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder
            .enable_all()
            .build()
            .map_err(|error| CliError::new(format_args!("cannot start: {error}")))
    }
}

/// A line for the person who started the daemon; a closed standard error must not stop it.
pub(super) fn say(name: &str, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "milguard {name}: {line}");
}
