//! Reads the bodies of requests: checks that they are JSON, and converts small ones into their
//! types.

use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{super::problem::Problem, event_in::Object};

/// The answer quotes at most this many characters of an error, whose text can be as long as the
/// request.
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

/// Converts a small body into its type. If the body is JSON but not of this type, the answer has
/// the error code `code`.
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
