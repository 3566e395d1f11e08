//! Searching: by a part of an address or a domain, in groups with those below, in either order, with the number of hits.

use milguard::Severity;
use milguard::store::{
    Action, AuditEntry, DEFAULT_GROUP, Database, Direction, DomainFilter, DomainOrder, Event,
    EventFilter, EventOrder, Hits, ORGANISATION, Retention, Store, now,
};
use sqlx::{AnyConnection, Connection};

use crate::store::fixture::{event, on_both_databases, postgres_database};

const DAY: i64 = 86_400_000;

fn to(address: &str) -> Event {
    let (_, domain) = address.rsplit_once('@').unwrap();
    Event { domain: Some(domain.to_owned()), address: Some(address.to_owned()), ..event() }
}

fn part(text: &str) -> EventFilter {
    EventFilter { part: Some(text.to_owned()), ..EventFilter::default() }
}

async fn found(store: &Store, filter: &EventFilter) -> Vec<String> {
    let mut found: Vec<String> = store
        .events(filter, None, 1_000)
        .await
        .unwrap()
        .events
        .into_iter()
        .map(|event| event.address.or(event.domain).unwrap_or_default())
        .collect();
    found.sort_unstable();
    // With one event on the page, the store has to count the others. It doesn't if hundreds of recipients match.
    let (_, hits) = store.find_events(filter, None, 1).await.unwrap();
    match hits {
        Hits::Exactly(n) => assert_eq!(n, i64::try_from(found.len()).unwrap(), "{filter:?}"),
        Hits::MoreThan(n) => assert!(n == 1 && found.len() > 200, "{filter:?}"),
    }
    if let Some(kept) = store.count_kept(filter).await.unwrap() {
        assert_eq!(kept, i64::try_from(found.len()).unwrap(), "{filter:?}");
    }
    found
}

