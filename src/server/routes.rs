//! What is where, and what surrounds it.
//!
//! From the outside in: the id, log line, counters and deadline of a request; the headers of a response; the
//! check of the host; the bound on the body; the routes.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Assets, admin, api, assets::Lookup, headers::Headers, health, host, openapi, request,
    state::AppState,
};

/// A body that is larger is refused unread. A batch of 1,000 events with everything in them is below.
const MAX_BODY: usize = 2 << 20;

pub(super) fn router(state: AppState, assets: Assets, headers: Headers) -> Router {
    let documented = OpenApiRouter::with_openapi(openapi::description())
        .merge(api::router(state.clone()))
        .merge(health::router(state.clone()));
    let (documented, description) = documented.split_for_parts();
    documented
        .merge(openapi::router(&description))
        .merge(admin::router(state.clone()))
        .fallback_service(get(asset).with_state(Arc::new(assets)))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(
            host::Hosts::new(&state.origin, &state.options),
            host::check,
        ))
        .layer(middleware::from_fn_with_state(Arc::new(headers), secure))
        .layer(middleware::from_fn_with_state(state, request::observe))
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

async fn secure(State(headers): State<Arc<Headers>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    headers.secure(&path, response.headers_mut());
    response
}
