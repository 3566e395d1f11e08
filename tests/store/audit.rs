//! A change and its row in the audit log are stored together or not at all.

use milguard::store::{AuditEntry, Database, NewToken, PolicyChange, Store, now};

use crate::store::fixture::postgres_database;

#[test]
fn a_change_without_its_audit_row_does_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.db");
    let url = format!("sqlite://{}", path.display());
    let postgres = postgres_database();
    for (database, url) in
        [(Database::Sqlite(path), url), (Database::Postgres(postgres.clone()), postgres)]
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::connect(&database).await.unwrap();
            store.first_start().await.unwrap();
            store.create_group("old", "Old", "organisation", None).await.unwrap();
            let kept = store.tokens().await.unwrap();
            let groups = store.groups().await.unwrap();
            let pool = sqlx::AnyPool::connect(&url).await.unwrap();
            sqlx::raw_sql("DROP TABLE audit_log").execute(&pool).await.unwrap();
            pool.close().await;

            let entry = AuditEntry {
                at: now(),
                actor: "ann",
                address: "192.0.2.1",
                action: "test",
                target: "default",
                detail: "",
            };
            let entry = Some(&entry);
            let put = PolicyChange {
                group: "default".to_owned(),
                document: r#"{"countdown": 1}"#.to_owned(),
                author: "ann".to_owned(),
                comment: String::new(),
                expected: None,
            };
            store.put_policy(&put, entry).await.unwrap_err();
            store.create_group("new", "New", "organisation", entry).await.unwrap_err();
            store.update_group("old", "Older", Some("organisation"), entry).await.unwrap_err();
            store.remove_group("old", entry).await.unwrap_err();
            let token =
                NewToken { group: "old".to_owned(), label: "spare".to_owned(), expires: None };
            store.create_token(&token, entry).await.unwrap_err();
            store.revoke_token(&kept[0].id, entry).await.unwrap_err();

            assert!(store.newest_policy("default").await.unwrap().is_none());
            assert_eq!(store.groups().await.unwrap(), groups);
            assert_eq!(store.tokens().await.unwrap(), kept);
            // A change without an audit entry succeeds.
            store.put_policy(&put, None).await.unwrap();
            store.close().await;
        });
    }
}
