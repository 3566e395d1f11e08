//! Events as files: CSV for spreadsheets, JSON lines for programs; `/v1/admin/events` sends them as
//! well. The server reads the events page by page while it sends them, so that memory does not grow
//! with their number.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;

use super::time::Moment;
use crate::store::{EventCursor, EventFilter, Store, StoreError, StoredEvent};
use crate::text::csv_cell::harmless;

/// Events to read at a time.
const BATCH: u16 = 1_000;

/// The form of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Csv,
    Jsonl,
}

impl Form {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/jsonl",
        }
    }

    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

/// An event in an export: times are texts, and a missing value is null.
#[derive(Serialize)]
struct Exported<'a> {
    id: &'a str,
    message: &'a str,
    time: String,
    received: String,
    group: &'a str,
    host: &'a str,
    #[serde(rename = "clientVersion")]
    client_version: &'a str,
    #[serde(rename = "policyId")]
    policy_id: &'a str,
    #[serde(rename = "policyVersion")]
    policy_version: i64,
    action: &'a str,
    severity: &'a str,
    reasons: &'a [String],
    #[serde(rename = "raisedBy")]
    raised_by: &'a [String],
    domain: Option<&'a str>,
    address: Option<&'a str>,
    justification: Option<&'a str>,
    client: Option<&'a str>,
}

const COLUMNS: [&str; 17] = [
    "id",
    "message",
    "time",
    "received",
    "group",
    "host",
    "clientVersion",
    "policyId",
    "policyVersion",
    "action",
    "severity",
    "reasons",
    "domain",
    "address",
    "justification",
    "client",
    "raisedBy",
];

/// The response that sends at most `limit` events.
pub(crate) fn stream_events(store: Store, filter: EventFilter, form: Form, limit: u64) -> Response {
    struct Reading {
        cursor: Option<EventCursor>,
        left: u64,
        first: bool,
    }
    let begin = Reading { cursor: None, left: limit, first: true };
    let batches = stream::try_unfold(Some(begin), move |reading| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let Some(reading) = reading else { return Ok(None) };
            let size = u16::try_from(reading.left.min(u64::from(BATCH))).unwrap_or(BATCH);
            // An error ends the response early, which the client notices.
            let page = store.events(&filter, reading.cursor.as_ref(), size).await?;
            let text = write(&page.events, form, reading.first);
            let left = reading.left - u64::from(size);
            let next = page.next.filter(|_| left > 0);
            let next = next.map(|cursor| Reading { cursor: Some(cursor), left, first: false });
            Ok::<_, StoreError>(Some((Bytes::from(text), next)))
        }
    });
    let content_type = HeaderValue::from_static(form.content_type());
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(batches)).into_response()
}

fn write(events: &[StoredEvent], form: Form, first: bool) -> Vec<u8> {
    match form {
        Form::Csv => write_csv(events, first),
        Form::Jsonl => {
            let mut out = Vec::new();
            for event in events {
                // Writing to a vector cannot fail, and an event holds nothing that JSON cannot.
                let _ = serde_json::to_writer(&mut out, &exported(event));
                out.push(b'\n');
            }
            out
        }
    }
}

fn write_csv(events: &[StoredEvent], first: bool) -> Vec<u8> {
    // RFC 4180 §2: lines end in CR LF.
    let terminator = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    // Writing to a vector cannot fail.
    if first {
        let _ = writer.write_record(COLUMNS);
    }
    for event in events {
        let row = exported(event);
        let (reasons, raised_by) = (row.reasons.join(" "), row.raised_by.join(" "));
        let version = row.policy_version.to_string();
        let cells = [
            row.id,
            row.message,
            &row.time,
            &row.received,
            row.group,
            row.host,
            row.client_version,
            row.policy_id,
            &version,
            row.action,
            row.severity,
            &reasons,
            row.domain.unwrap_or_default(),
            row.address.unwrap_or_default(),
            row.justification.unwrap_or_default(),
            row.client.unwrap_or_default(),
            &raised_by,
        ];
        let _ = writer.write_record(cells.map(|cell| harmless(cell).into_owned()));
    }
    writer.into_inner().unwrap_or_default()
}

fn exported(event: &StoredEvent) -> Exported<'_> {
    Exported {
        id: &event.id,
        message: &event.message,
        time: Moment(event.time).iso(),
        received: Moment(event.received).iso(),
        group: &event.group,
        host: &event.host,
        client_version: &event.client_version,
        policy_id: &event.policy_id,
        policy_version: event.policy_version,
        action: &event.action,
        severity: &event.severity,
        reasons: &event.reasons,
        raised_by: &event.raised_by,
        domain: event.domain.as_deref(),
        address: event.address.as_deref(),
        justification: event.justification.as_deref(),
        client: event.client.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(justification: &str) -> StoredEvent {
        StoredEvent {
            id: "a".to_owned(),
            message: "b".to_owned(),
            time: 0,
            received: 1000,
            group: "default".to_owned(),
            client: None,
            host: "outlook".to_owned(),
            client_version: "1.0.0".to_owned(),
            policy_id: "default".to_owned(),
            policy_version: 1,
            action: "fixed".to_owned(),
            severity: "warn".to_owned(),
            reasons: vec!["suffix-typo".to_owned(), "confusable".to_owned()],
            raised_by: Vec::new(),
            domain: Some("army.ml".to_owned()),
            address: Some("=cmd|' /C calc'!A0@army.ml".to_owned()),
            justification: Some(justification.to_owned()),
        }
    }

    #[test]
    fn csv_can_be_read_back_whatever_is_in_it() {
        let text = "\"quoted\", and\r\non two lines, =1";
        let bytes = write_csv(&[event(text)], true);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(&row[14], text);
        assert_eq!(&row[13], "'=cmd|' /C calc'!A0@army.ml");
        assert_eq!(&row[11], "suffix-typo confusable");
        assert_eq!(&row[2], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn json_lines_keep_every_text_as_it_is() {
        let bytes = write(&[event("a\nb"), event("=1")], Form::Jsonl, true);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["justification"], "a\nb");
        assert_eq!(lines[1]["justification"], "=1");
        assert_eq!(lines[0]["reasons"][1], "confusable");
    }
}
