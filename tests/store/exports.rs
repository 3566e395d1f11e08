//! The order of events, and the position of an export in it.

use std::collections::BTreeSet;

use milguard::store::{Database, Event, ExportCursor, Retention, Store, now};
use sqlx::{Connection, postgres::PgConnection};

use super::fixture::{event, on_both_databases, postgres_database};

/// All ids after a position in order, and the last position.
async fn read(store: &Store, mut cursor: ExportCursor) -> (Vec<String>, ExportCursor) {
    let mut ids = Vec::new();
    loop {
        let batch = store.export_batch(&cursor, 100).await.unwrap();
        if batch.end == cursor {
            return (ids, cursor);
        }
        ids.extend(batch.events.into_iter().map(|exported| exported.event.id));
        cursor = batch.end;
    }
}

fn events(count: usize) -> (Vec<Event>, BTreeSet<String>) {
    let events: Vec<Event> = (0..count).map(|_| event()).collect();
    let ids = events.iter().map(|event| event.id.clone()).collect();
    (events, ids)
}

on_both_databases! {
    async fn an_export_begins_after_the_stored_events_and_gets_every_later_one(store: Store) {
        store.insert_events(&[event()]).await.unwrap();
        let start = store.export("siem").await.unwrap().cursor;
        assert_eq!(read(&store, start.clone()).await.0, Vec::<String>::new());
        let (many, mut ids) = events(250);
        store.insert_events(&many).await.unwrap();
        // Events that the store already has get no new position.
        store.insert_events(&many).await.unwrap();
        for _ in 0..30 {
            let (few, more) = events(7);
            store.insert_events(&few).await.unwrap();
            ids.extend(more);
        }
        let (found, end) = read(&store, start).await;
        assert_eq!(found.len(), ids.len(), "no event comes twice");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), ids);
        assert_eq!(store.export_lag(&end).await.unwrap().events, 0);
        assert_eq!(store.export("siem").await.unwrap().cursor, store.exports().await.unwrap()[0].cursor);
    }

    async fn a_cursor_within_a_transaction_continues_there(store: Store) {
        let start = store.export("siem").await.unwrap().cursor;
        let (many, ids) = events(20);
        store.insert_events(&many).await.unwrap();
        store.insert_events(&[event()]).await.unwrap();
        let batch = store.export_batch(&start, 10).await.unwrap();
        assert_eq!(batch.events.len(), 20, "a transaction is read as a whole");
        let sixth = batch.events[5].clone();
        let (found, _) = read(&store, sixth.cursor.clone()).await;
        let expected: Vec<String> = ids.into_iter().skip(6).collect();
        assert_eq!(found[..14], expected, "in the order of their ids");
        assert_eq!(found.len(), 15);
        assert_eq!(store.export_lag(&sixth.cursor).await.unwrap().events, 15);
        assert!(store.export_lag(&sixth.cursor).await.unwrap().oldest.is_some());
    }

    async fn an_export_skips_made_up_and_deleted_events(store: Store) {
        let start = store.export("siem").await.unwrap().cursor;
        let demo = Event { group_id: "demo-data-x".into(), ..event() };
        store.insert_events(&[demo]).await.unwrap();
        let day = 86_400_000;
        let old = Event { time: now() - 20 * day, ..event() };
        store.insert_events(&[old]).await.unwrap();
        let last = event();
        store.insert_events(std::slice::from_ref(&last)).await.unwrap();
        let retention = Retention { event_days: Some(10), ..Retention::default() };
        store.prune(&retention, now()).await.unwrap();
        assert_eq!(read(&store, start).await.0, [last.id]);
    }

    async fn the_order_of_events_is_kept_until_every_destination_has_them(store: Store) {
        let slow = store.export("slow").await.unwrap();
        store.export("fast").await.unwrap();
        let (some, _) = events(3);
        for one in &some {
            store.insert_events(std::slice::from_ref(one)).await.unwrap();
        }
        store.prune(&Retention::default(), now()).await.unwrap();
        let (found, end) = read(&store, slow.cursor.clone()).await;
        assert_eq!(found.len(), 3);
        for name in ["slow", "fast"] {
            let row = store.export(name).await.unwrap();
            assert!(store.claim_export(&row, "me").await.unwrap());
            assert!(store.save_export((name, "me"), &end, 3, Some(now())).await.unwrap());
        }
        store.prune(&Retention::default(), now()).await.unwrap();
        assert_eq!(read(&store, slow.cursor).await.0, found[2..], "only the rows at the cursors stay");
        // The numbering continues after the deleted rows.
        store.insert_events(&[event()]).await.unwrap();
        assert_eq!(read(&store, end).await.0.len(), 1);
    }

    async fn only_one_owner_at_a_time_moves_the_cursor(store: Store) {
        let row = store.export("siem").await.unwrap();
        assert!(store.claim_export(&row, "a").await.unwrap());
        assert!(!store.claim_export(&row, "b").await.unwrap(), "the row has changed since");
        store.insert_events(&[event()]).await.unwrap();
        let (_, end) = read(&store, row.cursor.clone()).await;
        assert!(!store.save_export(("siem", "b"), &end, 1, None).await.unwrap());
        assert!(!store.renew_export("siem", "b").await.unwrap());
        assert!(!store.fail_export(("siem", "b"), "no", 1).await.unwrap());
        assert!(store.renew_export("siem", "a").await.unwrap());
        assert_eq!(store.export("siem").await.unwrap().cursor, row.cursor);
        assert!(store.save_export(("siem", "a"), &end, 1, Some(7)).await.unwrap());
        assert!(store.fail_export(("siem", "a"), "it stalls", 9).await.unwrap());
        assert!(store.release_export("siem", "a").await.unwrap());
        let row = store.export("siem").await.unwrap();
        assert_eq!((row.cursor.clone(), row.delivered, row.delivered_at), (end, 1, Some(7)));
        assert_eq!((row.error.as_deref(), row.error_at, &*row.owner), (Some("it stalls"), Some(9), ""));
        assert!(store.claim_export(&row, "b").await.unwrap());
    }

    async fn a_reader_beside_many_writers_misses_no_event(store: Store) {
        const WRITERS: usize = 6;
        const BATCHES: usize = 25;
        let start = store.export("siem").await.unwrap().cursor;
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            tasks.spawn(async move {
                let mut all = Vec::new();
                for turn in 0..BATCHES {
                    let (some, ids) = events(1 + (writer * 7 + turn) % 9);
                    // A transaction that loses against another one is tried again.
                    while store.insert_events(&some).await.is_err() {}
                    all.extend(ids);
                }
                all
            });
        }
        let (mut found, mut cursor, mut written) = (Vec::new(), start, BTreeSet::new());
        loop {
            // The positions are read first, because everything that is committed by now has to be
            // found.
            let is_done = tasks.is_empty();
            let batch = store.export_batch(&cursor, 50).await.unwrap();
            found.extend(batch.events.into_iter().map(|exported| exported.event.id));
            let is_last = batch.end == cursor;
            cursor = batch.end;
            while let Some(all) = tasks.try_join_next() {
                written.extend(all.unwrap());
            }
            if is_done && is_last {
                break;
            }
        }
        assert_eq!(found.len(), written.len(), "no event comes twice");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), written);
    }
}

