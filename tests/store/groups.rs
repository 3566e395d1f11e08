//! Groups, tokens and the policies that they inherit.

use crate::fixture::on_both_databases;

on_both_databases! {
    async fn a_first_start_makes_one_group_with_one_token(store: Store) {
        let secret = store.first_start().await.unwrap().expect("the database is empty");
        assert!(store.first_start().await.unwrap().is_none());
        let tokens = store.tokens().await.unwrap();
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].hash, secret.hash());
        assert_eq!(tokens[0].group, "default");
    }
}
