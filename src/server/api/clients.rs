//! The state that the server needs for add-ins, besides the store.

use std::sync::Arc;

use super::Directory;
use crate::server::{
    Limits,
    limits::{Bodies, DiskRoom, Rates},
};
use crate::store::{Database, Ingest, IngestOptions, Store, StoreError};

/// The most bytes of events in memory at a time. More could fill the memory of a small machine;
/// with less, slow clients would lose their requests earlier.
const ROOM: usize = 32 << 20;

/// A network, such as an office behind one address, may do as much as this many clients at their limits.
const NETWORK_SHARE: u32 = 50;

/// Lessons a minute from one network. With fewer, a class of some hundred behind one address would wait; with more, one
/// machine could make a month's count worthless in an hour.
const LESSONS_PER_MINUTE: u32 = 120;

/// A clone shares everything.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    /// Tokens and policies in memory.
    pub(crate) directory: Directory,
    /// The queue of events to store.
    pub(crate) ingest: Ingest,
    /// The room for bodies that are being read.
    pub(super) bodies: Bodies,
    /// How often each sender may send events.
    pub(super) batches: Arc<Rates>,
    /// How often all senders in one network together may send events.
    pub(super) network_batches: Arc<Rates>,
    /// How often clients may enrol from one network by one token.
    pub(super) enrolments: Arc<Rates>,
    /// How many lessons may be counted from one network.
    pub(super) lessons: Arc<Rates>,
    /// How many events each sender may have stored in a day, and each group.
    pub(super) sender_events: Arc<Rates>,
    pub(super) group_events: Arc<Rates>,
    /// Whether the disk has room for more events.
    pub(crate) disk: Arc<DiskRoom>,
}

impl Clients {
    /// Reads tokens and policies, and starts the writer of events.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn open(
        store: &Store,
        database: &Database,
        limits: &Limits,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            directory: Directory::load(store).await?,
            ingest: Ingest::start(store, &IngestOptions::default()),
            bodies: Bodies::new(ROOM),
            batches: Arc::new(Rates::new(limits.batches_per_minute)),
            network_batches: Arc::new(Rates::new(
                limits.batches_per_minute.saturating_mul(NETWORK_SHARE),
            )),
            enrolments: Arc::new(Rates::new(limits.enrolments_per_minute)),
            lessons: Arc::new(Rates::new(LESSONS_PER_MINUTE)),
            sender_events: Arc::new(Rates::daily(limits.events_per_day)),
            group_events: Arc::new(Rates::daily(limits.group_events_per_day)),
            disk: Arc::new(DiskRoom::new(database.file(), limits.disk_reserve)),
        })
    }

    /// Stores the events that wait, before the store is closed.
    pub(crate) async fn close(&self, store: &Store) {
        self.ingest.close().await;
        self.directory.finish(store).await;
    }
}
