//! An event as a JSON document in the Elastic Common Schema, version 8.11
//! (<https://www.elastic.co/guide/en/ecs/8.11/index.html>). Members for which the schema has no field are below `milguard`.
//! `docs/siem.md` has the table.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::store::{Millis, StoredEvent};

/// The action of an event that an administrator sends to try a destination.
pub(super) const TEST: &str = "test";

/// The document for an event.
pub(super) fn document(event: &StoredEvent, host: &str) -> Value {
    let mut document = json!({
        "@timestamp": time(event.time),
        "ecs": { "version": "8.11.0" },
        "message": sentence(event),
        "event": {
            "id": event.id,
            "kind": if event.action == "audited" || event.action == TEST { "event" } else { "alert" },
            "category": ["email"],
            "type": [kind(&event.action)],
            "action": event.action,
            "severity": severity(&event.severity),
            "reason": event.reasons.join(", "),
            "created": time(event.received),
            "module": "milguard",
            "dataset": "milguard.event",
        },
        "rule": {
            "name": event.reasons.first(),
            "ruleset": event.policy_id,
            "version": event.policy_version.to_string(),
        },
        "agent": { "type": event.host, "version": event.client_version, "id": event.client },
        "observer": {
            "vendor": "Milguard",
            "product": "Milguard",
            "version": env!("CARGO_PKG_VERSION"),
            "hostname": host,
        },
        "destination": { "domain": event.domain },
        "email": { "to": { "address": event.address.as_ref().map(|address| [address]) } },
        "milguard": {
            "message": event.message,
            "group": event.group,
            "severity": event.severity,
            "reasons": event.reasons,
            "raised_by": if event.raised_by.is_empty() { None } else { Some(&event.raised_by) },
            "justification": event.justification,
        },
    });
    if let Some(members) = document.as_object_mut() {
        remove_empty(members);
    }
    document
}

/// What happened, in words that are the same for each action.
pub(super) fn name(action: &str) -> &'static str {
    match action {
        "fixed" => "Sender took the suggested address",
        "removed" => "Sender removed the recipient",
        "sent-anyway" => "Sender sent in spite of the warning",
        "cancelled" => "Sender went back to the message",
        "blocked" => "Milguard blocked the message",
        "asked" => "Outlook asked the sender",
        "audited" => "Message sent in audit mode",
        TEST => "Test event",
        _ => "Recipient flagged",
    }
}

/// What happened, with the domain if it is known.
fn sentence(event: &StoredEvent) -> String {
    let name = name(&event.action);
    event.domain.as_ref().map_or_else(|| name.to_owned(), |domain| format!("{name}: {domain}"))
}

/// The severity as a number from 0 to 10, as CEF has it.
pub(super) fn severity(severity: &str) -> u8 {
    match severity {
        "block" => 9,
        "warn" => 7,
        "notice" => 4,
        _ => 1,
    }
}

/// RFC 3339 in UTC, with milliseconds.
pub(super) fn time(ms: Millis) -> String {
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// The test event for a destination; it belongs to no client.
pub(super) fn test_event(now: Millis) -> StoredEvent {
    StoredEvent {
        id: uuid::Uuid::new_v4().to_string(),
        message: uuid::Uuid::new_v4().to_string(),
        time: now,
        received: now,
        group: "default".to_owned(),
        client: None,
        host: "gateway".to_owned(),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        policy_id: "default".to_owned(),
        policy_version: 1,
        action: TEST.to_owned(),
        severity: "notice".to_owned(),
        reasons: vec!["suffix-typo".to_owned()],
        raised_by: Vec::new(),
        domain: Some("test.example".to_owned()),
        address: None,
        justification: None,
    }
}

fn kind(action: &str) -> &'static str {
    match action {
        "sent-anyway" | "audited" => "allowed",
        "blocked" | "cancelled" => "denied",
        "fixed" | "removed" => "change",
        _ => "info",
    }
}

/// Removes members without a value and objects without members, because the schema has no null.
fn remove_empty(members: &mut Map<String, Value>) {
    members.retain(|_, value| {
        if let Value::Object(inner) = value {
            remove_empty(inner);
            return !inner.is_empty();
        }
        !value.is_null()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_the_fields_of_the_schema_and_no_null() {
        let event = StoredEvent {
            id: "11111111-1111-4111-8111-111111111111".to_owned(),
            time: 1_790_000_000_123,
            received: 1_790_000_001_000,
            action: "sent-anyway".to_owned(),
            severity: "warn".to_owned(),
            domain: Some("army.ml".to_owned()),
            address: Some("bob@army.ml".to_owned()),
            client: Some("c1".to_owned()),
            justification: Some("a \"reason\"\n".to_owned()),
            message: "m".to_owned(),
            ..test_event(0)
        };
        let document = document(&event, "milguard.example.mil");
        let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
        for (pointer, value) in [
            ("/@timestamp", json!("2026-09-21T14:13:20.123Z")),
            ("/event/created", json!("2026-09-21T14:13:21.000Z")),
            ("/event/id", json!("11111111-1111-4111-8111-111111111111")),
            ("/event/kind", json!("alert")),
            ("/event/type", json!(["allowed"])),
            ("/event/action", json!("sent-anyway")),
            ("/event/severity", json!(7)),
            ("/destination/domain", json!("army.ml")),
            ("/email/to/address", json!(["bob@army.ml"])),
            ("/agent/id", json!("c1")),
            ("/observer/hostname", json!("milguard.example.mil")),
            ("/rule/version", json!("1")),
            ("/milguard/justification", json!("a \"reason\"\n")),
            ("/message", json!("Sender sent in spite of the warning: army.ml")),
        ] {
            assert_eq!(at(pointer), value, "{pointer}");
        }
    }

    #[test]
    fn an_event_has_no_empty_members() {
        let bare = StoredEvent { domain: None, ..test_event(0) };
        let text = document(&bare, "h").to_string();
        for word in ["null", "destination", "\"email\":", "justification", "\"id\":null"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
