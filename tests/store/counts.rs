//! The stored counts equal a count of all events from scratch.

use std::collections::{BTreeMap, BTreeSet};

use milguard::Severity;
use milguard::store::{Action, CountFilter, CountKey, Database, Event, Host, Span, Store};
use proptest::prelude::*;

use crate::store::fixture::{event, on_both_databases, postgres_database};

const DAY: i64 = 86_400_000;
const BASE: i64 = 1_700_006_400_000;

/// Few values of each kind, so that events share counts; one of the ids appears twice.
fn any_event() -> impl Strategy<Value = Event> {
    let place = (0..40u32, 0..5 * DAY, 0..3usize, 0..2usize);
    let kind = (0..7usize, 0..4usize, proptest::collection::vec(0..4usize, 0..3), 0..5usize);
    (place, kind).prop_map(|((id, offset, group, host), (action, severity, reasons, domain))| {
        let reasons: BTreeSet<_> = reasons.into_iter().collect();
        let reasons = reasons.into_iter().map(|it| {
            ["suffix-typo", "confusable", "from-a-later-release", "also-from-later"][it].to_owned()
        });
        let domains = [None, Some("army.ml"), Some("navy.ml"), Some("us.army.ml"), Some("af.ml")];
        Event {
            id: format!("00000000-0000-4000-8000-{id:012}"),
            time: BASE + offset,
            group_id: ["default", "navy", "army"][group].into(),
            host: Host::ALL[host],
            action: Action::ALL[action],
            severity: Severity::ALL[severity],
            reasons: reasons.collect(),
            domain: domains[domain].map(str::to_owned),
            ..event()
        }
    })
}

