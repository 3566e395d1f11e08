//! What serving add-ins takes beside the store.

use std::sync::Arc;

use super::{Bodies, Directory, Rates, body};
use crate::server::Limits;
use crate::store::{Ingest, IngestOptions, Store, StoreError};

/// A clone shares everything.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    /// Tokens and policies, in memory.
    pub(crate) directory: Directory,
    /// Where events go.
    pub(crate) ingest: Ingest,
    /// The room for bodies that are being read.
    pub(super) bodies: Bodies,
    /// How often each token may send events.
    pub(super) event_rates: Arc<Rates>,
}

impl Clients {
    /// Reads tokens and policies, and starts what writes events.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub(crate) async fn open(store: &Store, limits: &Limits) -> Result<Self, StoreError> {
        Ok(Self {
            directory: Directory::load(store).await?,
            ingest: Ingest::start(store, &IngestOptions::default()),
            bodies: Bodies::new(body::ROOM),
            event_rates: Arc::new(Rates::new(limits.batches_per_minute)),
        })
    }

    /// Stores what waits: for the end, before the store is closed.
    pub(crate) async fn close(&self, store: &Store) {
        self.ingest.close().await;
        self.directory.finish(store).await;
    }
}
