//! The counters of alerts behind `/metrics`.

use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::export::{DeliveryMetrics, Names, Seconds, seconds};
use crate::store::{Millis, RecipientRow};

/// This family has no label. Unlike a bare gauge, a family shows no value on a server without
/// alerts.
type NoLabel = Vec<(String, String)>;

/// All counters of alerts. A clone counts into the same counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertMetrics {
    deliveries: DeliveryMetrics,
    watches: Family<NoLabel, Gauge>,
    lag: Seconds<NoLabel>,
}

const NAMES: Names = Names {
    delivered: (
        "alert_deliveries",
        "Alerts and reports that a destination has taken from this server",
    ),
    failures: ("alert_failures", "Deliveries of alerts and reports by this server that failed"),
    waiting: (
        "alert_waiting",
        "Alerts and reports that wait for a destination, whichever server delivers",
    ),
    oldest: (
        "alert_oldest_waiting",
        "Age of the oldest alert or report that waits for a destination",
    ),
};

impl AlertMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.deliveries.register(registry, &NAMES);
        registry.register(
            "alert_watches",
            "1 on the server that looks for alerts and delivers them, else 0",
            self.watches.clone(),
        );
        registry.register_with_unit(
            "alert_lag",
            "Age of the oldest event that the server has not yet searched for alerts",
            Unit::Seconds,
            self.lag.clone(),
        );
    }

    pub(super) fn begin(&self, destination: &str) {
        self.deliveries.begin(destination);
        self.deliveries.waits(destination, 0);
    }

    pub(super) fn delivered(&self, destination: &str) {
        self.deliveries.delivered(destination, 1);
    }

    pub(super) fn failed(&self, destination: &str) {
        self.deliveries.failed(destination);
    }

    pub(super) fn watches(&self, watches: bool) {
        self.watches.get_or_create(&Vec::new()).set(i64::from(watches));
    }

    /// Sets the number of alerts that wait for a destination, summed over its recipients, and the
    /// age of the oldest.
    pub(super) fn observe(
        &self,
        destination: &str,
        rows: &[RecipientRow],
        lag: Millis,
        now: Millis,
    ) {
        let mine = || rows.iter().filter(|row| row.recipient.destination == destination);
        self.deliveries.waits(destination, mine().map(|row| row.waiting).sum());
        let oldest = mine().filter_map(|row| row.oldest).min();
        self.deliveries.waits_since(destination, oldest, now);
        self.lag.get_or_create(&Vec::new()).set(seconds(lag));
    }
}
