//! The configuration file of a server, for commands that need a few of its keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::CliError;
use crate::store::Database;

/// The keys of a file; none of them where no file is named.
#[derive(Default)]
pub(super) struct ServerFile {
    path: PathBuf,
    table: toml::Table,
}

impl ServerFile {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = fs::read_to_string(path).map_err(|error| cannot_use(path, &error))?;
        // The error does not show the wrong line, which may hold a password.
        let table = text.parse().map_err(|_| cannot_use(path, &"it is not TOML"))?;
        Ok(Self { path: path.to_owned(), table })
    }

    pub(super) fn database(&self) -> Result<Option<Database>, CliError> {
        let database = self.text("database").map(str::parse).transpose();
        database.map_err(|error| cannot_use(&self.path, &error))
    }

    pub(super) fn state(&self) -> Option<PathBuf> {
        self.text("state").map(PathBuf::from)
    }

    pub(super) fn alerts(&self) -> Option<PathBuf> {
        self.text("alerts").map(PathBuf::from)
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.text("origin").map(|origin| origin.trim_end_matches('/'))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key).and_then(toml::Value::as_str)
    }
}

fn cannot_use(path: &Path, what: &dyn std::fmt::Display) -> CliError {
    CliError::new(format_args!("cannot use {}: {what}", path.display()))
}
