//! Bodies of requests: JSON as it is, and small ones into what they describe.

use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{super::problem::Problem, event_in::Object};

/// The answer says this much of a mistake; the text may be as long as what a client sends.
const MAX_DETAIL: usize = 300;

pub(super) fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let is_plain = matches!(text(header::CONTENT_ENCODING), "" | "identity");
    if content_type.eq_ignore_ascii_case("application/json") && is_plain {
        return Ok(());
    }
    let detail = "send JSON, not compressed, with `Content-Type: application/json`";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail))
}

/// What a small body describes. `code` names what it is not where it is JSON of something else.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], code: &'static str) -> Result<T, Problem> {
    let read: Result<Object<T>, _> = serde_json::from_slice(bytes);
    read.map(|Object(described)| described).map_err(|error| {
        if error.is_data() {
            let detail = shorten(&error.to_string());
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "not-json", "the body is not JSON")
        }
    })
}

pub(super) fn shorten(detail: &str) -> String {
    detail.chars().take(MAX_DETAIL).collect()
}
