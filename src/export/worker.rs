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

/// Events that are read at a time, about a megabyte; all events of one transaction where these are more.
const READ: usize = 1_000;

/// While events are coming in, an export rests this many times as long as reading and delivering its last batch took:
/// both need the processors and the database, and the senders of events come first.
const REST: u32 = 19;

/// The longest such rest: an export must get on under a load that never ends.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// A server that stops waits so long for the answer to a delivery under way: what arrived need not come again.
const LAST_DELIVERY: Duration = Duration::from_secs(2);

/// What it takes to deliver to one destination.
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

/// How far an export is, and how much of that the database does not know yet.
struct Progress {
    cursor: ExportCursor,
    is_saved: bool,
    unsaved: i64,
    delivered_at: Option<Millis>,
    saved: Instant,
    /// Failures in a row.
    failures: u32,
    /// Events of the delivery that failed: it goes again as it was, so that the receiver knows it by its key.
    again: Option<usize>,
    /// Events that the receiver takes at a time, where it has refused more.
    limit: Option<usize>,
}

/// This server no longer delivers: it stops, or another one may deliver.
struct Lost;

impl Worker {
    /// Delivers until it is told to stop.
    pub(super) async fn run(self) {
        let mut stop = self.stop.clone();
        // The other end is dropped only with the server.
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

    /// Waits until this server is the one that delivers; where it begins.
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

    /// Beside the lease, which must not wait for a count of all that a dead receiver has left behind.
    async fn keep_observing(&self) {
        loop {
            self.observe().await;
            sleep(self.pace.renew).await;
        }
    }

    /// Notes for `/metrics` how far the destination is, whichever server delivers.
    async fn observe(&self) {
        let Ok(row) = self.store.export(self.name()).await else { return };
        let lag = self.store.export_lag(&row.cursor).await.unwrap_or_default();
        self.metrics.lag(self.name(), lag, row.delivered_at, now());
    }

    /// Delivers the events that are stored, and those that will be, until this server stops or has lost the lease.
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
                // An administrator may have erased some meanwhile: the events are read anew.
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

    /// Whether all of them were delivered; if not, after the pause that follows a failure.
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

    /// Remembers what was delivered; in the database now and then, since each time costs a sync of its disk.
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
            // The lease is given up in time where the database stays away.
            Ok(true) | Err(_) => Ok(()),
        }
    }

    /// Writes down how far the export is. Where the database does not answer, later.
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
                tracing::debug!(export = self.name(), %error, "the place was not saved");
                Ok(())
            }
        }
    }

    /// Lets another server, or this one after a restart, go on from here at once.
    async fn finish(&self, progress: &mut Progress) {
        if self.save(progress).await.is_ok()
            && let Err(error) = self.store.release_export(self.name(), &self.me).await
        {
            tracing::debug!(export = self.name(), %error, "the lease was not given back");
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
