//! The form that the editor and the review send: the document, and the version that the author began
//! with.

use serde_json::Value;

use super::form::{self, Fields};

/// The number of events for a dry run, unless the author chooses another.
const EVENTS: usize = 1_000;

/// Most events that can be chosen.
const MAX_EVENTS: usize = 10_000;

pub(super) struct Sent {
    /// The version that the author began with; 0 where there was none.
    pub(super) expected: i64,
    /// Whether the author edits JSON or switches to JSON now, and does not use the form.
    pub(super) as_json: bool,
    /// The document as JSON, even if the form was sent. Text that is not valid JSON stays as the author typed it.
    pub(super) document: String,
    /// The fields of the form, if the form was sent.
    pub(super) fields: Option<Fields>,
    pub(super) comment: String,
    /// A list to judge with and without the change.
    pub(super) pasted: String,
    /// The number of recent events to judge.
    pub(super) events: usize,
}

impl Sent {
    pub(super) fn read(mut fields: Fields) -> Self {
        let mut take = |name: &str| fields.remove(name).unwrap_or_default();
        let document = take("document");
        let is_form = take("as") == "form";
        let expected = take("expected").parse().unwrap_or(0);
        let comment = take("comment");
        let pasted = take("pasted");
        let events = take("events").parse().unwrap_or(EVENTS).clamp(1, MAX_EVENTS);
        let as_json = match &*take("show") {
            "json" => true,
            "form" => false,
            _ => !is_form,
        };
        let (document, fields) = if is_form {
            let base: Value = serde_json::from_str(&document).unwrap_or_default();
            (form::to_document(base, &fields).to_string(), Some(fields))
        } else {
            (document, None)
        };
        Self { expected, as_json, document, fields, comment, pasted, events }
    }
}
