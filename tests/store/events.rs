//! Events: stored once, counted once, found again.

use milguard::store::{CountFilter, CountKey, EventFilter, Span};

use crate::fixture::{event, on_both_databases};

on_both_databases! {
    async fn what_is_stored_is_found_as_it_was(store: Store) {
        let mut one = event();
        one.address = Some("bob'); DROP TABLE events; --@army.ml".to_owned());
        one.justification = Some("\u{1f4a5} \"quoted\" \\ \n <b>".to_owned());
        one.reasons = vec!["suffix-typo".to_owned(), "sibling-mismatch".to_owned()];
        let mut bare = event();
        bare.time -= 1;
        bare.domain = None;
        bare.reasons = Vec::new();
        assert_eq!(store.insert_events(&[bare.clone(), one.clone()]).await.unwrap(), [true, true]);
        let page = store.events(&EventFilter::default(), None, 10).await.unwrap();
        assert_eq!(page.next, None);
        let [first, second] = &page.events[..] else { panic!("{page:?}") };
        assert_eq!((&first.id, &first.address), (&one.id, &one.address));
        assert_eq!((&first.justification, &first.reasons), (&one.justification, &one.reasons));
        assert_eq!((&second.id, &second.domain, &second.reasons), (&bare.id, &None, &Vec::new()));
        assert_eq!(store.event(&one.id).await.unwrap(), *first);
        let counts = store
            .counts_over_time(&CountFilter { to: i64::MAX, ..CountFilter::default() }, Span::Day)
            .await
            .unwrap();
        assert_eq!(counts.iter().map(|count| count.n).sum::<i64>(), 2);
        let filter = CountFilter { to: i64::MAX, ..CountFilter::default() };
        let reasons = store.count_by(&filter, CountKey::Reason).await.unwrap();
        assert_eq!(reasons, [("sibling-mismatch".to_owned(), 1), ("suffix-typo".to_owned(), 1)]);
        let domains = store.top_domains(&filter, 5).await.unwrap();
        assert_eq!((&*domains[0].domain, domains[0].n), ("army.ml", 1));
        let seen = store.seen_domains(None, 5).await.unwrap();
        assert_eq!((&*seen[0].domain, seen[0].n), ("army.ml", 1));
    }
}
