//! Requests and responses.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Assets, assets::Lookup};

/// Nothing but the page's own files; `'wasm-unsafe-eval'` lets it compile the checker, and no string.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// On every response, errors too.
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(super) fn router(assets: Assets) -> Router {
    Router::new()
        .fallback(get(asset))
        .with_state(Arc::new(assets))
        .layer(middleware::map_response(secure))
}

async fn asset(State(assets): State<Arc<Assets>>, uri: Uri, headers: HeaderMap) -> Response {
    match assets.get(uri.path()) {
        Lookup::Found(asset) => {
            // A browser may keep the file but asks each time whether it is current: an update of the
            // pages is seen at once, and no page runs with the checker of another version.
            let caching = [
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
                (header::ETAG, asset.etag.clone()),
            ];
            if is_current(&headers, &asset.etag) {
                return (StatusCode::NOT_MODIFIED, caching).into_response();
            }
            let content_type = [(header::CONTENT_TYPE, asset.content_type.clone())];
            (caching, content_type, asset.body.clone()).into_response()
        }
        Lookup::Folder => {
            // Relative, so that it holds behind a proxy with a path prefix. The path names a file in
            // the table, so it is free of `//` and of characters a header cannot hold.
            let name = uri.path().rsplit('/').next().unwrap_or_default();
            let location = [(header::LOCATION, format!("{name}/"))];
            (StatusCode::PERMANENT_REDIRECT, location).into_response()
        }
        Lookup::Missing => (StatusCode::NOT_FOUND, "Not found.\n").into_response(),
    }
}

/// `If-None-Match` (RFC 9110 §13.1.2): a list of validators or `*`; `W/` does not matter here.
fn is_current(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_start_matches("W/").as_bytes() == etag.as_bytes())
}

async fn secure(mut response: Response) -> Response {
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
