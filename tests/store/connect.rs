//! Connecting several stores at a time, to a file that is not a database, and to a newer schema.

use std::path::Path;

use milguard::store::{Database, Store, StoreError};

use crate::store::fixture::{event, postgres_database};

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

async fn connect_often(database: &Database) {
    let all: Vec<_> = (0..6)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move { Store::connect(&database).await })
        })
        .collect();
    for store in all {
        let store = store.await.unwrap().expect("every store connects");
        store.insert_events(&[event()]).await.unwrap();
        store.close().await;
    }
}

#[test]
fn servers_that_start_together_create_one_schema() {
    let folder = tempfile::tempdir().unwrap();
    block_on(connect_often(&Database::Sqlite(folder.path().join("new.db"))));
    block_on(connect_often(&Database::Postgres(postgres_database())));
}

#[test]
fn a_file_that_is_not_a_database_stays_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let text = "Dear Sir or Madam, ".repeat(1_000);
    std::fs::write(&path, &text).unwrap();
    let refused = block_on(Store::connect(&Database::Sqlite(path.clone())));
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
}

#[test]
fn a_missing_database_is_reported_as_unavailable() {
    for url in ["postgres://nobody@127.0.0.1:1/none", "sqlite:/does/not/exist/milguard.db"] {
        let refused = block_on(Store::connect(&url.parse().unwrap()));
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{url}: {refused:?}");
    }
}

#[test]
fn a_database_with_the_schema_of_a_newer_release_stays_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    for database in
        [Database::Sqlite(folder.path().join("new.db")), Database::Postgres(postgres_database())]
    {
        block_on(async {
            Store::connect(&database).await.unwrap().close().await;
            let sql = "INSERT INTO _sqlx_migrations
                           (version, description, success, checksum, execution_time)
                       VALUES (999, 'of tomorrow', true, ''@, 0)";
            let (url, sql) = match &database {
                Database::Sqlite(path) => (sqlite_url(path), sql.replace("''@", "x''")),
                Database::Postgres(url) => (url.clone(), sql.replace("''@", "''::bytea")),
            };
            let pool = sqlx::AnyPool::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
            pool.close().await;
            match Store::connect(&database).await {
                Err(StoreError::Corrupt(message)) => assert!(message.contains("999"), "{message}"),
                other => panic!("{other:?}"),
            }
        });
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_database_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    block_on(async {
        let store = Store::connect(&Database::Sqlite(path.clone())).await.unwrap();
        store.insert_events(&[event()]).await.unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", entry.path().display());
        }
        store.close().await;
    });
}

#[test]
fn an_address_is_shown_without_its_password() {
    for (url, shown) in [
        ("postgres://ann:secret@db.example/milguard", "postgres://ann@db.example/milguard"),
        ("postgresql://db.example/milguard?password=secret", "postgresql://db.example/milguard"),
        ("postgres://ann:se@cret@db.example/x", "postgres://ann@db.example/x"),
        ("sqlite:/var/lib/milguard.db", "sqlite:/var/lib/milguard.db"),
        ("sqlite:///var/lib/milguard.db", "sqlite:/var/lib/milguard.db"),
    ] {
        let database: Database = url.parse().unwrap();
        assert_eq!(database.to_string(), shown);
        assert!(!format!("{database:?}").contains("secret"));
    }
    for wrong in ["", "milguard.db", "sqlite:", "mysql://x/y", "sqlite:x?mode=ro"] {
        assert!(wrong.parse::<Database>().is_err(), "{wrong}");
    }
}
