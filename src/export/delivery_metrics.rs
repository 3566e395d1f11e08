//! Metrics of destinations for `/metrics`, the same for exports and alerts.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::store::Millis;

/// Numbers with a fraction: times in seconds.
pub(crate) type Seconds<L> = Family<L, Gauge<f64, AtomicU64>>;

/// A destination by its name. The names come from the configuration: a closed set.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct Label {
    destination: String,
}

impl Label {
    pub(crate) fn new(destination: &str) -> Self {
        Self { destination: destination.to_owned() }
    }
}

/// Deliveries and failures for each destination, and what waits. A clone counts into the same
/// counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveryMetrics {
    delivered: Family<Label, Counter>,
    failures: Family<Label, Counter>,
    waiting: Family<Label, Gauge>,
    oldest: Seconds<Label>,
}

/// The name and the help of each counter.
pub(crate) struct Names {
    pub(crate) delivered: (&'static str, &'static str),
    pub(crate) failures: (&'static str, &'static str),
    pub(crate) waiting: (&'static str, &'static str),
    pub(crate) oldest: (&'static str, &'static str),
}

impl DeliveryMetrics {
    pub(crate) fn register(&self, registry: &mut Registry, names: &Names) {
        registry.register(names.delivered.0, names.delivered.1, self.delivered.clone());
        registry.register(names.failures.0, names.failures.1, self.failures.clone());
        registry.register(names.waiting.0, names.waiting.1, self.waiting.clone());
        let (name, help) = names.oldest;
        registry.register_with_unit(name, help, Unit::Seconds, self.oldest.clone());
    }

    /// Creates the counters of a destination with the value zero: Prometheus computes a rate only
    /// for a counter that it has seen at zero.
    pub(crate) fn begin(&self, destination: &str) {
        self.delivered(destination, 0);
        self.failures.get_or_create(&Label::new(destination)).inc_by(0);
    }

    pub(crate) fn delivered(&self, destination: &str, count: u64) {
        self.delivered.get_or_create(&Label::new(destination)).inc_by(count);
    }

    pub(crate) fn failed(&self, destination: &str) {
        self.failures.get_or_create(&Label::new(destination)).inc();
    }

    /// Sets the number of events or alerts that wait for a destination.
    pub(crate) fn waits(&self, destination: &str, count: i64) {
        self.waiting.get_or_create(&Label::new(destination)).set(count);
    }

    /// Sets the age of the oldest event or alert that waits, or zero if none waits.
    pub(crate) fn waits_since(&self, destination: &str, oldest: Option<Millis>, now: Millis) {
        let age = oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0));
        self.oldest.get_or_create(&Label::new(destination)).set(seconds(age));
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact")]
pub(crate) fn seconds(millis: Millis) -> f64 {
    millis as f64 / 1_000.0
}
