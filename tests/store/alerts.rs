//! Which alerts were sent to whom, and which are repeated.

use std::collections::BTreeSet;

use milguard::store::{
    Candidate, Event, FLOOD, NewAlert, Recipient, Retention, Store, Telling, now,
};

use super::fixture::{event, on_both_databases};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn somebody(address: &str) -> Recipient {
    Recipient { destination: "soc".to_owned(), address: address.to_owned() }
}

fn alert(about: &str, at: i64, telling: Telling) -> NewAlert {
    NewAlert {
        kind: "burst",
        about: about.to_owned(),
        at,
        telling,
        document: "{}".to_owned(),
        recipients: vec![somebody("a@example.mil"), somebody("b@example.mil")],
        flood: None,
    }
}

async fn tell(store: &Store, about: &str, at: i64, telling: Telling) -> bool {
    store.tell(&[alert(about, at, telling)]).await.unwrap() == 1
}

on_both_databases! {
    async fn an_alert_is_sent_once_or_repeated_after_a_while(store: Store) {
        let never = Telling::Happened(None);
        assert!(tell(&store, "x", 0, never).await);
        assert!(!tell(&store, "x", 900 * DAY, never).await);
        assert!(tell(&store, "y", 0, never).await, "an alert about something else");
        let daily = Telling::Happened(Some(DAY));
        assert!(tell(&store, "z", 0, daily).await);
        assert!(!tell(&store, "z", DAY - 1, daily).await);
        assert!(tell(&store, "z", DAY, daily).await);
        assert!(!tell(&store, "z", DAY + 1, daily).await);
        assert!(store.was_told("burst", "z").await.unwrap());
        assert!(!store.was_told("disk", "z").await.unwrap());
    }

    async fn alerts_about_a_condition_come_when_it_begins_lasts_and_ends(store: Store) {
        let lasts = Telling::Lasts(DAY);
        assert!(!tell(&store, "x", 0, Telling::Over).await, "no alert has begun");
        assert!(tell(&store, "x", 1, lasts).await);
        assert!(!tell(&store, "x", 2, lasts).await);
        assert!(tell(&store, "x", DAY + 1, lasts).await);
        let open = store.alerts(9).await.unwrap();
        assert_eq!(open.iter().filter(|row| row.alert.over_at.is_none()).count(), 1);
        assert!(tell(&store, "x", DAY + 2, Telling::Over).await);
        assert!(!tell(&store, "x", DAY + 3, Telling::Over).await);
        assert!(tell(&store, "x", DAY + 4, lasts).await, "the condition begins again");
        assert_eq!(store.alerts(9).await.unwrap().len(), 4);
    }

    async fn two_servers_that_notice_one_condition_store_one_alert(store: Store) {
        let all = [alert("x", 5, Telling::Happened(None))];
        let (one, two) = tokio::join!(store.tell(&all), store.tell(&all));
        // PostgreSQL may also refuse the later of the two with an error.
        assert_eq!(one.unwrap_or(0) + two.unwrap_or(0), 1);
        assert_eq!(store.untold(&somebody("a@example.mil"), 9).await.unwrap().len(), 1);
    }

    async fn the_store_remembers_the_state_of_each_recipient(store: Store) {
        let watch = store.alert_watch(0).await.unwrap();
        assert!(store.claim_alerts(&watch, "me").await.unwrap());
        tell(&store, "x", 1, Telling::Happened(None)).await;
        tell(&store, "y", 2, Telling::Happened(None)).await;
        let (a, b) = (somebody("a@example.mil"), somebody("b@example.mil"));
        let waiting = store.untold(&a, 9).await.unwrap();
        let ids: Vec<&str> = waiting.iter().map(|row| &*row.id).collect();
        assert_eq!(ids, ["burst/x/1", "burst/y/1"]);
        assert!(!store.attempt_alert((ids[0], &a), "other").await.unwrap(), "another server has the lease");
        assert!(store.attempt_alert((ids[0], &a), "me").await.unwrap());
        store.told_alert((ids[0], &a), 7).await.unwrap();
        assert!(!store.attempt_alert((ids[0], &a), "me").await.unwrap(), "the recipient already has this alert");
        store.fail_alert((ids[0], &b), "refused", 8).await.unwrap();
        assert_eq!(store.untold(&a, 9).await.unwrap().len(), 1);
        assert_eq!(store.untold(&b, 9).await.unwrap().len(), 2);
        let rows = store.recipients().await.unwrap();
        assert_eq!((rows[0].waiting, rows[0].delivered, rows[0].delivered_at), (1, 1, Some(7)));
        assert_eq!((rows[0].oldest, rows[0].error.clone()), (Some(2), None));
        assert_eq!((rows[1].waiting, rows[1].error.clone()), (2, Some(("refused".to_owned(), 8))));
        let told = store.alerts(9).await.unwrap();
        assert_eq!((told[1].recipients, told[1].delivered), (2, 1));
    }

    async fn one_alert_replaces_a_flood_of_alerts(store: Store) {
        for index in 0..12 {
            let one = NewAlert {
                flood: Some("{}".to_owned()),
                ..alert(&index.to_string(), index, Telling::Happened(None))
            };
            assert_eq!(store.tell(&[one]).await.unwrap(), 1);
        }
        let waiting = store.untold(&somebody("a@example.mil"), 99).await.unwrap();
        assert_eq!(waiting.len(), 11);
        assert_eq!(waiting.iter().filter(|row| row.kind == FLOOD).count(), 1);
        assert_eq!(store.alerts(99).await.unwrap().len(), 13);
    }

    async fn a_look_finds_the_events_committed_since_the_previous_look(store: Store) {
        store.insert_events(&[event()]).await.unwrap();
        let watch = store.alert_watch(0).await.unwrap();
        assert!(store.look_for_alerts(&watch, 0).await.unwrap().is_none(), "the event was stored before");
        let marked = Event {
            action: milguard::store::Action::SentAnyway,
            raised_by: vec!["marking".to_owned()],
            ..event()
        };
        let demo = Event { group_id: "demo-data-x".into(), domain: Some("navy.ml".to_owned()), ..marked.clone() };
        let demo = Event { id: uuid::Uuid::new_v4().to_string(), ..demo };
        store.insert_events(&[marked.clone(), demo, event()]).await.unwrap();
        let look = store.look_for_alerts(&watch, 0).await.unwrap().unwrap();
        let domains: Vec<&str> = look.domains.iter().map(|(domain, ..)| &**domain).collect();
        assert_eq!(domains, ["army.ml"], "made-up events are passed over");
        assert_eq!(look.marked.iter().map(|event| &event.id).collect::<Vec<_>>(), [&marked.id]);
        assert_eq!(look.marked[0].raised_by, ["marking"]);
        assert_eq!(look.first.len(), 2, "events of a domain that is new since the previous look");
        let old = store.look_for_alerts(&watch, now() + DAY).await.unwrap().unwrap();
        assert!(old.domains.is_empty() && old.end == look.end, "too old for an alert");
        // A server that has lost the lease writes nothing.
        let candidate = Candidate { domain: "army.ml".to_owned(), event: marked.id.clone(), at: 1 };
        let found = [alert("x", 1, Telling::Happened(None))];
        assert!(!store.end_look(("me", look.end), &found, std::slice::from_ref(&candidate)).await.unwrap());
        assert!(store.alerts(9).await.unwrap().is_empty());
        assert!(store.claim_alerts(&watch, "me").await.unwrap());
        assert!(!store.claim_alerts(&watch, "other").await.unwrap(), "another server was faster");
        assert!(store.end_look(("me", look.end), &found, std::slice::from_ref(&candidate)).await.unwrap());
        let watch = store.alert_watch(0).await.unwrap();
        assert!(store.look_for_alerts(&watch, 0).await.unwrap().is_none());
        assert_eq!(store.candidates(9).await.unwrap(), [candidate]);
        store.end_candidate("army.ml", Some(&alert("y", 2, Telling::Happened(None)))).await.unwrap();
        assert!(store.candidates(9).await.unwrap().is_empty());
        let about: BTreeSet<String> = store.alerts(9).await.unwrap().into_iter().map(|row| row.alert.id).collect();
        assert_eq!(about, BTreeSet::from(["burst/x/1".to_owned(), "burst/y/1".to_owned()]));
        assert!(store.renew_alerts("me").await.unwrap() && !store.renew_alerts("other").await.unwrap());
        assert!(store.release_alerts("me").await.unwrap());
    }

    async fn events_stay_until_alerts_have_seen_them_and_old_alerts_are_deleted(store: Store) {
        let watch = store.alert_watch(0).await.unwrap();
        store.insert_events(&[event()]).await.unwrap();
        store.prune(&Retention::default(), now()).await.unwrap();
        assert!(store.look_for_alerts(&watch, 0).await.unwrap().is_some(), "no alert has seen the event yet");
        tell(&store, "old", now() - 2_000 * DAY, Telling::Happened(None)).await;
        tell(&store, "new", now(), Telling::Happened(None)).await;
        store.prune(&Retention::default(), now()).await.unwrap();
        let left: Vec<String> = store.alerts(9).await.unwrap().into_iter().map(|row| row.alert.id).collect();
        assert_eq!(left, ["burst/new/1"]);
    }
}
