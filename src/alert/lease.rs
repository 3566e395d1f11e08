//! Decides which of several servers looks for alerts and sends them. As with exports, that server
//! counts up a number in the database while it is alive.

use tokio::time::sleep;

use super::lookout::Lookout;
use crate::export::keep;

/// The pause between two counts of waiting alerts, in multiples of `pace.renew`; only `/metrics`
/// needs them. A shorter one would burden the database; a longer one would make the figure older.
const OBSERVE: u32 = 10;

impl Lookout {
    /// Waits until this server has the lease.
    pub(super) async fn wait_for_lease(&self) {
        loop {
            if let Ok(watch) = self.store.alert_watch(self.around.now()).await {
                let seen = (&*watch.owner, watch.beat);
                let mut watcher = self.watcher.lock().await;
                let is_free = watcher.may_claim(&self.store, seen, self.pace.takeover);
                drop(watcher);
                if is_free && self.store.claim_alerts(&watch, &self.me).await.unwrap_or(false) {
                    return;
                }
            }
            sleep(self.pace.renew).await;
        }
    }

    pub(super) async fn keep_lease(&self) {
        keep(&self.store, self.pace, || self.store.renew_alerts(&self.me)).await;
    }

    /// Counts waiting alerts beside the lease, which must not wait for such a count.
    pub(super) async fn keep_observing(&self) {
        loop {
            self.observe().await;
            sleep(self.pace.renew * OBSERVE).await;
        }
    }

    /// Counts the waiting alerts for `/metrics`, whichever server delivers them.
    async fn observe(&self) {
        let Ok(rows) = self.store.recipients().await else { return };
        let lag = self.store.alert_lag().await.unwrap_or_default();
        for destination in &self.alerts.destinations {
            self.metrics.observe(&destination.name, &rows, lag, self.around.now());
        }
    }
}
