//! A database for each test, of either kind.

use std::future::Future;
use std::sync::OnceLock;

use milguard::Severity;
use milguard::store::{Action, Database, Event, Host, Store, now};

use crate::support::postgres::Postgres;

/// Defines each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($(async fn $name:ident($store:ident: Store) $body:block)*) => {
        $(async fn $name($store: milguard::store::Store) $body)*
        mod sqlite {
            $(#[test] fn $name() { crate::store::fixture::on_sqlite(super::$name); })*
        }
        mod postgres {
            $(#[test] fn $name() { crate::store::fixture::on_postgres(super::$name); })*
        }
    };
}
pub(crate) use on_both_databases;

pub(crate) fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    run(&Database::Sqlite(folder.path().join("test.db")), test);
}

pub(crate) fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    run(&Database::Postgres(postgres_database()), test);
}

/// A new database on the only server of this process.
pub(crate) fn postgres_database() -> String {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    // The tests never cut the power, so PostgreSQL need not wait for the disk.
    SERVER
        .get_or_init(|| Postgres::start(&["fsync = off", "max_connections = 300"]))
        .create_database()
}

fn run<F: Future<Output = ()>>(database: &Database, test: impl FnOnce(Store) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::connect(database).await.unwrap();
        test(store.clone()).await;
        store.close().await;
    });
}

/// An ordinary event.
pub(crate) fn event() -> Event {
    let time = now();
    Event {
        id: uuid::Uuid::new_v4().to_string(),
        message: uuid::Uuid::new_v4().to_string(),
        time,
        received: time,
        group_id: "default".into(),
        client: None,
        host: Host::Thunderbird,
        client_version: "1.2.3".to_owned(),
        policy_id: "default".to_owned(),
        policy_version: 1,
        action: Action::Fixed,
        severity: Severity::Warn,
        reasons: vec!["suffix-typo".to_owned()],
        raised_by: Vec::new(),
        domain: Some("army.ml".to_owned()),
        address: None,
        justification: None,
    }
}
