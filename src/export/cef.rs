//! An event in the Common Event Format, version 0 of the prefix (`ArcSight` CEF Implementation Standard, version 26).
//!
//! The header escapes `|` and `\`, the extension `=`, `\` and ends of lines. `docs/siem.md` has the table of fields.

use std::fmt::Write;

use crate::store::StoredEvent;

use super::ecs;

/// The line, from `CEF:0` on.
pub(super) fn line(event: &StoredEvent, host: &str) -> String {
    let mut out = format!(
        "CEF:0|Milguard|Milguard|{}|{}|{}|{}|",
        env!("CARGO_PKG_VERSION"),
        header(&event.action),
        ecs::name(&event.action),
        ecs::severity(&event.severity),
    );
    let mut extension = Extension(&mut out);
    extension.put("externalId", &event.id);
    extension.put("rt", &event.received.to_string());
    extension.put("start", &event.time.to_string());
    extension.put("act", &event.action);
    extension.put("cat", &event.severity);
    extension.put("reason", &event.reasons.join(","));
    extension.put_some("dhost", event.domain.as_deref());
    extension.put_some("duser", event.address.as_deref());
    extension.put_some("msg", event.justification.as_deref());
    extension.put("sourceServiceName", &event.host);
    extension.put("dvchost", host);
    for (number, label, value) in [
        (1, "policy", format!("{}/{}", event.policy_id, event.policy_version)),
        (2, "group", event.group.clone()),
        (3, "message", event.message.clone()),
        (4, "client", event.client.clone().unwrap_or_default()),
        (5, "clientVersion", event.client_version.clone()),
        (6, "raisedBy", event.raised_by.join(",")),
    ] {
        if !value.is_empty() {
            extension.put(&format!("cs{number}Label"), label);
            extension.put(&format!("cs{number}"), &value);
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

struct Extension<'a>(&'a mut String);

impl Extension<'_> {
    fn put(&mut self, key: &str, value: &str) {
        let _ = write!(self.0, "{key}=");
        for char in value.chars() {
            match char {
                '\\' => self.0.push_str("\\\\"),
                '=' => self.0.push_str("\\="),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                char if char.is_control() => self.0.push(' '),
                char => self.0.push(char),
            }
        }
        self.0.push(' ');
    }

    fn put_some(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }
}

fn header(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '|' => out.push_str("\\|"),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_fields_of_the_standard() {
        let event = StoredEvent {
            id: "i".to_owned(),
            message: "m".to_owned(),
            time: 1,
            received: 2,
            action: "blocked".to_owned(),
            severity: "block".to_owned(),
            reasons: vec!["suffix-typo".to_owned(), "marking".to_owned()],
            domain: Some("army.ml".to_owned()),
            address: Some("bob@army.ml".to_owned()),
            client: Some("c".to_owned()),
            ..ecs::test_event(0)
        };
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            line(&event, "milguard.example.mil"),
            format!(
                "CEF:0|Milguard|Milguard|{version}|blocked|Milguard blocked the message|9|externalId=i rt=2 start=1 \
                 act=blocked cat=block reason=suffix-typo,marking dhost=army.ml duser=bob@army.ml \
                 sourceServiceName=gateway dvchost=milguard.example.mil cs1Label=policy cs1=default/1 \
                 cs2Label=group cs2=default cs3Label=message cs3=m cs4Label=client cs4=c \
                 cs5Label=clientVersion cs5={version}"
            )
        );
    }

    #[test]
    fn hostile_text_adds_no_field_and_no_line() {
        let event = StoredEvent {
            action: "a|b\\c\nCEF:0".to_owned(),
            justification: Some("x\r\nact=fixed \\ cs1=y\u{1}".to_owned()),
            ..ecs::test_event(0)
        };
        let line = line(&event, "h");
        assert!(!line.contains(['\n', '\r', '\u{1}']), "{line}");
        assert!(line.contains("|a\\|b\\\\c CEF:0|"), "{line}");
        assert!(line.contains("msg=x\\r\\nact\\=fixed \\\\ cs1\\=y  sourceServiceName="), "{line}");
    }
}
