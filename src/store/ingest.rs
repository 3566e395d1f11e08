//! Group commit: batches that arrive during a transaction share the next one.
//!
//! A commit costs a sync of the disk, however many events it holds. The number of waiting events is
//! limited; beyond that, a caller gets an error at once, and memory does not grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::{Dialect, Event, Store, StoreError};

/// Limits for taking events.
#[derive(Clone, Debug)]
pub struct IngestOptions {
    /// The most events that may wait. More would take more memory, about a kilobyte for each; with
    /// fewer, the server would refuse a burst of events.
    pub max_waiting: u32,
    /// The most events in one transaction.
    pub max_transaction: usize,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self { max_waiting: 20_000, max_transaction: 5_000 }
    }
}

/// The result for a batch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Receipt {
    /// Events that are new to the store.
    pub stored: usize,
    /// Events that the store already had.
    pub duplicates: usize,
}

/// Why a batch was not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IngestError {
    /// Too many events wait already; a later try may succeed.
    #[error("too many events are waiting to be stored")]
    Busy,
    /// The database could not be reached, or went away: some of the batch may be stored, and sending it
    /// again is safe.
    #[error("{0}")]
    Unavailable(Arc<StoreError>),
    /// The database refuses this batch.
    #[error("{0}")]
    Failed(Arc<StoreError>),
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
}

/// The queue of batches. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Ingest {
    batches: mpsc::UnboundedSender<Batch>,
    room: Arc<Semaphore>,
    max_waiting: u32,
    /// The number of batches since the start.
    taken: Arc<AtomicU64>,
    closing: watch::Sender<bool>,
    writers: Arc<Mutex<JoinSet<()>>>,
}

#[derive(Debug)]
struct Batch {
    events: Vec<Event>,
    /// The batch's share of the room, released with the answer.
    room: OwnedSemaphorePermit,
    answer: oneshot::Sender<Result<Receipt, IngestError>>,
}

/// PostgreSQL stores through several connections at a time; with one, it would be idle while it waits
/// for the disk. SQLite has one writer.
const POSTGRES_WRITERS: usize = 3;

/// The most tries for a transaction that lost against another one, on this or another server. More
/// would delay the client's answer; fewer would refuse events on a busy server.
const ATTEMPTS: u32 = 4;

impl Ingest {
    /// Starts the tasks that write. They end after [`close`](Self::close), or when all clones are dropped.
    pub fn start(store: &Store, options: &IngestOptions) -> Self {
        // `room` bounds this queue: each batch in it holds its share.
        let (batches, waiting) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let closing = watch::Sender::new(false);
        let mut writers = JoinSet::new();
        let count = if store.dialect == Dialect::Sqlite { 1 } else { POSTGRES_WRITERS };
        for _ in 0..count {
            let waiting = Arc::clone(&waiting);
            writers.spawn(write_all(
                store.clone(),
                waiting,
                closing.subscribe(),
                options.max_transaction,
            ));
        }
        let room = Arc::new(Semaphore::new(options.max_waiting as usize));
        Self {
            batches,
            room,
            max_waiting: options.max_waiting,
            taken: Arc::default(),
            closing,
            writers: Arc::new(Mutex::new(writers)),
        }
    }

    /// Stores a batch and returns after the commit. Acknowledged events survive a crash.
    ///
    /// If the caller goes away meanwhile, the batch is stored nevertheless.
    ///
    /// # Errors
    ///
    /// See [`IngestError`], which says whether the store has refused the whole batch or may have
    /// stored a part of it.
    pub async fn store(&self, events: Vec<Event>) -> Result<Receipt, IngestError> {
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX).min(self.max_waiting);
        if count == 0 {
            return Ok(Receipt::default());
        }
        let room = Arc::clone(&self.room).try_acquire_many_owned(count);
        let room = room.map_err(|_| IngestError::Busy)?;
        let (answer, answered) = oneshot::channel();
        let batch = Batch { events, room, answer };
        self.batches.send(batch).map_err(|_| IngestError::Closed)?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        answered.await.unwrap_or(Err(IngestError::Closed))
    }

    /// The number of events that wait or are being stored.
    pub fn waiting(&self) -> usize {
        (self.max_waiting as usize).saturating_sub(self.room.available_permits())
    }

    /// The number of batches since the start; two calls tell whether events are coming in.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Stores the waiting batches and takes no more, from any clone.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        let mut writers = self.writers.lock().await;
        while writers.join_next().await.is_some() {}
    }
}

async fn write_all(
    store: Store,
    waiting: Arc<Mutex<mpsc::UnboundedReceiver<Batch>>>,
    mut closing: watch::Receiver<bool>,
    max_transaction: usize,
) {
    loop {
        let batches = {
            let mut waiting = waiting.lock().await;
            let first = if *closing.borrow() {
                waiting.close();
                waiting.recv().await
            } else {
                tokio::select! {
                    first = waiting.recv() => first,
                    _ = closing.changed() => continue,
                }
            };
            let Some(first) = first else { return };
            let mut count = first.events.len();
            let mut batches = vec![first];
            while count < max_transaction {
                let Ok(next) = waiting.try_recv() else { break };
                count += next.events.len();
                batches.push(next);
            }
            batches
        };
        write_together(&store, batches).await;
    }
}

/// Stores batches in one transaction. If the database refuses it for good, each batch gets its own
/// transaction, so that one that cannot be stored does not stop the others.
async fn write_together(store: &Store, batches: Vec<Batch>) {
    let mut all = Vec::with_capacity(batches.iter().map(|batch| batch.events.len()).sum());
    let mut rest = Vec::with_capacity(batches.len());
    for Batch { events, room, answer } in batches {
        rest.push((events.len(), room, answer));
        all.extend(events);
    }
    let result = insert(store, &all).await;
    match result {
        Ok(is_new) => {
            let mut is_new = is_new.into_iter();
            for (count, room, answer) in rest {
                let stored = is_new.by_ref().take(count).filter(|new| *new).count();
                drop(room);
                // The caller may have gone away.
                let _ = answer.send(Ok(Receipt { stored, duplicates: count - stored }));
            }
        }
        Err(error) if error.is_temporary() || rest.len() == 1 => {
            let is_temporary = error.is_temporary();
            let error = Arc::new(error);
            for (_, room, answer) in rest {
                drop(room);
                let error = Arc::clone(&error);
                let error = if is_temporary {
                    IngestError::Unavailable(error)
                } else {
                    IngestError::Failed(error)
                };
                let _ = answer.send(Err(error));
            }
        }
        Err(_) => {
            let mut all = all.into_iter();
            for (count, room, answer) in rest {
                let events = all.by_ref().take(count).collect();
                Box::pin(write_together(store, vec![Batch { events, room, answer }])).await;
            }
        }
    }
}

async fn insert(store: &Store, events: &[Event]) -> Result<Vec<bool>, StoreError> {
    let mut attempt = 1;
    loop {
        match store.insert_events(events).await {
            Err(error) if error.is_temporary() && error.is_lost_race() && attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}
