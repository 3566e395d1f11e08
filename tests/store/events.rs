//! Events: stored once, counted once, found again.

use milguard::Severity;
use milguard::store::{
    Action, CountFilter, CountKey, DomainFilter, Event, EventCursor, EventFilter, Host, Span,
};

use crate::store::fixture::{event, on_both_databases};

on_both_databases! {
    async fn stored_events_are_found_unchanged(store: Store) {
        let mut one = event();
        one.address = Some("bob'); DROP TABLE events; --@army.ml".to_owned());
        one.justification = Some("\u{1f4a5} \"quoted\" \\ \n <b>".to_owned());
        one.reasons = vec!["suffix-typo".to_owned(), "sibling-mismatch".to_owned()];
        let mut bare = event();
        bare.time = one.time - 1;
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
        let seen = store.seen_domains(&DomainFilter::default(), 0, 5).await.unwrap().domains;
        assert_eq!((&*seen[0].domain, seen[0].n), ("army.ml", 1));
    }

    async fn pages_hold_each_event_once_even_if_others_arrive_meanwhile(store: Store) {
        let time = 1_700_000_000_000;
        // Many events have the same time, so only the id distinguishes them.
        let events: Vec<_> = (0..95).map(|n| Event { time: time + n / 10, ..event() }).collect();
        store.insert_events(&events).await.unwrap();
        let mut found = Vec::new();
        let mut cursor: Option<EventCursor> = None;
        loop {
            let page = store.events(&EventFilter::default(), cursor.as_ref(), 10).await.unwrap();
            found.extend(page.events.iter().map(|event| (event.time, event.id.clone())));
            let Some(next) = page.next else { break };
            // The cursor goes through the form that it has in a page's address.
            cursor = Some(next.to_string().parse().unwrap());
            store.insert_events(&[Event { time: time + 1_000, ..event() }]).await.unwrap();
        }
        let mut expected: Vec<_> = events.iter().map(|event| (event.time, event.id.clone())).collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, expected);
        for wrong in ["", "1", "x_1", "1_x'", "1_"] {
            assert!(wrong.parse::<EventCursor>().is_err(), "{wrong}");
        }
    }

    async fn every_filter_finds_exactly_the_events_that_match(store: Store) {
        let mut one = event();
        one.time = 1_000;
        one.group_id = "navy".into();
        one.host = Host::Outlook;
        one.action = Action::SentAnyway;
        one.severity = Severity::Block;
        one.reasons = vec!["denied-by-policy".to_owned()];
        one.domain = Some("navy.ml".to_owned());
        one.address = Some("ann@navy.ml".to_owned());
        store.insert_events(&[event(), one.clone(), event()]).await.unwrap();
        let none = EventFilter::default();
        let text = |text: &str| Some(text.to_owned());
        for filter in [
            EventFilter { to: Some(1_001), ..none.clone() },
            EventFilter { from: Some(1_000), to: Some(1_001), ..none.clone() },
            EventFilter { group: text("navy"), ..none.clone() },
            EventFilter { host: Some(Host::Outlook), ..none.clone() },
            EventFilter { actions: vec![Action::SentAnyway, Action::Audited], ..none.clone() },
            EventFilter { severity: Some(Severity::Block), ..none.clone() },
            EventFilter { reason: text("denied-by-policy"), ..none.clone() },
            EventFilter { domain: text("navy.ml"), ..none.clone() },
            EventFilter { address: text("ann@navy.ml"), ..none.clone() },
            EventFilter { message: Some(one.message.clone()), ..none.clone() },
        ] {
            let found = store.events(&filter, None, 10).await.unwrap().events;
            let ids: Vec<_> = found.iter().map(|event| &event.id).collect();
            assert_eq!(ids, [&one.id], "{filter:?}");
        }
        for filter in [
            EventFilter { from: Some(1_001), to: Some(1_002), ..none.clone() },
            EventFilter { to: Some(1_000), ..none.clone() },
            EventFilter { reason: text("denied"), ..none.clone() },
            EventFilter { reason: text("%"), ..none.clone() },
            EventFilter { domain: text("navy.m_"), ..none.clone() },
            EventFilter { group: text("' OR 1=1 --"), ..none.clone() },
        ] {
            assert_eq!(store.events(&filter, None, 10).await.unwrap().events, [], "{filter:?}");
        }
        assert_eq!(store.events(&none, None, 10).await.unwrap().events.len(), 3);
    }
}
