//! The counters of alerts behind `/metrics`. The names of destinations come from the configuration: a closed set.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::store::{Millis, RecipientRow};

/// All counters. A clone counts into the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertMetrics {
    delivered: Family<Label, Counter>,
    failures: Family<Label, Counter>,
    waiting: Family<Label, Gauge>,
    oldest: Family<Label, Gauge<f64, AtomicU64>>,
    /// No value where no alerts are configured.
    watches: Family<Vec<(String, String)>, Gauge>,
    lag: Family<Vec<(String, String)>, Gauge<f64, AtomicU64>>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Label {
    destination: String,
}

impl Label {
    fn new(destination: &str) -> Self {
        Self { destination: destination.to_owned() }
    }
}

impl AlertMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "alert_deliveries",
            "Alerts and reports that a destination has taken from this server",
            self.delivered.clone(),
        );
        registry.register(
            "alert_failures",
            "Deliveries of alerts and reports by this server that failed",
            self.failures.clone(),
        );
        registry.register(
            "alert_waiting",
            "Alerts and reports that wait for a destination, whichever server delivers",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "alert_oldest_waiting",
            "Age of the oldest alert or report that waits for a destination",
            Unit::Seconds,
            self.oldest.clone(),
        );
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

    /// Prometheus can tell a rate only of a counter that it has seen at zero.
    pub(super) fn begin(&self, destination: &str) {
        let label = Label::new(destination);
        self.delivered.get_or_create(&label).inc_by(0);
        self.failures.get_or_create(&label).inc_by(0);
        self.waiting.get_or_create(&label).set(0);
    }

    pub(super) fn delivered(&self, destination: &str) {
        self.delivered.get_or_create(&Label::new(destination)).inc();
    }

    pub(super) fn failed(&self, destination: &str) {
        self.failures.get_or_create(&Label::new(destination)).inc();
    }

    pub(super) fn watches(&self, watches: bool) {
        self.watches.get_or_create(&Vec::new()).set(i64::from(watches));
    }

    /// The number of alerts that wait for a destination, for all of its recipients.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact")]
    pub(super) fn observe(
        &self,
        destination: &str,
        rows: &[RecipientRow],
        lag: Millis,
        now: Millis,
    ) {
        let mine = || rows.iter().filter(|row| row.recipient.destination == destination);
        let label = Label::new(destination);
        self.waiting.get_or_create(&label).set(mine().map(|row| row.waiting).sum());
        let oldest = mine().filter_map(|row| row.oldest).min();
        let age = oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0));
        self.oldest.get_or_create(&label).set(age as f64 / 1_000.0);
        self.lag.get_or_create(&Vec::new()).set(lag as f64 / 1_000.0);
    }
}
