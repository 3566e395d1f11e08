//! Decides which of several servers looks for alerts and sends them. As with exports, that server's row counts up
//! while it is alive.

use std::time::Instant;

use tokio::time::sleep;

use super::lookout::Lookout;

/// The server counts waiting alerts at each tenth sign of life: for `/metrics` alone.
const OBSERVE: u32 = 10;

impl Lookout {
    /// Waits until this server is the one that looks.
    pub(super) async fn wait_for_lease(&self) {
        let mut rounds: u32 = 0;
        loop {
            if let Ok(watch) = self.store.alert_watch(self.around.now()).await {
                let seen = (&*watch.owner, watch.beat);
                // No second server uses a SQLite file, so the former owner has ended.
                let is_free = !self.store.is_shared()
                    || self.watcher.lock().await.is_free(seen, Instant::now(), self.pace.takeover);
                if is_free && self.store.claim_alerts(&watch, &self.me).await.unwrap_or(false) {
                    return;
                }
            }
            if rounds.is_multiple_of(OBSERVE) {
                self.observe().await;
            }
            rounds = rounds.wrapping_add(1);
            sleep(self.pace.renew).await;
        }
    }

    /// Renews the lease until another server may have taken it.
    pub(super) async fn keep_lease(&self) {
        let mut alive = Instant::now();
        let mut rounds: u32 = 0;
        loop {
            if rounds.is_multiple_of(OBSERVE) {
                self.observe().await;
            }
            rounds = rounds.wrapping_add(1);
            sleep(self.pace.renew).await;
            match self.store.renew_alerts(&self.me).await {
                Ok(true) => alive = Instant::now(),
                Ok(false) => return,
                // Other servers will believe that this one has ended.
                Err(_) if self.store.is_shared() && alive.elapsed() > self.pace.takeover / 2 => {
                    return;
                }
                Err(_) => {}
            }
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
