//! Group commit: one transaction for many batches, and a limit on waiting events.

use milguard::store::{Event, EventFilter, Ingest, IngestError, IngestOptions};

use crate::store::fixture::{event, on_both_databases};

fn batch(count: usize) -> Vec<Event> {
    (0..count).map(|_| event()).collect()
}

on_both_databases! {
    async fn batches_that_come_together_are_all_stored_once(store: Store) {
        let ingest = Ingest::start(&store, &IngestOptions::default());
        let shared = batch(10);
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let (ingest, mut events) = (ingest.clone(), batch(20));
                events.extend(shared.clone());
                tokio::spawn(async move { ingest.store(events).await.unwrap() })
            })
            .collect();
        let (mut stored, mut duplicates) = (0, 0);
        for task in tasks {
            let receipt = task.await.unwrap();
            assert_eq!(receipt.stored + receipt.duplicates, 30);
            stored += receipt.stored;
            duplicates += receipt.duplicates;
        }
        assert_eq!((stored, duplicates), (40 * 20 + 10, 39 * 10));
        let found = store.events(&EventFilter::default(), None, 1_000).await.unwrap().events;
        assert_eq!(found.len(), 810);
        assert_eq!(ingest.waiting(), 0);
    }

    async fn a_batch_beyond_the_limit_is_refused_at_once(store: Store) {
        let options = IngestOptions { max_waiting: 100, ..IngestOptions::default() };
        let ingest = Ingest::start(&store, &options);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let ingest = ingest.clone();
                tokio::spawn(async move { ingest.store(batch(20)).await })
            })
            .collect();
        let mut stored = 0;
        let mut busy = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(receipt) => stored += receipt.stored,
                Err(IngestError::Busy) => busy += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(busy > 0, "no batch was refused");
        let found = store.events(&EventFilter::default(), None, 1_000).await.unwrap().events;
        assert_eq!(found.len(), stored);
        // The queue has room again, even for a batch that is larger than it.
        assert_eq!(ingest.store(batch(150)).await.unwrap().stored, 150);
    }

    async fn closing_stores_the_waiting_batches(store: Store) {
        let ingest = Ingest::start(&store, &IngestOptions::default());
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let ingest = ingest.clone();
                tokio::spawn(async move { ingest.store(batch(50)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        ingest.close().await;
        let mut stored = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(receipt) => stored += receipt.stored,
                Err(IngestError::Closed) => {}
                Err(other) => panic!("{other}"),
            }
        }
        let found = store.events(&EventFilter::default(), None, 2_000).await.unwrap().events;
        assert_eq!(found.len(), stored);
        assert!(matches!(ingest.store(batch(1)).await, Err(IngestError::Closed)));
    }

    async fn a_batch_that_cannot_be_stored_does_not_fail_the_others(store: Store) {
        let ingest = Ingest::start(&store, &IngestOptions::default());
        // Nothing that is read from a request has a NUL; PostgreSQL refuses one, SQLite doesn't.
        let mut bad = batch(5);
        bad[2].address = Some("\0".to_owned());
        let good: Vec<_> = (0..10)
            .map(|_| {
                let ingest = ingest.clone();
                tokio::spawn(async move { ingest.store(batch(5)).await })
            })
            .collect();
        let bad = ingest.store(bad).await;
        let is_refused = store.backend() == "PostgreSQL";
        assert_eq!(matches!(bad, Err(IngestError::Failed(_))), is_refused, "{bad:?}");
        for task in good {
            assert_eq!(task.await.unwrap().unwrap().stored, 5);
        }
    }
}
