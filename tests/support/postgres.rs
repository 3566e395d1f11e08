//! A private PostgreSQL for the tests. Without its programs a test fails: run
//! `scripts/install-postgresql`.

#![expect(clippy::unwrap_used, reason = "a test whose database does not start has failed")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, postgres::PgConnection};

/// A server that ends with the process that started it.
pub(crate) struct Postgres {
    folder: String,
    child: Child,
    /// The server runs while this pipe is open.
    input: Option<ChildStdin>,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Postgres {
    /// `settings`: lines for `postgresql.conf`.
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_at(settings, None)
    }

    /// Starts a server that also listens over TCP, at this port on all addresses.
    pub(crate) fn start_at(settings: &[&str], port: Option<u16>) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/postgres.sh");
        let script = fs::read_to_string(script).unwrap();
        // PostgreSQL refuses to run as root; Debian's package brings a user.
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| {
            use std::os::unix::fs::MetadataExt;
            own.uid() == 0
        });
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.arg("-c").arg(script).arg("postgres.sh").arg(programs()).args(settings);
        if let Some(port) = port {
            command.env("LISTEN", "*").env("PORT", port.to_string());
        }
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        // A process group of its own keeps Ctrl-C from it; the closed pipe ends it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().expect("sh and setpriv exist");
        let mut folder = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut folder).unwrap();
        let folder = folder.trim().to_owned();
        assert!(
            !folder.is_empty(),
            "PostgreSQL did not start; is it installed? scripts/install-postgresql"
        );
        let input = child.stdin.take();
        Self { folder, child, input }
    }

    /// The address of a new, empty database.
    pub(crate) fn create_database(&self) -> String {
        let name = format!("milguard_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
            let sql = format!("CREATE DATABASE {name}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
        self.url(&name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The folder of the newest PostgreSQL from Debian, or the one that `PATH` leads to.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let newest = newest.max_by_key(|bin| {
        let version =
            bin.parent().and_then(|folder| folder.file_name()?.to_str()?.parse::<u32>().ok());
        version.unwrap_or(0)
    });
    newest
        .or_else(|| {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
        })
        .expect("PostgreSQL is not installed: run scripts/install-postgresql")
}