on_both_databases! {
    async fn a_part_of_an_address_or_domain_finds_its_events(store: Store) {
        let nameless = Event { domain: None, ..event() };
        let unnamed = Event { domain: Some("army.ml".to_owned()), ..event() };
        store
            .insert_events(&[
                to("Bob.Smith@army.ml"),
                to("smith_50%@navy.ml"),
                to("ann@blacksmith.example"),
                to("ann@navy.ml"),
                unnamed,
                nameless,
            ])
            .await
            .unwrap();
        for (text, hits) in [
            ("smith", vec!["Bob.Smith@army.ml", "ann@blacksmith.example", "smith_50%@navy.ml"]),
            ("SMITH@", vec!["Bob.Smith@army.ml"]),
            ("army", vec!["Bob.Smith@army.ml", "army.ml"]),
            ("@army.ml", vec!["Bob.Smith@army.ml", "army.ml"]),
            ("@rmy", vec![]),
            ("bob.smith@army.ml", vec!["Bob.Smith@army.ml"]),
            (".ml", vec!["Bob.Smith@army.ml", "ann@navy.ml", "army.ml", "smith_50%@navy.ml"]),
            ("50%", vec!["smith_50%@navy.ml"]),
            ("%", vec!["smith_50%@navy.ml"]),
            ("h_5", vec!["smith_50%@navy.ml"]),
            ("b_b", vec![]),
            ("' OR 1=1 --", vec![]),
            ("\\", vec![]),
        ] {
            assert_eq!(found(&store, &part(text)).await, hits, "{text}");
        }
        let both = EventFilter { actions: vec![Action::SentAnyway], ..part("smith") };
        assert_eq!(found(&store, &both).await, Vec::<String>::new());
        let exact = EventFilter { domain: Some("navy.ml".to_owned()), ..part("smith") };
        assert_eq!(found(&store, &exact).await, ["smith_50%@navy.ml"]);
    }

    async fn a_part_that_many_recipients_have_finds_all_of_them(store: Store) {
        let events: Vec<Event> =
            (0..260).map(|n| Event { time: 1_000 + n, ..to(&format!("bob{n}@unit{n}.ml")) }).collect();
        store.insert_events(&events).await.unwrap();
        assert_eq!(found(&store, &part("unit")).await.len(), 260);
        assert_eq!(found(&store, &part("bob")).await.len(), 260);
        assert_eq!(found(&store, &part("unit25")).await.len(), 11);
        let page = store.events(&part("unit"), None, 50).await.unwrap();
        assert_eq!(page.events[0].time, 1_259);
        let next = store.events(&part("unit"), page.next.as_ref(), 50).await.unwrap();
        assert_eq!(next.events[0].time, 1_209);
    }

    async fn no_more_than_a_thousand_events_are_counted_one_by_one(store: Store) {
        let events: Vec<Event> = (0..1_002).map(|_| to("bob@army.ml")).collect();
        store.insert_events(&events).await.unwrap();
        let filter = part("bob@");
        assert_eq!(store.count_kept(&filter).await.unwrap(), None);
        let (_, hits) = store.find_events(&filter, None, 1).await.unwrap();
        assert_eq!(hits, Hits::MoreThan(1_000));
        assert_eq!(store.count_kept(&part("army")).await.unwrap(), Some(1_002));
    }

    async fn the_number_of_events_comes_from_counts_where_they_can_tell(store: Store) {
        let today = now() - now().rem_euclid(DAY);
        let at = |time, action| Event { time, action, ..event() };
        store
            .insert_events(&[
                at(today - 2 * DAY + 5, Action::Fixed),
                at(today - DAY, Action::Removed),
                at(today - DAY + 3_600_000, Action::Fixed),
            ])
            .await
            .unwrap();
        let all = EventFilter::default();
        let corrected = EventFilter { actions: vec![Action::Fixed, Action::Removed], ..all.clone() };
        let days = EventFilter { from: Some(today - DAY), to: Some(today), ..all.clone() };
        let hour = EventFilter { from: Some(today - DAY), to: Some(today - DAY + 3_600_000), ..all.clone() };
        for (filter, n) in [
            (&all, 3),
            (&corrected, 3),
            (&days, 2),
            (&hour, 1),
            (&EventFilter { reason: Some("suffix-typo".to_owned()), ..days.clone() }, 2),
            (&EventFilter { reason: Some("confusable".to_owned()), ..all.clone() }, 0),
            (&EventFilter { domain: Some("army.ml".to_owned()), ..days.clone() }, 2),
            (&EventFilter { actions: vec![Action::Removed], ..all.clone() }, 1),
        ] {
            assert_eq!(store.count_kept(filter).await.unwrap(), Some(n), "{filter:?}");
            assert_eq!(found(&store, filter).await.len(), usize::try_from(n).unwrap());
        }
        // The stored counts cannot answer these filters: a period that ends at a minute, a reason
        // by the hour, an address.
        for filter in [
            EventFilter { to: Some(today - DAY + 60_000), ..days.clone() },
            EventFilter { reason: Some("suffix-typo".to_owned()), ..hour },
            EventFilter { address: Some("bob@army.ml".to_owned()), ..all },
        ] {
            assert_eq!(store.count_kept(&filter).await.unwrap(), None, "{filter:?}");
        }
    }

    async fn rare_events_are_found_page_by_page_on_whatever_day(store: Store) {
        let today = now() - now().rem_euclid(DAY);
        // Each day has three warnings. 1, 2, 7 and 9 days ago also have two notices each, one of
        // them with a rare reason.
        let mut events = Vec::new();
        for day in 1..12 {
            let at = |hour: i64| Event { time: today - day * DAY + hour * 3_600_000, ..event() };
            events.extend((0..3).map(at));
            if [1, 2, 7, 9].contains(&day) {
                let notice = |hour| Event { severity: Severity::Notice, ..at(hour) };
                events.push(notice(5));
                events.push(Event { reasons: vec!["of-a-later-release".to_owned()], ..notice(6) });
            }
        }
        store.insert_events(&events).await.unwrap();
        let notices = EventFilter { severity: Some(Severity::Notice), ..EventFilter::default() };
        let later = EventFilter { reason: Some("of-a-later-release".to_owned()), ..notices.clone() };
        let some = EventFilter {
            from: Some(today - 8 * DAY),
            to: Some(today - DAY + 5 * 3_600_000),
            ..notices.clone()
        };
        for (filter, n) in [(notices, 8), (later, 4), (some, 4)] {
            for order in [EventOrder::NewestFirst, EventOrder::OldestFirst] {
                let filter = EventFilter { order, ..filter.clone() };
                for limit in [1, 3, 100] {
                    let (mut times, mut cursor) = (Vec::new(), None);
                    loop {
                        let (page, hits) =
                            store.find_events(&filter, cursor.as_ref(), limit).await.unwrap();
                        times.extend(page.events.iter().map(|event| event.time));
                        if times.len() == n || page.next.is_none() {
                            assert!(matches!(hits, Hits::Exactly(hits) if hits == i64::try_from(n).unwrap()));
                            assert_eq!(page.next, None);
                            break;
                        }
                        cursor = page.next;
                    }
                    let is_ordered = match order {
                        EventOrder::NewestFirst => times.is_sorted_by(|a, b| a > b),
                        EventOrder::OldestFirst => times.is_sorted(),
                    };
                    assert!(is_ordered && times.len() == n, "{filter:?} {limit}: {times:?}");
                }
            }
        }
    }

    async fn events_older_than_those_that_are_kept_are_not_counted(store: Store) {
        let now = now();
        let at = |days: i64| Event { time: now - days * DAY, ..event() };
        store.insert_events(&[at(40), at(20), at(1)]).await.unwrap();
        let retention = Retention { event_days: Some(30), count_days: None };
        store.prune(&retention, now).await.unwrap();
        assert_eq!(store.count_kept(&EventFilter::default()).await.unwrap(), Some(2));
    }

    async fn events_that_outlive_their_counts_are_found(store: Store) {
        let now = now();
        let at = |days: i64| Event { time: now - days * DAY, ..event() };
        store.insert_events(&[at(40), at(20), at(1)]).await.unwrap();
        let retention = Retention { event_days: None, count_days: Some(30) };
        store.prune(&retention, now).await.unwrap();
        for order in [EventOrder::NewestFirst, EventOrder::OldestFirst] {
            let filter = EventFilter { severity: Some(Severity::Warn), order, ..EventFilter::default() };
            assert_eq!(store.events(&filter, None, 10).await.unwrap().events.len(), 3, "{order:?}");
        }
    }

    async fn a_group_includes_the_events_of_the_groups_below_it(store: Store) {
        store.first_start().await.unwrap();
        for (id, parent) in [("navy", ORGANISATION), ("fleet", "navy"), ("ship", "fleet")] {
            store.create_group(id, id, parent, None).await.unwrap();
        }
        let events: Vec<Event> = [DEFAULT_GROUP, "navy", "fleet", "ship", "removed"]
            .into_iter()
            .map(|group| Event { group_id: group.into(), ..event() })
            .collect();
        store.insert_events(&events).await.unwrap();
        for (group, n) in [
            (ORGANISATION, 5),
            (DEFAULT_GROUP, 1),
            ("navy", 3),
            ("fleet", 2),
            ("ship", 1),
            ("removed", 1),
            ("nothing", 0),
        ] {
            let filter = EventFilter { group: Some(group.to_owned()), ..EventFilter::default() };
            assert_eq!(found(&store, &filter).await.len(), n, "{group}");
            let domains = DomainFilter { group: Some(group.to_owned()), ..DomainFilter::default() };
            let page = store.seen_domains(&domains, 0, 10).await.unwrap();
            let flagged: i64 = page.domains.iter().map(|domain| domain.n).sum();
            assert_eq!(flagged, i64::try_from(n).unwrap(), "{group}");
        }
    }

    async fn events_can_be_listed_with_the_oldest_first(store: Store) {
        let events: Vec<Event> = (0..25).map(|n| Event { time: 1_000 + n / 3, ..event() }).collect();
        store.insert_events(&events).await.unwrap();
        let filter = EventFilter { order: EventOrder::OldestFirst, ..EventFilter::default() };
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = store.events(&filter, cursor.as_ref(), 10).await.unwrap();
            found.extend(page.events.iter().map(|event| (event.time, event.id.clone())));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut expected: Vec<_> = events.iter().map(|event| (event.time, event.id.clone())).collect();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    async fn domains_are_sorted_by_each_column_and_found_by_a_part(store: Store) {
        let at = |time, domain: &str, action| {
            Event { time, domain: Some(domain.to_owned()), action, ..event() }
        };
        store
            .insert_events(&[
                at(DAY, "b.ml", Action::SentAnyway),
                at(2 * DAY, "c.ml", Action::Fixed),
                at(4 * DAY, "b.ml", Action::SentAnyway),
                at(3 * DAY, "a.mil.example", Action::Fixed),
                at(3 * DAY, "a.mil.example", Action::Audited),
                at(3 * DAY, "a.mil.example", Action::Fixed),
            ])
            .await
            .unwrap();
        let evidence = milguard::store::Evidence {
            domain: "c.ml".to_owned(),
            exists: true,
            accepts_mail: true,
            detail: "{}".to_owned(),
            checked: 1,
            expires: 2,
        };
        store.put_evidence(&evidence).await.unwrap();
        let (a, b, c) = ("a.mil.example", "b.ml", "c.ml");
        for (order, names) in [
            (DomainOrder::Domain, [c, b, a]),
            (DomainOrder::FirstSeen, [a, c, b]),
            (DomainOrder::LastDay, [b, a, c]),
            (DomainOrder::Flagged, [a, b, c]),
            (DomainOrder::Sent, [b, a, c]),
            (DomainOrder::Dns, [c, a, b]),
        ] {
            for direction in [Direction::Descending, Direction::Ascending] {
                let filter = DomainFilter { order, direction, ..DomainFilter::default() };
                let page = store.seen_domains(&filter, 0, 10).await.unwrap();
                let found: Vec<_> = page.domains.iter().map(|domain| &*domain.domain).collect();
                let mut names = names.to_vec();
                if direction == Direction::Ascending {
                    names.reverse();
                    if order == DomainOrder::Dns {
                        names = vec![a, b, c];
                    }
                }
                assert_eq!((found, page.total), (names, 3), "{order:?} {direction:?}");
                let second = store.seen_domains(&filter, 1, 1).await.unwrap();
                assert_eq!((&second.domains[..], second.total), (&page.domains[1..2], 3));
            }
        }
        let named = |part: &str| DomainFilter { part: Some(part.to_owned()), ..DomainFilter::default() };
        for (part, n) in [("ML", 2), ("mil", 1), ("b.m", 1), ("_", 0), ("@c.ml", 1)] {
            assert_eq!(store.seen_domains(&named(part), 0, 10).await.unwrap().total, n, "{part}");
            let sorted = DomainFilter { order: DomainOrder::Flagged, ..named(part) };
            assert_eq!(store.seen_domains(&sorted, 0, 10).await.unwrap().total, n, "{part}");
        }
        let days = DomainFilter { from: Some(3 * DAY), to: Some(4 * DAY), ..DomainFilter::default() };
        let page = store.seen_domains(&days, 0, 10).await.unwrap();
        assert_eq!((&*page.domains[0].domain, page.domains[0].n, page.total), (a, 3, 1));
    }
}

/// The addresses that a search reads from a table beside the events.
async fn addresses(database: &Database) -> Vec<String> {
    let url = match database {
        Database::Sqlite(path) => format!("sqlite://{}", path.display()),
        Database::Postgres(url) => url.clone(),
    };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    let query = sqlx::query_scalar("SELECT address FROM addresses_seen ORDER BY address");
    let found = query.fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found
}

fn no_address_outlives_its_events(database: &Database) {
    const CLIENT: &str = "11111111-2222-4333-8444-555555555555";
    let entry =
        |action| AuditEntry { at: 1, actor: "ann", address: "", action, target: "", detail: "" };
    let now = now();
    let old = |address: &str, days: i64| Event { time: now - days * DAY, ..to(address) };
    let own = |address: &str| Event { client: Some(CLIENT.into()), ..to(address) };
    let events = [
        to("Bob@army.ml"),
        old("bob@army.ml", 2),
        old("lee@army.ml", 40),
        old("max@army.ml", 40),
        old("max@army.ml", 2),
        own("kim@army.ml"),
        own("max@army.ml"),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.enable_all().build().unwrap().block_on(async {
        let store = Store::connect(database).await.unwrap();
        store.insert_events(&events).await.unwrap();
        let all = ["Bob@army.ml", "bob@army.ml", "kim@army.ml", "lee@army.ml", "max@army.ml"];
        assert_eq!(addresses(database).await, all);
        store.erase_address("BOB@army.ml", &entry("events-erased")).await.unwrap();
        assert_eq!(addresses(database).await, all[2..]);
        let retention = Retention { event_days: Some(30), count_days: None };
        store.prune(&retention, now).await.unwrap();
        assert_eq!(addresses(database).await, ["kim@army.ml", "max@army.ml"]);
        store.remove_client_events(CLIENT, &entry("client-events-removed")).await.unwrap();
        assert_eq!(addresses(database).await, ["max@army.ml"]);
        assert_eq!(store.events(&part("bob@"), None, 10).await.unwrap().events, []);
        store.insert_events(&[to("bob@army.ml")]).await.unwrap();
        assert_eq!(store.events(&part("bob@"), None, 10).await.unwrap().events.len(), 1);
        store.close().await;
    });
}

#[test]
fn no_address_outlives_its_events_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    no_address_outlives_its_events(&Database::Sqlite(folder.path().join("test.db")));
}

#[test]
fn no_address_outlives_its_events_on_postgres() {
    no_address_outlives_its_events(&Database::Postgres(postgres_database()));
}
