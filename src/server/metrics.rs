//! The counters behind `/metrics`, in the text format of Prometheus (OpenMetrics).
//!
//! Labels come from closed sets: route templates, statuses, outcomes. No label comes from a client,
//! so their number is bounded, and they hold no address or domain.

use std::{
    fmt::{self, Write},
    sync::Arc,
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use crate::alert::AlertMetrics;
use crate::export::ExportMetrics;

/// The upper limits of the buckets of a histogram in seconds: from the time for a file in memory to
/// the deadline of a request.
const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// All counters of a server. A clone counts into the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    events: Family<EventLabels, Counter>,
    policies: Family<PolicyLabels, Counter>,
    lookups: Family<LookupLabels, Counter>,
    lookup_seconds: Histogram,
    sign_ins: Family<SignInLabels, Counter>,
    /// Days until the certificate ends; no value where the server has none.
    certificate_days: Family<NoLabels, Gauge>,
    /// Free bytes on the database's disk; no value where that is on another machine.
    disk_free: Family<NoLabels, Gauge>,
    /// Events that wait for the store.
    pub(crate) event_queue: Gauge,
    /// Connections open now.
    pub(crate) connections: Gauge,
    /// Connections closed at once because too many were open.
    pub(crate) connections_refused: Counter,
    /// Requests that ended with a panic.
    pub(crate) panics: Counter,
    /// Clients that traded a token for a key.
    pub(crate) enrolments: Counter,
    /// Lessons that somebody has finished.
    pub(crate) lessons: Counter,
    /// The counters of exports, which exports themselves keep.
    pub(super) exports: ExportMetrics,
    /// The counters of alerts.
    pub(super) alerts: AlertMetrics,
}

/// The result for an event.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum EventOutcome {
    /// Stored.
    Accepted,
    /// The server knows the event by its id, and has counted it.
    Duplicate,
    /// The event is invalid, or reports more than the policy allows.
    Refused,
    /// The server asked the client to come back later, since the store cannot keep up.
    Deferred,
}

/// How a request for a policy was answered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum PolicyOutcome {
    /// The answer was the policy.
    Sent,
    /// The client already had the policy.
    Unchanged,
}

/// How a question about a domain was answered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum LookupOutcome {
    /// An earlier answer was still valid.
    Cached,
    /// Name servers answered.
    Answered,
    /// Name servers did not answer, or said that they cannot.
    Failed,
}

/// How an attempt to sign in to the dashboard ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum SignInOutcome {
    /// The server started a session.
    Succeeded,
    /// Name, password or code was wrong.
    Failed,
    /// Too many tries were made.
    Limited,
}

macro_rules! label_value {
    ($($type:ident { $($variant:ident => $text:literal),+ $(,)? })+) => {$(
        impl $type {
            const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];
        }

        impl EncodeLabelValue for $type {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
                encoder.write_str(match self { $(Self::$variant => $text),+ })
            }
        }
    )+};
}

label_value! {
    EventOutcome {
        Accepted => "accepted", Duplicate => "duplicate", Refused => "refused", Deferred => "deferred",
    }
    PolicyOutcome { Sent => "sent", Unchanged => "unchanged" }
    SignInOutcome { Succeeded => "succeeded", Failed => "failed", Limited => "limited" }
    LookupOutcome { Cached => "cached", Answered => "answered", Failed => "failed" }
}

