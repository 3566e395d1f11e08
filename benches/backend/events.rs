//! Events as clients of a large organisation would send them: each batch comes from one client, and most are
//! about a few domains.

use milguard::Severity;
use milguard::store::{Action, Event, Host, now};
use serde_json::json;

pub(crate) const BATCH: usize = 100;

const REASONS: [&str; 6] = [
    "suffix-typo",
    "suffix-embedded",
    "suffix-glued",
    "confusable",
    "name-mismatch",
    "persona-local-part",
];

/// A generator with the same numbers in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn uuid(&mut self) -> String {
        let part = |numbers: &mut Self| numbers.below(1 << 16);
        format!(
            "{:04x}{:04x}-{:04x}-4{:03x}-a{:03x}-{:04x}{:04x}{:04x}",
            part(self),
            part(self),
            part(self),
            part(self) & 0xfff,
            part(self) & 0xfff,
            part(self),
            part(self),
            part(self)
        )
    }
}

pub(crate) fn batch(numbers: &mut Numbers) -> Vec<Event> {
    let received = now();
    let host = Host::ALL[numbers.below(2)];
    (0..BATCH)
        .map(|_| {
            // Half of the events name one of ten domains, the rest any of 500.
            let domains = if numbers.below(2) == 0 { 10 } else { 500 };
            let domain = numbers.below(domains);
            let reason = numbers.below(REASONS.len());
            let mut reasons = vec![REASONS[reason].to_owned()];
            if numbers.below(3) == 0 {
                reasons.push(REASONS[(reason + 1) % REASONS.len()].to_owned());
            }
            Event {
                id: numbers.uuid(),
                message: numbers.uuid(),
                time: received - i64::try_from(numbers.below(3_600_000)).unwrap(),
                received,
                group_id: "default".into(),
                // The server reads the client's id from the key.
                client: Some("0f0e3f6e-5d2b-4a57-9d0c-3a1f6a1b2c3d".into()),
                host,
                client_version: "1.4.2".to_owned(),
                policy_id: "default".to_owned(),
                policy_version: 7,
                action: Action::ALL[numbers.below(4)],
                severity: Severity::ALL[2 + numbers.below(2)],
                reasons,
                raised_by: Vec::new(),
                domain: Some(format!("unit{domain}.army.ml")),
                address: None,
                justification: None,
            }
        })
        .collect()
}

/// The same event in the form that a client sends.
pub(crate) fn body(events: &[Event]) -> String {
    let events: Vec<_> = events
        .iter()
        .map(|event| {
            json!({
                "id": event.id,
                "message": event.message,
                "time": jiff::Timestamp::from_millisecond(event.time).unwrap().to_string(),
                "host": event.host,
                "clientVersion": event.client_version,
                "policy": { "id": event.policy_id, "version": event.policy_version },
                "action": event.action,
                "severity": event.severity,
                "reasons": event.reasons,
                "domain": event.domain,
            })
        })
        .collect();
    json!({ "events": events }).to_string()
}
