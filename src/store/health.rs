//! Whether the database can store events. An answer to a query does not prove that.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Database, Dialect, Millis, Store, StoreError};

/// Facts about the database that queries do not tell. Clones of a store share them.
#[derive(Debug, Default)]
pub(super) struct Health {
    file: Option<FileIdentity>,
    is_damaged: AtomicBool,
}

/// The identity of the opened file. The path may later name another file, or none.
#[derive(Debug)]
struct FileIdentity {
    path: PathBuf,
    id: Option<(u64, u64)>,
}

impl Health {
    /// Notes the identity of the file, which exists by now.
    pub(super) fn new(database: &Database) -> Self {
        let file = database.file();
        let file = file.map(|path| FileIdentity { path: path.to_owned(), id: file_id(path) });
        Self { file, is_damaged: AtomicBool::new(false) }
    }

    /// Remembers that the database said that it is damaged.
    pub(super) fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::Corrupt(_)) && !self.is_damaged.swap(true, Ordering::Relaxed)
        {
            tracing::error!(%error, "the database is damaged: stop the server and restore a backup");
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        if let Some(file) = &self.file
            && file_id(&file.path) != file.id
        {
            return Err(StoreError::Corrupt(format!(
                "{} was deleted or replaced while the server uses it",
                file.path.display()
            )));
        }
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(StoreError::Corrupt("a check found damaged pages".to_owned()));
        }
        Ok(())
    }
}

/// Device and number of a file; `None` if the file does not exist, or the system has no such numbers.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        // Windows does not let anybody delete an open database.
        let _ = path;
        None
    }
}

impl Store {
    /// Writes a row and commits, to prove that events can be stored now.
    ///
    /// # Errors
    ///
    /// If that fails: the database does not answer, is full, locked or damaged, or its file was deleted.
    pub async fn probe(&self, now: Millis) -> Result<(), StoreError> {
        self.health.check()?;
        let written = self.write_probe(now).await;
        written.inspect_err(|error| self.health.note(error))
    }

    async fn write_probe(&self, now: Millis) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE write_probe SET at = $1 WHERE id = 1")
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Reads the whole SQLite file and looks for damage, which [`probe`](Self::probe) then reports. PostgreSQL checks
    /// itself.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the file is damaged, other errors if it cannot be read now.
    pub async fn check_integrity(&self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Postgres {
            return Ok(());
        }
        let found = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)");
        let result = match found.fetch_one(&self.read).await {
            Ok(said) if said == "ok" => Ok(()),
            Ok(said) => Err(StoreError::Corrupt(said)),
            Err(error) => Err(error.into()),
        };
        result.inspect_err(|error| self.health.note(error))
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Database, Store, StoreError};

    /// A store with a full disk: its file can grow by two more pages.
    async fn full() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("test.db"));
        let store = Store::connect(&database).await.unwrap();
        let pages: i64 =
            sqlx::query_scalar("PRAGMA page_count").fetch_one(&store.write).await.unwrap();
        let sql = format!("PRAGMA max_page_count = {}", pages + 2);
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&store.write).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn connections_work_again_after_a_full_disk() {
        let (_folder, store) = full().await;
        let large = "x".repeat(100_000);
        let refused = store.set_setting("large", &large, None).await;
        assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
        // The limit belonged to the connection and ends with it, so the file can grow again.
        store.set_setting("large", &large, None).await.unwrap();
        store.probe(1).await.unwrap();
        let (mut change, _) = store.begin_change().await.unwrap();
        sqlx::query("DELETE FROM policies").execute(&mut *change).await.unwrap();
        change.commit().await.unwrap();
        store.close().await;
    }
}