/// The labels of a metric with a single value or no value: it needs none.
type NoLabels = Vec<(String, String)>;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct EventLabels {
    outcome: EventOutcome,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct PolicyLabels {
    outcome: PolicyOutcome,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct LookupLabels {
    outcome: LookupOutcome,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct SignInLabels {
    outcome: SignInOutcome,
}

impl Metrics {
    /// Counters that are all zero.
    #[expect(
        clippy::too_many_lines,
        reason = "the pattern names every counter, so that the compiler finds one that nobody registers"
    )]
    pub(crate) fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut registry = Registry::with_prefix("milguard");
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", version);
        let mut metrics = Self {
            registry: Arc::new(Registry::default()),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(histogram),
            events: Family::default(),
            policies: Family::default(),
            lookups: Family::default(),
            lookup_seconds: histogram(),
            sign_ins: Family::default(),
            certificate_days: Family::default(),
            disk_free: Family::default(),
            event_queue: Gauge::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            panics: Counter::default(),
            enrolments: Counter::default(),
            lessons: Counter::default(),
            exports: ExportMetrics::default(),
            alerts: AlertMetrics::default(),
        };
        let Self {
            registry: _,
            requests,
            request_seconds,
            events,
            policies,
            lookups,
            lookup_seconds,
            sign_ins,
            certificate_days,
            disk_free,
            event_queue,
            connections,
            connections_refused,
            panics,
            enrolments,
            lessons,
            exports,
            alerts,
        } = metrics.clone();
        registry.register("http_requests", "Requests by route, method and status", requests);
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to the head of its response",
            Unit::Seconds,
            request_seconds,
        );
        registry.register("http_connections", "Connections open now", connections);
        registry.register(
            "http_connections_refused",
            "Connections closed at once because too many were open",
            connections_refused,
        );
        registry.register("http_panics", "Requests that ended with a panic", panics);
        registry.register("enrolments", "Clients that traded a token for a key", enrolments);
        registry.register("lessons", "Lessons that somebody has finished", lessons);
        registry.register("events", "Events, by result", events);
        registry.register("event_queue", "Events that wait for the store", event_queue);
        registry.register("policy_requests", "Requests for a policy, by result", policies);
        registry.register("dns_lookups", "Questions about domains, by result", lookups);
        registry.register_with_unit(
            "dns_lookup_duration",
            "Time that name servers took",
            Unit::Seconds,
            lookup_seconds,
        );
        registry.register("sign_ins", "Attempts to sign in, by result", sign_ins);
        registry.register(
            "certificate_days_left",
            "Days until the certificate ends; negative after it has",
            certificate_days,
        );
        registry.register_with_unit(
            "database_disk_free",
            "Free room on the disk of the SQLite database",
            Unit::Bytes,
            disk_free,
        );
        exports.register(&mut registry);
        alerts.register(&mut registry);
        metrics.registry = Arc::new(registry);
        // Prometheus computes a rate only for a counter that it has seen at zero.
        for outcome in EventOutcome::ALL {
            metrics.events(outcome, 0);
        }
        for outcome in PolicyOutcome::ALL {
            let _ = metrics.policies.get_or_create(&PolicyLabels { outcome });
        }
        for outcome in SignInOutcome::ALL {
            let _ = metrics.sign_ins.get_or_create(&SignInLabels { outcome });
        }
        for outcome in LookupOutcome::ALL {
            let _ = metrics.lookups.get_or_create(&LookupLabels { outcome });
        }
        metrics
    }

    /// Counts a request that has been answered. `route` is a template, never a path.
    pub(super) fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method, route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route: route.to_owned() };
        self.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts events.
    pub(crate) fn events(&self, outcome: EventOutcome, count: u64) {
        self.events.get_or_create(&EventLabels { outcome }).inc_by(count);
    }

    /// Counts an answer to a request for a policy.
    pub(crate) fn policy(&self, outcome: PolicyOutcome) {
        self.policies.get_or_create(&PolicyLabels { outcome }).inc();
    }

    /// Notes how many days the certificate has left; negative after its end.
    pub(super) fn certificate_days(&self, days: i64) {
        self.certificate_days.get_or_create(&Vec::new()).set(days);
    }

    /// Notes how many bytes are free where the database is.
    pub(super) fn disk_free(&self, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.disk_free.get_or_create(&Vec::new()).set(bytes);
    }

    /// Counts an attempt to sign in.
    pub(crate) fn sign_in(&self, outcome: SignInOutcome) {
        self.sign_ins.get_or_create(&SignInLabels { outcome }).inc();
    }

    /// Counts an answer about a domain, and how long name servers took for it where they were asked.
    pub(crate) fn lookup(&self, outcome: LookupOutcome, took: Option<Duration>) {
        self.lookups.get_or_create(&LookupLabels { outcome }).inc();
        if let Some(took) = took {
            self.lookup_seconds.observe(took.as_secs_f64());
        }
    }

    /// The text that Prometheus reads.
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