#[derive(Debug, Default, Eq, PartialEq)]
struct Counted {
    over_time: BTreeMap<(i64, String), i64>,
    by: BTreeMap<(&'static str, String), i64>,
    domains: BTreeMap<String, (i64, i64, Option<i64>)>,
}

const KEYS: [(&str, CountKey); 5] = [
    ("action", CountKey::Action),
    ("group", CountKey::Group),
    ("host", CountKey::Host),
    ("severity", CountKey::Severity),
    ("reason", CountKey::Reason),
];

/// Counts all events from scratch.
fn count(events: &[Event], filter: &CountFilter) -> Counted {
    let mut counted = Counted::default();
    let in_time = |event: &&Event| {
        let day = event.time - event.time % DAY;
        (filter.from..filter.to).contains(&day)
            && filter.group.as_deref().is_none_or(|group| group == &*event.group_id)
    };
    for event in events.iter().filter(in_time) {
        let reasons: BTreeSet<_> = event
            .reasons
            .iter()
            .map(|reason| if reason.contains("later") { "other" } else { reason })
            .collect();
        if let Some(domain) = &event.domain {
            let (n, sent, first) = counted.domains.entry(domain.clone()).or_default();
            *n += 1;
            *sent += i64::from(matches!(event.action, Action::SentAnyway | Action::Audited));
            // The first event of the domain counts, whatever its group and the period asked for.
            let all = events.iter().filter(|it| it.domain.as_ref() == Some(domain));
            *first = all.map(|it| it.time).min();
        }
        let matches = filter.host.is_none_or(|host| host == event.host)
            && (filter.actions.is_empty() || filter.actions.contains(&event.action))
            && filter.severity.is_none_or(|severity| severity == event.severity)
            && filter.reason.as_deref().is_none_or(|reason| reasons.contains(reason));
        if !matches {
            continue;
        }
        let action = event.action.as_str().to_owned();
        *counted.over_time.entry((event.time - event.time % DAY, action.clone())).or_default() += 1;
        let mut add =
            |key, value: &str| *counted.by.entry((key, value.to_owned())).or_default() += 1;
        add("action", &action);
        add("group", &event.group_id);
        add("host", event.host.as_str());
        add("severity", event.severity.as_str());
        for reason in reasons {
            if filter.reason.as_deref().is_none_or(|wanted| wanted == reason) {
                add("reason", reason);
            }
        }
    }
    counted
}

async fn ask(store: &Store, filter: &CountFilter) -> Counted {
    let mut counted = Counted::default();
    for count in store.counts_over_time(filter, Span::Day).await.unwrap() {
        counted.over_time.insert((count.start, count.action), count.n);
    }
    for (name, key) in KEYS {
        for (value, n) in store.count_by(filter, key).await.unwrap() {
            counted.by.insert((name, value), n);
        }
    }
    for domain in store.top_domains(filter, 100).await.unwrap() {
        counted.domains.insert(domain.domain, (domain.n, domain.sent, domain.first_seen));
    }
    counted
}

fn filters() -> Vec<CountFilter> {
    let all = CountFilter { from: BASE, to: BASE + 6 * DAY, ..CountFilter::default() };
    vec![
        all.clone(),
        CountFilter { from: BASE + DAY, to: BASE + 3 * DAY, ..all.clone() },
        CountFilter { group: Some("navy".to_owned()), ..all.clone() },
        CountFilter { reason: Some("suffix-typo".to_owned()), ..all.clone() },
        CountFilter {
            host: Some(Host::Outlook),
            actions: vec![Action::SentAnyway, Action::Fixed],
            severity: Some(Severity::Warn),
            reason: Some("other".to_owned()),
            group: Some("default".to_owned()),
            ..all
        },
    ]
}

fn check(database: impl Fn() -> (Database, Option<tempfile::TempDir>)) {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
    let mut config = ProptestConfig::with_cases(12);
    config.failure_persistence = None;
    let batches = proptest::collection::vec(proptest::collection::vec(any_event(), 0..60), 1..6);
    let result = proptest::test_runner::TestRunner::new(config).run(&batches, |batches| {
        let (database, _folder) = database();
        runtime.block_on(async {
            let store = Store::connect(&database).await.unwrap();
            // Two servers work at the same time.
            let other = Store::connect(&database).await.unwrap();
            let mut tasks = Vec::new();
            for (index, batch) in batches.into_iter().enumerate() {
                let store = if index % 2 == 0 { store.clone() } else { other.clone() };
                tasks.push(tokio::spawn(async move {
                    loop {
                        match store.insert_events(&batch).await {
                            Ok(is_new) => {
                                let new = batch.into_iter().zip(is_new);
                                return new
                                    .filter(|(_, new)| *new)
                                    .map(|(event, _)| event)
                                    .collect::<Vec<_>>();
                            }
                            Err(error) => assert!(error.is_temporary(), "{error}"),
                        }
                    }
                }));
            }
            let mut stored = Vec::new();
            for task in tasks {
                stored.extend(task.await.unwrap());
            }
            let ids: BTreeSet<_> = stored.iter().map(|event| &event.id).collect();
            assert_eq!(ids.len(), stored.len(), "an event counted as new twice");
            for filter in filters() {
                assert_eq!(ask(&store, &filter).await, count(&stored, &filter), "{filter:?}");
            }
            store.close().await;
            other.close().await;
        });
        Ok(())
    });
    result.unwrap();
}

#[test]
fn counts_equal_a_count_from_scratch_on_sqlite() {
    check(|| {
        let folder = tempfile::tempdir().unwrap();
        (Database::Sqlite(folder.path().join("test.db")), Some(folder))
    });
}

#[test]
fn counts_equal_a_count_from_scratch_on_postgres() {
    check(|| (Database::Postgres(postgres_database()), None));
}

on_both_databases! {
    async fn counts_by_hour_and_by_day_agree(store: Store) {
        let hour = 3_600_000;
        let at = |time| Event { time, ..event() };
        let events = [at(BASE), at(BASE + hour - 1), at(BASE + hour), at(BASE - 1)];
        store.insert_events(&events).await.unwrap();
        let filter = CountFilter { from: BASE, to: BASE + DAY, ..CountFilter::default() };
        let hours = store.counts_over_time(&filter, Span::Hour).await.unwrap();
        assert_eq!(hours.iter().map(|it| (it.start, it.n)).collect::<Vec<_>>(), [(BASE, 2), (BASE + hour, 1)]);
        let days = store.counts_over_time(&filter, Span::Day).await.unwrap();
        assert_eq!(days.iter().map(|it| (it.start, it.n)).collect::<Vec<_>>(), [(BASE, 3)]);
    }
}
