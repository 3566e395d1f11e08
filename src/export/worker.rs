//! The task that delivers to one destination.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::store::{ExportCursor, Exported, Ingest, Millis, Store, StoreError, StoredEvent, now};

use super::{
    Destination, ExportMetrics, Failure, Pace,
    backoff::pause,
    lease::{Watcher, acquire, keep},
    sender::Sender,
};

/// The most events to read at a time, about 1 MB. The events of one transaction are read together,
/// even if there are more.
const READ: usize = 1_000;

/// While events are coming in, an export pauses this many times as long as its last batch took to read and deliver:
/// both need the processors and the database, and clients come first.
const REST: u32 = 19;

/// The longest such pause: an export must make progress under constant load.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// A server that stops waits this long for the answer to a delivery under way, so that delivered events need
/// not be sent again.
const LAST_DELIVERY: Duration = Duration::from_secs(2);

/// The parts that the task needs to deliver to one destination.
pub(super) struct Worker {
    pub(super) store: Store,
    pub(super) ingest: Ingest,
    pub(super) destination: Arc<Destination>,
    pub(super) sender: Sender,
    pub(super) me: Arc<str>,
    pub(super) pace: Pace,
    pub(super) metrics: ExportMetrics,
    pub(super) stop: watch::Receiver<bool>,
}

/// The position of an export, and how much of its progress the database has not stored yet.
struct Progress {
    cursor: ExportCursor,
    is_saved: bool,
    unsaved: i64,
    delivered_at: Option<Millis>,
    saved: Instant,
    /// Failures in a row.
    failures: u32,
    /// The number of events in a failed delivery. The next delivery has the same events, so that
    /// the receiver recognises the batch by its key.
    again: Option<usize>,
    /// The most events that the receiver takes at a time, if it has refused more.
    limit: Option<usize>,
}

/// This server must not deliver now, because it stops or another server may deliver.
struct Lost;

impl Worker {
    /// Delivers events until the server stops.
    pub(super) async fn run(self) {
        let mut stop = self.stop.clone();
        // The channel closes only with the server.
        let mut stopped = std::pin::pin!(async move { drop(stop.wait_for(|stop| *stop).await) });
        self.metrics.begin(self.name());
        let mut watcher = Watcher::default();
        loop {
            let cursor = tokio::select! {
                biased;
                () = &mut stopped => return,
                cursor = self.wait_for_lease(&mut watcher) => cursor,
            };
            self.metrics.delivers(self.name(), true);
            let mut progress = Progress::at(cursor);
            let is_stopping = {
                let mut delivering = std::pin::pin!(self.deliver_all(&mut progress));
                tokio::select! {
                    biased;
                    () = &mut stopped => {
                        drop(timeout(LAST_DELIVERY, delivering).await);
                        true
                    }
                    () = self.keep_lease() => false,
                    () = self.keep_observing() => false,
                    Lost = &mut delivering => self.is_stopping(),
                }
            };
            self.metrics.delivers(self.name(), false);
            if is_stopping {
                return self.finish(&mut progress).await;
            }
            tracing::info!(export = self.name(), "another server may export now");
        }
    }

    fn name(&self) -> &str {
        &self.destination.name
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Sleeps until the time is over or the server stops.
    async fn rest(&self, time: Duration) {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = sleep(time) => {}
            () = async move { drop(stop.wait_for(|stop| *stop).await) } => {}
        }
    }

    /// Waits until this server has the lease; returns the position to begin at.
    async fn wait_for_lease(&self, watcher: &mut Watcher) -> ExportCursor {
        let mut was_told = false;
        loop {
            let takeover = self.pace.takeover;
            match acquire(&self.store, watcher, self.name(), &self.me, takeover).await {
                Ok(Some(row)) => return row.cursor,
                Ok(None) => self.observe().await,
                Err(error) => self.cannot_read(&error, &mut was_told),
            }
            sleep(self.pace.renew).await;
        }
    }

    async fn keep_lease(&self) {
        keep(&self.store, self.pace, || self.store.renew_export(self.name(), &self.me)).await;
    }

    /// Runs beside `keep_lease`, which must not wait while the store counts everything that a dead
    /// receiver has missed.
    async fn keep_observing(&self) {
        loop {
            self.observe().await;
            sleep(self.pace.renew).await;
        }
    }

    /// Sets the destination's figures for `/metrics`, even if another server delivers.
    async fn observe(&self) {
        let Ok(row) = self.store.export(self.name()).await else { return };
        let lag = self.store.export_lag(&row.cursor).await.unwrap_or_default();
        self.metrics.lag(self.name(), lag, row.delivered_at, now());
    }

