//! The counters behind `/metrics`. Labels come from closed sets, without addresses and domains.

use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, text};
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};
use prometheus_client::registry::{Registry, Unit};

/// The outcome for a recipient or a message.
#[derive(Clone, Copy, Debug, Eq, EncodeLabelValue, Hash, PartialEq)]
pub(super) enum Outcome {
    /// The recipient or message passed.
    Passed,
    /// The recipient or message was refused.
    Refused,
    /// The message was held.
    Held,
    /// The message passed with an added header.
    Marked,
    /// The recipient or message passed and was reported.
    Reported,
    /// The sender used the tag to send anyway.
    SentAnyway,
    /// The milter could not judge the message; the sender's server tries again.
    Deferred,
}

/// Why a connection ended early.
#[derive(Clone, Copy, Debug, Eq, EncodeLabelValue, Hash, PartialEq)]
pub(super) enum Broken {
    /// The peer kept silent for too long.
    Silence,
    /// The peer did not follow the protocol.
    Protocol,
    /// The network or the system failed.
    Io,
}

#[derive(Clone, Debug, Eq, EncodeLabelSet, Hash, PartialEq)]
struct OutcomeLabel {
    outcome: Outcome,
}

#[derive(Clone, Debug, Eq, EncodeLabelSet, Hash, PartialEq)]
struct BrokenLabel {
    cause: Broken,
}

/// All counters. A clone counts into the same ones.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    registry: Arc<Registry>,
    recipients: Family<OutcomeLabel, Counter>,
    messages: Family<OutcomeLabel, Counter>,
    broken: Family<BrokenLabel, Counter>,
    /// Connections of mail servers that are open now.
    pub(super) connections: Gauge,
    /// Bytes of messages in memory.
    pub(super) memory: Gauge,
    /// Seconds from the last header field, or the last byte, to the verdict.
    pub(super) seconds: Histogram,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("milguard_gateway");
        let metrics = Self {
            recipients: Family::default(),
            messages: Family::default(),
            broken: Family::default(),
            connections: Gauge::default(),
            memory: Gauge::default(),
            seconds: Histogram::new([0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1, 1.0]),
            registry: Arc::default(),
        };
        registry.register(
            "recipients",
            "Recipients by the answer to RCPT",
            metrics.recipients.clone(),
        );
        registry.register(
            "messages",
            "Messages by the answer to the mail server",
            metrics.messages.clone(),
        );
        registry.register("broken", "Connections that ended early", metrics.broken.clone());
        registry.register("connections", "Connections that are open", metrics.connections.clone());
        registry.register_with_unit(
            "message",
            "Memory held by messages",
            Unit::Bytes,
            metrics.memory.clone(),
        );
        registry.register_with_unit(
            "verdict",
            "Time for a verdict on a message",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        Self { registry: Arc::new(registry), ..metrics }
    }

    pub(super) fn recipient(&self, outcome: Outcome) {
        self.recipients.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn message(&self, outcome: Outcome) {
        self.messages.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn broken(&self, cause: Broken) {
        self.broken.get_or_create(&BrokenLabel { cause }).inc();
    }

    /// All counters in the format of `OpenMetrics`.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing into a string does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
