//! HTTP: signed webhooks, as Standard Webhooks has them
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>), and Splunk's HTTP
//! Event Collector (<https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector>).

use std::{fmt::Write, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use ureq::Agent;
use url::Url;

use crate::client::retry_after;
use crate::store::{Millis, StoredEvent};

use super::{ecs, failure::Failure};

/// The most bytes to read of an answer. A longer one would cost memory and say nothing more.
const MAX_ANSWER: u64 = 64 << 10;

/// The sender for one receiver.
#[derive(Clone)]
pub(crate) struct Http {
    pub(super) to: Url,
    pub(super) agent: Agent,
    pub(super) protocol: Protocol,
    pub(super) host: String,
    pub(super) patience: Duration,
}

/// The address of a webhook.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) to: Url,
    pub(crate) agent: Agent,
    pub(crate) protocol: Protocol,
}

impl Hook {
    /// A sender. The receiver may take as long as `patience`.
    pub(crate) fn sender(&self, patience: Duration) -> Http {
        let Self { to, agent, protocol } = self.clone();
        Http { to, agent, protocol, host: String::new(), patience }
    }
}

/// How the receiver recognises the sender.
#[derive(Clone)]
pub(crate) enum Protocol {
    /// A signature with this key, and a bearer token if the receiver wants one as well.
    Webhook { key: Vec<u8>, token: Option<String> },
    /// A token, and a channel of this server's own.
    Splunk { token: String, channel: String },
}

impl Http {
    pub(super) async fn deliver(&self, events: &[&StoredEvent]) -> Result<(), Failure> {
        self.send(batch_id(events), self.body(events)).await
    }

    /// Sends a body of JSON with the `id` by which the receiver recognises it.
    ///
    /// # Errors
    ///
    /// If it is not certain that the receiver has the body.
    pub(crate) async fn send(&self, id: String, body: String) -> Result<(), Failure> {
        let this = self.clone();
        // The HTTP agent blocks, so the request runs in a thread, which ends at the deadline of the
        // agent.
        let asked = tokio::task::spawn_blocking(move || this.post(&id, &body)).await;
        asked.unwrap_or_else(|error| Err(Failure::new(error.to_string())))
    }

    fn post(&self, id: &str, body: &str) -> Result<(), Failure> {
        let request = self.agent.post(self.to.as_str()).content_type("application/json");
        let request = request.config().timeout_global(Some(self.patience)).build();
        let request = match &self.protocol {
            Protocol::Webhook { key, token } => {
                let time = jiff::Timestamp::now().as_second();
                let request = request
                    .header("webhook-id", id)
                    .header("webhook-timestamp", time.to_string())
                    .header("webhook-signature", sign(key, id, time, body));
                match token {
                    Some(token) => request.header("Authorization", format!("Bearer {token}")),
                    None => request,
                }
            }
            Protocol::Splunk { token, channel } => request
                .header("Authorization", format!("Splunk {token}"))
                .header("X-Splunk-Request-Channel", channel),
        };
        let mut answer = request.send(body).map_err(|error| Failure::new(error.to_string()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let mut what = format!("the receiver answers {status}");
        if matches!(self.protocol, Protocol::Splunk { .. }) {
            let said = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
            what.push_str(&splunk_reason(&said.unwrap_or_default()));
        }
        Err(Failure {
            what,
            retry_after: retry_after(answer.headers(), jiff::Timestamp::now()),
            is_too_large: status == 413,
            status: Some(status.as_u16()),
        })
    }

    fn body(&self, events: &[&StoredEvent]) -> String {
        match &self.protocol {
            Protocol::Webhook { .. } => {
                let all = events.iter().map(|event| ecs::document(event, &self.host));
                serde_json::Value::Array(all.collect()).to_string()
            }
            Protocol::Splunk { .. } => events.iter().fold(String::new(), |mut out, event| {
                let entry = serde_json::json!({
                    "time": seconds(event.time),
                    "host": self.host,
                    "source": "milguard",
                    "sourcetype": "milguard:event",
                    "event": ecs::document(event, &self.host),
                });
                // Writing to memory cannot fail.
                let _ = writeln!(out, "{entry}");
                out
            }),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact")]
fn seconds(ms: Millis) -> f64 {
    ms as f64 / 1_000.0
}

/// The idempotency key of a batch: the same events have the same key, even after a restart.
fn batch_id(events: &[&StoredEvent]) -> String {
    let mut hash = Sha256::new();
    for event in events {
        hash.update(event.id.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    format!("batch_{}", HEXLOWER.encode(digest.get(..16).unwrap_or_default()))
}

/// `v1,` and the HMAC-SHA-256 of id, time and body, as base64.
fn sign(key: &[u8], id: &str, time: i64, body: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// The error in Splunk's answer: `{"text":"Invalid token","code":4}`.
fn splunk_reason(body: &[u8]) -> String {
    let said = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    let text = said.get("text").and_then(serde_json::Value::as_str).unwrap_or_default();
    let text: String = text.chars().filter(|char| !char.is_control()).take(100).collect();
    if text.is_empty() { text } else { format!(": {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standard_s_example() {
        // The example of the reference implementations.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let signature =
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_batch_keeps_its_key_and_another_batch_gets_a_different_one() {
        let [a, b] = [ecs::test_event(0), ecs::test_event(0)];
        assert_eq!(batch_id(&[&a, &b]), batch_id(&[&a, &b]));
        assert_ne!(batch_id(&[&a, &b]), batch_id(&[&b, &a]));
    }

    #[test]
    fn the_reason_in_splunk_s_answer_becomes_one_line() {
        assert_eq!(splunk_reason(br#"{"text":"Invalid token","code":4}"#), ": Invalid token");
        assert_eq!(splunk_reason(b"<html>"), "");
        assert_eq!(splunk_reason(br#"{"text":"a\nb"}"#), ": ab");
    }
}
