//! The counters of exports behind `/metrics`. The names of destinations come from the configuration: a closed set.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::store::{ExportLag, Millis};

/// All counters. A clone counts into the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExportMetrics {
    events: Family<Label, Counter>,
    failures: Family<Label, Counter>,
    waiting: Family<Label, Gauge>,
    oldest: Family<Label, Gauge<f64, AtomicU64>>,
    delivered_at: Family<Label, Gauge<f64, AtomicU64>>,
    delivers: Family<Label, Gauge>,
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

impl ExportMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "export_events",
            "Events that a destination has taken from this server",
            self.events.clone(),
        );
        registry.register(
            "export_failures",
            "Deliveries by this server that failed",
            self.failures.clone(),
        );
        registry.register(
            "export_waiting_events",
            "Events that wait for a destination, whichever server delivers",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "export_lag",
            "Age of the oldest event that waits for a destination",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register_with_unit(
            "export_last_delivery_timestamp",
            "When a destination last took events, whichever server delivered",
            Unit::Seconds,
            self.delivered_at.clone(),
        );
        registry.register(
            "export_delivers",
            "1 on the server that delivers, else 0",
            self.delivers.clone(),
        );
    }

    /// Prometheus can tell a rate only of a counter that it has seen at zero.
    pub(super) fn begin(&self, name: &str) {
        self.delivered(name, 0);
        self.failures.get_or_create(&Label::new(name)).inc_by(0);
        self.delivers(name, false);
    }

    pub(super) fn delivered(&self, name: &str, count: u64) {
        self.events.get_or_create(&Label::new(name)).inc_by(count);
    }

    pub(super) fn failed(&self, name: &str) {
        self.failures.get_or_create(&Label::new(name)).inc();
    }

    pub(super) fn delivers(&self, name: &str, delivers: bool) {
        self.delivers.get_or_create(&Label::new(name)).set(i64::from(delivers));
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact")]
    pub(super) fn lag(
        &self,
        name: &str,
        lag: ExportLag,
        delivered_at: Option<Millis>,
        now: Millis,
    ) {
        let label = Label::new(name);
        self.waiting.get_or_create(&label).set(lag.events);
        let age = lag.oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0));
        self.oldest.get_or_create(&label).set(age as f64 / 1_000.0);
        if let Some(at) = delivered_at {
            self.delivered_at.get_or_create(&label).set(at as f64 / 1_000.0);
        }
    }
}