    /// Delivers events, present and future, until this server stops or has lost the lease.
    async fn deliver_all(&self, progress: &mut Progress) -> Lost {
        let mut was_told = false;
        loop {
            if self.is_stopping() {
                return Lost;
            }
            let began = Instant::now();
            let taken = self.ingest.taken();
            let batch = match self.store.export_batch(&progress.cursor, READ).await {
                Ok(batch) => batch,
                Err(error) => {
                    self.cannot_read(&error, &mut was_told);
                    self.rest(self.pace.first_pause.max(self.pace.poll)).await;
                    continue;
                }
            };
            was_told = false;
            let is_last = batch.end == progress.cursor;
            match self.deliver_batch(&batch.events, progress).await {
                Ok(true) => progress.delivered_all(batch.end),
                // An administrator may have erased some events meanwhile, so they are read again.
                Ok(false) => continue,
                Err(lost) => return lost,
            }
            if self.ingest.taken() != taken {
                self.rest((began.elapsed() * REST).min(LONGEST_REST)).await;
            }
            if is_last {
                if let Err(lost) = self.save(progress).await {
                    return lost;
                }
                self.rest(self.pace.poll).await;
            }
        }
    }

    /// Delivers the events. Returns `true` once all of them are delivered, or `false` after a
    /// failure and the pause that follows it.
    async fn deliver_batch(
        &self,
        mut events: &[Exported],
        progress: &mut Progress,
    ) -> Result<bool, Lost> {
        while !events.is_empty() {
            if self.is_stopping() {
                return Err(Lost);
            }
            let most = progress.again.or(progress.limit).unwrap_or_else(|| self.sender.batch());
            let (now_due, later) = events.split_at(events.len().min(most));
            let due: Vec<&StoredEvent> = now_due.iter().map(|exported| &exported.event).collect();
            match self.sender.deliver(&due).await {
                Ok(()) => {
                    if std::mem::take(&mut progress.failures) > 0 {
                        tracing::info!(export = self.name(), "events are exported again");
                    }
                    progress.again = None;
                    self.took(now_due, progress).await?;
                    events = later;
                }
                Err(failure) => {
                    progress.failures = progress.failures.saturating_add(1);
                    if failure.is_too_large {
                        progress.again = None;
                        progress.limit = Some((due.len() / 2).max(1));
                    } else {
                        progress.again = Some(due.len());
                    }
                    self.failed(&failure, progress).await?;
                    let chance = rand::random();
                    let wait = pause(&self.pace, progress.failures, failure.retry_after, chance);
                    self.rest(wait).await;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Notes the delivered events, but writes to the database only now and then, since each write costs a
    /// sync of its disk.
    async fn took(&self, events: &[Exported], progress: &mut Progress) -> Result<(), Lost> {
        let Some(last) = events.last() else { return Ok(()) };
        self.metrics.delivered(self.name(), events.len() as u64);
        progress.unsaved += i64::try_from(events.len()).unwrap_or(i64::MAX);
        progress.delivered_at = Some(now());
        progress.reach(last.cursor.clone());
        if progress.saved.elapsed() >= self.pace.save { self.save(progress).await } else { Ok(()) }
    }

    async fn failed(&self, failure: &Failure, progress: &mut Progress) -> Result<(), Lost> {
        self.metrics.failed(self.name());
        if progress.failures == 1 {
            tracing::warn!(
                export = self.name(),
                failure = failure.what,
                "events cannot be exported"
            );
        }
        self.save(progress).await?;
        let (name, me) = (self.name(), &*self.me);
        match self.store.fail_export((name, me), &failure.what, now()).await {
            Ok(false) => Err(Lost),
            // If the database does not answer for long, `keep_lease` ends and the server stops
            // delivering.
            Ok(true) | Err(_) => Ok(()),
        }
    }

    /// Stores the position of the export. If the database does not answer, a later call does it.
    async fn save(&self, progress: &mut Progress) -> Result<(), Lost> {
        if progress.is_saved {
            return Ok(());
        }
        let Progress { cursor, unsaved, delivered_at, .. } = &*progress;
        let place = (self.name(), &*self.me);
        match self.store.save_export(place, cursor, *unsaved, *delivered_at).await {
            Ok(true) => {
                (progress.is_saved, progress.unsaved) = (true, 0);
                progress.saved = Instant::now();
                Ok(())
            }
            Ok(false) => Err(Lost),
            Err(error) => {
                tracing::debug!(export = self.name(), %error, "the position of the export was not saved");
                Ok(())
            }
        }
    }

    /// Gives the lease up, so that another server, or this one after a restart, can continue at
    /// once.
    async fn finish(&self, progress: &mut Progress) {
        if self.save(progress).await.is_ok()
            && let Err(error) = self.store.release_export(self.name(), &self.me).await
        {
            tracing::debug!(export = self.name(), %error, "the lease was not released");
        }
    }

    fn cannot_read(&self, error: &StoreError, was_told: &mut bool) {
        if !std::mem::replace(was_told, true) {
            tracing::warn!(export = self.name(), %error, "the events to export cannot be read");
        }
    }
}

impl Progress {
    fn at(cursor: ExportCursor) -> Self {
        Self {
            cursor,
            is_saved: true,
            unsaved: 0,
            delivered_at: None,
            saved: Instant::now(),
            failures: 0,
            again: None,
            limit: None,
        }
    }

    /// All events up to `end` were delivered.
    fn delivered_all(&mut self, end: ExportCursor) {
        self.reach(end);
        self.limit = None;
    }

    fn reach(&mut self, cursor: ExportCursor) {
        if cursor != self.cursor {
            self.cursor = cursor;
            self.is_saved = false;
        }
    }
}
