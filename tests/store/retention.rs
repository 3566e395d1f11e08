//! Retention deletes expired data, and nothing else.

use milguard::store::{
    CountFilter, CountKey, DomainFilter, Event, EventFilter, Evidence, Retention, now,
};

use crate::store::fixture::{event, on_both_databases};

const DAY: i64 = 86_400_000;

on_both_databases! {
    async fn only_expired_data_is_deleted(store: Store) {
        let now = now();
        let at = |days: i64, domain: &str| Event {
            time: now - days * DAY,
            domain: Some(domain.to_owned()),
            ..event()
        };
        // More expired events than one batch deletes.
        let mut events: Vec<_> = (0..1_500).map(|_| at(31, "old.ml")).collect();
        events.extend((0..20).map(|_| at(29, "new.ml")));
        events.push(at(400, "ancient.ml"));
        store.insert_events(&events).await.unwrap();
        let retention = Retention { event_days: Some(30), count_days: Some(365) };
        let pruned = store.prune(&retention, now).await.unwrap();
        assert_eq!(pruned.events, 1_501);
        let left = store.events(&EventFilter::default(), None, 1_000).await.unwrap().events;
        assert_eq!(left.len(), 20);
        let all = CountFilter { to: i64::MAX, ..CountFilter::default() };
        let counted = store.count_by(&all, CountKey::Group).await.unwrap();
        assert_eq!(counted, [("default".to_owned(), 1_520)], "counts stay longer than events");
        let domains = store.seen_domains(&DomainFilter::default(), 0, 10).await.unwrap().domains;
        let domains: Vec<_> = domains.iter().map(|it| (&*it.domain, it.n)).collect();
        assert_eq!(domains, [("new.ml", 20), ("old.ml", 1_500)]);
        assert_eq!(store.prune(&retention, now).await.unwrap().events, 0);
    }

    async fn without_a_limit_nothing_is_deleted(store: Store) {
        let ancient = Event { time: 1_000, ..event() };
        store.insert_events(&[ancient]).await.unwrap();
        let retention = Retention { event_days: None, count_days: None };
        assert_eq!(store.prune(&retention, now()).await.unwrap().events, 0);
        assert_eq!(retention.keeps_events_from(now()), i64::MIN);
        let all = CountFilter { to: i64::MAX, ..CountFilter::default() };
        assert_eq!(store.count_by(&all, CountKey::Group).await.unwrap().len(), 1);
    }

    async fn evidence_is_kept_until_it_expires(store: Store) {
        let mut evidence = Evidence {
            domain: "army.ml".to_owned(),
            exists: true,
            accepts_mail: false,
            detail: "{}".to_owned(),
            checked: 1_000,
            expires: 2_000,
        };
        store.put_evidence(&evidence).await.unwrap();
        assert_eq!(store.evidence("army.ml", 1_999).await.unwrap(), Some(evidence.clone()));
        assert_eq!(store.evidence("army.ml", 2_000).await.unwrap(), None);
        evidence.accepts_mail = true;
        evidence.expires = 3_000;
        store.put_evidence(&evidence).await.unwrap();
        assert_eq!(store.evidence("army.ml", 2_000).await.unwrap(), Some(evidence.clone()));
        store.insert_events(&[event()]).await.unwrap();
        let seen = store.seen_domain("army.ml").await.unwrap();
        assert_eq!(seen.evidence, Some(evidence), "the list of domains shows it even then");
        assert!(store.seen_domain("navy.ml").await.is_err());
    }
}