/// A number from a sequence or a clock would lose this event: the transaction that began first commits
/// last.
#[test]
fn no_cursor_passes_an_event_that_commits_late() {
    let url = postgres_database();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::connect(&Database::Postgres(url.clone())).await.unwrap();
        let start = store.export("siem").await.unwrap().cursor;
        let [late, early] = [event(), event()];
        // The first half of what the store does, and a long pause: the event is inserted and not committed.
        let mut slow = PgConnection::connect(&url).await.unwrap();
        let mut transaction = slow.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO events (id, message, time, received, group_id, host, client_version, policy_id, \
                 policy_version, action, severity, reasons, batch) \
             VALUES ($1, $1, 1, 1, 'default', 'outlook', '1', 'default', 1, 'fixed', 'warn', '[]', 1)",
        )
        .bind(&late.id)
        .execute(&mut *transaction)
        .await
        .unwrap();
        store.insert_events(std::slice::from_ref(&early)).await.unwrap();
        let (found, cursor) = read(&store, start).await;
        assert_eq!(found, [early.id]);
        // The second half, from the counter on.
        sqlx::raw_sql(
            "UPDATE event_positions SET position = position + 1; \
             INSERT INTO event_batches SELECT position, 1, 1, 1 FROM event_positions",
        )
        .execute(&mut *transaction)
        .await
        .unwrap();
        // A transaction that starts now waits for this one, and cannot overtake it.
        let next = event();
        let waiting = tokio::spawn({
            let (store, next) = (store.clone(), next.clone());
            async move { store.insert_events(&[next]).await.unwrap() }
        });
        let is_waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                          AND datname = current_database()";
        let mut other = PgConnection::connect(&url).await.unwrap();
        while sqlx::query_scalar::<_, i64>(is_waiting).fetch_one(&mut other).await.unwrap() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(read(&store, cursor.clone()).await.0, Vec::<String>::new());
        transaction.commit().await.unwrap();
        waiting.await.unwrap();
        assert_eq!(read(&store, cursor).await.0, [late.id, next.id]);
        store.close().await;
    });
}
