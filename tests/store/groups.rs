//! Groups, and the tokens that enrol clients into them.

use milguard::store::{NewToken, Scope, StoreError, hash_secret, now};

use crate::store::fixture::on_both_databases;

fn token(group: &str) -> NewToken {
    NewToken { group: group.to_owned(), label: "pilot".to_owned(), expires: None }
}

on_both_databases! {
    async fn a_scope_has_a_group_and_those_below_it(store: Store) {
        store.first_start().await.unwrap();
        for (id, parent) in [("finance", "organisation"), ("payroll", "finance"), ("navy", "organisation")] {
            store.create_group(id, id, parent, None).await.unwrap();
        }
        let scope = store.scope(Some("finance")).await.unwrap();
        assert!(scope.has("finance") && scope.has("payroll") && !scope.has("navy"));
        assert!(!scope.has("organisation") && !scope.has("default"));
        for everything in [None, Some("organisation")] {
            assert_eq!(store.scope(everything).await.unwrap(), Scope::EVERYTHING);
        }
        // A scope of a group that does not exist contains that group's id alone: its members see nothing more than before.
        let gone = store.scope(Some("gone")).await.unwrap();
        assert!(gone.has("gone") && !gone.has("finance") && !gone.is_everything());
    }

    async fn the_first_start_makes_one_group_with_one_token(store: Store) {
        let secret = store.first_start().await.unwrap().expect("the database is empty");
        assert!(store.first_start().await.unwrap().is_none());
        let tokens = store.tokens().await.unwrap();
        assert_eq!((tokens.len(), &*tokens[0].group), (1, "default"));
        assert_eq!(tokens[0].hash, hash_secret(secret.reveal()));
        assert!(secret.reveal().starts_with("mg_enrol_") && secret.reveal().len() == 49);
        assert_eq!(format!("{secret:?}"), "Secret(…)", "a log must not show it");
        let ids: Vec<_> = store.groups().await.unwrap().into_iter().map(|group| group.id).collect();
        assert_eq!(ids, ["default", "organisation"]);
    }

    async fn servers_that_start_together_make_one_token(store: Store) {
        let (one, two, three) =
            tokio::join!(store.first_start(), store.first_start(), store.first_start());
        let made = [one, two, three].into_iter().filter_map(Result::unwrap).count();
        assert_eq!(made, 1);
        assert_eq!(store.tokens().await.unwrap().len(), 1);
    }

    async fn a_token_is_valid_until_it_is_revoked_or_expires(store: Store) {
        store.first_start().await.unwrap();
        let before = store.revision().await.unwrap();
        let (made, _) = store.create_token(&token("default"), None).await.unwrap();
        assert!(store.revision().await.unwrap() > before, "other servers must notice");
        assert!(made.is_good(now()));
        store.revoke_token(&made.id, None).await.unwrap();
        let revoked = store.tokens().await.unwrap().into_iter().find(|it| it.id == made.id).unwrap();
        assert!(!revoked.is_good(now()));
        store.revoke_token(&made.id, None).await.unwrap();
        let again = store.tokens().await.unwrap().into_iter().find(|it| it.id == made.id).unwrap();
        assert_eq!(again.revoked, revoked.revoked, "the time of the first revocation counts");
        let short = NewToken { expires: Some(now() + 60_000), ..token("default") };
        let (short, _) = store.create_token(&short, None).await.unwrap();
        assert!(short.is_good(now()) && !short.is_good(now() + 120_000));
        assert!(matches!(store.revoke_token("none", None).await, Err(StoreError::Missing(_))));
        assert!(matches!(store.create_token(&token("none"), None).await, Err(StoreError::Missing(_))));
        let long = NewToken { label: "x".repeat(101), ..token("default") };
        assert!(matches!(store.create_token(&long, None).await, Err(StoreError::Invalid(_))));
    }

    async fn the_last_use_of_a_token_never_moves_back(store: Store) {
        store.first_start().await.unwrap();
        let id = store.tokens().await.unwrap()[0].id.clone();
        store.touch_tokens(&[(id.clone(), 500), ("gone".to_owned(), 500)]).await.unwrap();
        store.touch_tokens(&[(id.clone(), 300)]).await.unwrap();
        assert_eq!(store.tokens().await.unwrap()[0].last_used, Some(500));
    }

    async fn a_group_cannot_be_below_itself_or_too_deep(store: Store) {
        store.first_start().await.unwrap();
        let mut parent = "organisation".to_owned();
        for depth in 1..8 {
            let id = format!("g{depth}");
            store.create_group(&id, "Group", &parent, None).await.unwrap();
            parent = id;
        }
        assert!(matches!(store.create_group("g8", "Group", &parent, None).await, Err(StoreError::Invalid(_))));
        let loops = store.update_group("g1", "Group", Some("g3"), None).await;
        assert!(loops.is_err(), "{loops:?}");
        let deeper = store.update_group("g1", "Group", Some("default"), None).await;
        assert!(deeper.is_err(), "the groups below it would be too deep: {deeper:?}");
        assert!(store.update_group("organisation", "We", Some("default"), None).await.is_err());
        assert!(store.update_group("g1", "Group", None, None).await.is_err());
        let renamed = store.update_group("organisation", " Contoso ", None, None).await.unwrap();
        assert_eq!(renamed.name, "Contoso");
        assert_eq!(store.update_group("g7", "Last", Some("default"), None).await.unwrap().parent.as_deref(), Some("default"));
    }

    async fn the_id_of_a_group_has_to_be_short_plain_and_unique(store: Store) {
        store.first_start().await.unwrap();
        for id in ["", "-a", "A", "a b", "ä", "a_b", "../x", &"a".repeat(41)] {
            let refused = store.create_group(id, "Group", "organisation", None).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{id}: {refused:?}");
        }
        for name in ["", "  ", "a\nb", &"a".repeat(101)] {
            let refused = store.create_group("good", name, "organisation", None).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{name}: {refused:?}");
        }
        let taken = store.create_group("default", "Group", "organisation", None).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
        let lost = store.create_group("good", "Group", "none", None).await;
        assert!(matches!(lost, Err(StoreError::Missing(_))), "{lost:?}");
    }

    async fn a_group_that_clients_may_use_cannot_be_removed(store: Store) {
        store.first_start().await.unwrap();
        store.create_group("old", "Old", "organisation", None).await.unwrap();
        store.create_group("older", "Older", "old", None).await.unwrap();
        let (made, _) = store.create_token(&token("older"), None).await.unwrap();
        for (id, why) in [("organisation", "organisation"), ("old", "older"), ("older", "token")] {
            match store.remove_group(id, None).await {
                Err(StoreError::Conflict(message)) => assert!(message.contains(why), "{message}"),
                other => panic!("{id}: {other:?}"),
            }
        }
        store.revoke_token(&made.id, None).await.unwrap();
        store.remove_group("older", None).await.unwrap();
        store.remove_group("old", None).await.unwrap();
        assert!(matches!(store.group("old").await, Err(StoreError::Missing(_))));
        assert!(!store.tokens().await.unwrap().iter().any(|it| it.id == made.id));
    }
}
