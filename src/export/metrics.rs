//! The counters of exports behind `/metrics`.

use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::delivery_metrics::{DeliveryMetrics, Label, Names, Seconds, seconds};
use crate::store::{ExportLag, Millis};

/// All counters. A clone counts into the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExportMetrics {
    deliveries: DeliveryMetrics,
    delivered_at: Seconds<Label>,
    delivers: Family<Label, Gauge>,
}

const NAMES: Names = Names {
    delivered: ("export_events", "Events that a destination has taken from this server"),
    failures: ("export_failures", "Deliveries by this server that failed"),
    waiting: (
        "export_waiting_events",
        "Events that wait for a destination, whichever server delivers",
    ),
    oldest: ("export_lag", "Age of the oldest event that waits for a destination"),
};

impl ExportMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.deliveries.register(registry, &NAMES);
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

    pub(super) fn begin(&self, name: &str) {
        self.deliveries.begin(name);
        self.delivers(name, false);
    }

    pub(super) fn delivered(&self, name: &str, count: u64) {
        self.deliveries.delivered(name, count);
    }

    pub(super) fn failed(&self, name: &str) {
        self.deliveries.failed(name);
    }

    pub(super) fn delivers(&self, name: &str, delivers: bool) {
        self.delivers.get_or_create(&Label::new(name)).set(i64::from(delivers));
    }

    pub(super) fn lag(
        &self,
        name: &str,
        lag: ExportLag,
        delivered_at: Option<Millis>,
        now: Millis,
    ) {
        self.deliveries.waits(name, lag.events);
        self.deliveries.waits_since(name, lag.oldest, now);
        if let Some(at) = delivered_at {
            self.delivered_at.get_or_create(&Label::new(name)).set(seconds(at));
        }
    }
}
