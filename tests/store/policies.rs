//! Policies: versions that only grow, layers, locks, and refused changes.

use milguard::policy::Mode;
use milguard::store::{PolicyChange, PolicyChangeError, Store, StoreError};

use crate::store::fixture::on_both_databases;

fn change(group: &str, document: &str) -> PolicyChange {
    PolicyChange {
        group: group.to_owned(),
        document: document.to_owned(),
        author: "ann".to_owned(),
        comment: "why".to_owned(),
        expected: None,
    }
}

async fn put(store: &Store, group: &str, document: &str) -> i64 {
    store.put_policy(&change(group, document), None).await.unwrap().expect("a new version").version
}

on_both_databases! {
    async fn a_version_is_kept_and_rolling_back_makes_a_new_one(store: Store) {
        store.first_start().await.unwrap();
        assert!(store.newest_policy("default").await.unwrap().is_none());
        let first = "{\n  \"countdown\": 1\n}";
        assert_eq!(put(&store, "default", first).await, 1);
        assert_eq!(put(&store, "default", r#"{"countdown": 2}"#).await, 2);
        let document = store.policy_document("default", 1).await.unwrap();
        assert_eq!(put(&store, "default", &document).await, 3);
        let (newest, document) = store.newest_policy("default").await.unwrap().unwrap();
        assert_eq!((newest.version, &*document), (3, first), "as it was written");
        let history = store.policy_history("default", None, 10).await.unwrap();
        assert_eq!(history.iter().map(|it| it.version).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!((&*history[2].author, &*history[2].comment), ("ann", "why"));
        let older = store.policy_history("default", Some(2), 10).await.unwrap();
        assert_eq!(older.len(), 1);
        assert_eq!(store.policy_document("default", 2).await.unwrap(), r#"{"countdown": 2}"#);
        assert!(matches!(store.policy_document("default", 4).await, Err(StoreError::Missing(_))));
    }

    async fn publishing_an_equal_document_makes_no_version(store: Store) {
        store.first_start().await.unwrap();
        assert!(store.put_policy(&change("default", " { } "), None).await.unwrap().is_none());
        put(&store, "default", r#"{"countdown": 1, "mode": "audit"}"#).await;
        let before = store.effective_policy("default").await.unwrap().policy.version;
        let same = change("default", "{\n \"mode\": \"audit\",\n \"countdown\": 1\n}");
        assert!(store.put_policy(&same, None).await.unwrap().is_none());
        assert_eq!(store.policy_history("default", None, 10).await.unwrap().len(), 1);
        assert_eq!(store.effective_policy("default").await.unwrap().policy.version, before);
        // The next change still finds a working store.
        assert_eq!(put(&store, "default", "{}").await, 2);
    }

    async fn of_two_changes_to_the_same_version_one_is_refused(store: Store) {
        store.first_start().await.unwrap();
        put(&store, "default", r#"{"mode": "audit"}"#).await;
        let first = PolicyChange { expected: Some(1), ..change("default", r#"{"countdown": 1}"#) };
        let second = PolicyChange { expected: Some(1), ..change("default", r#"{"countdown": 2}"#) };
        let (first, second) = tokio::join!(store.put_policy(&first, None), store.put_policy(&second, None));
        let conflicts = [first, second].into_iter().filter(|result| {
            matches!(result, Err(PolicyChangeError::Store(StoreError::Conflict(_))))
        });
        assert_eq!(conflicts.count(), 1);
        assert_eq!(store.policy_history("default", None, 10).await.unwrap().len(), 2);
    }

    async fn a_group_inherits_and_cannot_change_what_is_locked(store: Store) {
        store.first_start().await.unwrap();
        store.create_group("navy", "Navy", "default", None).await.unwrap();
        let of = async |group: &str| store.effective_policy(group).await.unwrap();
        assert_eq!(of("navy").await.policy.id, "navy");
        put(&store, "organisation", r#"{"countdown": 3, "deny": ["*.ml"], "locked": ["countdown"]}"#).await;
        put(&store, "default", r#"{"mode": "audit", "deny": ["a.example"]}"#).await;
        put(&store, "navy", r#"{"countdown": 0, "mode": "enforce", "deny": ["b.example"]}"#).await;
        let navy = of("navy").await;
        assert_eq!((navy.policy.countdown, navy.policy.mode), (3, Mode::Enforce));
        assert_eq!(navy.policy.deny, ["*.ml", "a.example", "b.example"]);
        assert_eq!(navy.merged.layers, ["organisation", "default", "navy"]);
        assert_eq!(navy.merged.refused[0].path, "countdown");
        let default = of("default").await;
        assert_eq!((default.policy.mode, default.policy.deny.len()), (Mode::Audit, 2));
        // A move changes the inherited settings.
        let before = navy.policy.version;
        store.update_group("navy", "Navy", Some("organisation"), None).await.unwrap();
        let moved = of("navy").await;
        assert_eq!(moved.policy.deny, ["*.ml", "b.example"]);
        assert!(moved.policy.version > before, "clients must not take the policy for an older one");
    }

    async fn the_effective_version_grows_with_every_layer(store: Store) {
        store.first_start().await.unwrap();
        let mut last = 0;
        for (group, countdown) in [("organisation", 1), ("default", 2), ("organisation", 3), ("default", 4)] {
            put(&store, group, &format!("{{\"countdown\": {countdown}, \"id\": \"x\", \"version\": 1}}")).await;
            let effective = store.effective_policy("default").await.unwrap();
            assert!(effective.policy.version > last);
            assert_eq!(effective.policy.id, "default");
            last = effective.policy.version;
        }
    }

    async fn an_invalid_policy_is_refused_with_the_place_of_each_error(store: Store) {
        store.first_start().await.unwrap();
        for (document, path) in [
            ("{", ""),
            (r#"{"mod": "audit"}"#, "mod"),
            (r#"{"countdown": 61}"#, "countdown"),
            (r#"{"deny": ["*.ml", "a.*.b"]}"#, "deny[1]"),
            (r#"{"protected": {"builtin": false}}"#, "protected"),
        ] {
            match store.put_policy(&change("default", document), None).await {
                Err(PolicyChangeError::Refused { group, problems }) => {
                    assert_eq!((&*group, &*problems[0].path), ("default", path), "{problems:?}");
                }
                other => panic!("{document}: {other:?}"),
            }
        }
        let missing = store.put_policy(&change("none", "{}"), None).await;
        assert!(matches!(missing, Err(PolicyChangeError::Store(StoreError::Missing(_)))));
        assert!(store.policy_history("default", None, 10).await.unwrap().is_empty());
    }

    async fn layers_that_break_a_limit_together_are_refused(store: Store) {
        store.first_start().await.unwrap();
        let suffixes = |from: u32| {
            let list: Vec<_> = (from..from + 60).map(|n| format!("\"s{n}.example\"")).collect();
            format!("{{\"protected\": {{\"suffixes\": [{}]}}}}", list.join(", "))
        };
        put(&store, "default", &suffixes(0)).await;
        // Clients of a group below the changed one would get 120 entries, and 100 are allowed.
        match store.put_policy(&change("organisation", &suffixes(100)), None).await {
            Err(PolicyChangeError::Refused { group, problems }) => {
                assert_eq!(&*group, "default");
                assert!(problems[0].path.starts_with("protected.suffixes"), "{problems:?}");
            }
            other => panic!("{other:?}"),
        }
        assert!(store.newest_policy("organisation").await.unwrap().is_none(), "nothing is stored");
    }

    async fn a_preview_stores_nothing(store: Store) {
        store.first_start().await.unwrap();
        put(&store, "organisation", r#"{"deny": ["*.ml"]}"#).await;
        let preview = store.preview_policy("default", r#"{"deny": ["x.example"]}"#).await.unwrap();
        assert_eq!(preview.policy.deny, ["*.ml", "x.example"]);
        assert!(store.newest_policy("default").await.unwrap().is_none());
        assert!(store.preview_policy("default", r#"{"deny": 1}"#).await.is_err());
        assert!(store.preview_policy("none", "{}").await.is_err());
    }

    async fn a_change_wakes_up_everyone_who_waits_for_it(store: Store) {
        store.first_start().await.unwrap();
        let mut changes = store.changes();
        changes.mark_unchanged();
        let before = store.revision().await.unwrap();
        put(&store, "default", r#"{"countdown": 1}"#).await;
        assert!(changes.has_changed().unwrap());
        assert!(store.revision().await.unwrap() > before);
    }
}
