//! Conditional requests (RFC 9110 §13): whether the client already has what it asks for.

use axum::http::{HeaderMap, HeaderValue, header};

/// `If-None-Match` (RFC 9110 §13.1.2): a list of validators or `*`; `W/` does not matter here.
pub(super) fn is_current(headers: &HeaderMap, etags: &[HeaderValue]) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| {
        let tag = tag.trim_start_matches("W/").as_bytes();
        tag == b"*" || etags.iter().any(|etag| etag.as_bytes() == tag)
    })
}
