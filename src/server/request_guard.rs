//! The outermost layer of every route: the id of a request, its log line and counters, the check of its host and
//! length, a limit on its time, and the headers of its response.
//!
//! All of it is one layer, since each layer costs every request a copy of the layers below.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tokio::time::timeout;

use super::{
    api::unchanged_policy, client_address::ClientAddress, headers::Headers, host::Hosts,
    problem::Problem, state::AppState,
};

/// A request with a larger body is refused unread. A batch of 1,000 events with all members is
/// smaller.
pub(super) const MAX_BODY: usize = 2 << 20;

/// The header of each response with the request's id, for people who ask about the request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The state of the layer. A clone shares it.
#[derive(Clone, Debug)]
pub(super) struct RequestGuard(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: AppState,
    hosts: Hosts,
    headers: Headers,
}

impl RequestGuard {
    pub(super) fn new(state: AppState, headers: Headers) -> Self {
        let hosts = Hosts::new(&state.origin, &state.options);
        Self(Arc::new(Inner { state, hosts, headers }))
    }
}

/// Guards one request: passes it on within the limits, or refuses it.
///
/// A log line has the route's template, never the path or the query: those carry domains and addresses.
pub(super) async fn guard(
    State(RequestGuard(around)): State<RequestGuard>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let Inner { state, hosts, headers } = &*around;
    let id = format!("{:032x}", rand::random::<u128>());
    let method = method(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("files", MatchedPath::as_str);
    let secure = headers.of(request.uri().path());
    let refused = hosts.refuse(&request).or_else(|| refuse_large(&request));
    // Answers the most frequent request before any other work.
    let known = refused.or_else(|| unchanged_policy(state, &request));
    let mut response = if let Some(response) = known {
        response
    } else {
        let client = ClientAddress::of(&request, &state.options.transport);
        request.extensions_mut().insert(client);
        bounded(request, next, state, &id).await
    };
    secure.add(response.headers_mut());
    let took = start.elapsed();
    let status = response.status();
    state.metrics.request(method, route, status.as_u16(), took);
    let took_ms = took.as_secs_f64() * 1000.0;
    if status.is_server_error() {
        tracing::warn!(id, method, route, status = status.as_u16(), took_ms, "request");
    } else {
        tracing::debug!(id, method, route, status = status.as_u16(), took_ms, "request");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Refuses a body whose declared length is too large. The handler that reads it cuts off a body that turns out longer.
fn refuse_large(request: &Request) -> Option<Response> {
    let length =
        request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok()?;
    // The dashboard's pages bound their forms themselves, each with the answer that a person can read.
    let is_page = request.uri().path().starts_with("/admin/");
    (length > MAX_BODY as u64 && !is_page).then(|| {
        let detail = "a body may have at most 2 MiB";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).into_response()
    })
}

/// The response, or an error that says why the server has none.
async fn bounded(request: Request, next: Next, state: &AppState, id: &str) -> Response {
    // A handler that panics leaves no work half done: it writes only to the store, in whole transactions.
    let caught = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(state.options.limits.timeouts.request, caught).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            state.metrics.panics.inc();
            tracing::error!(id, "a request ended with a panic");
            let text =
                format!("Something went wrong on the server. Its log says what, under {id}.\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
        Err(_elapsed) => {
            let text = "The request took too long.\n";
            let close = [(header::CONNECTION, "close")];
            (StatusCode::REQUEST_TIMEOUT, close, text).into_response()
        }
    }
}

/// The method as a label, from a closed list, because a client may invent one.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::server::{ResolverChoice, Server, ServerOptions};

    #[tokio::test]
    async fn a_panic_ends_only_its_own_request() {
        let folder = tempfile::tempdir().unwrap();
        let www = folder.path().join("www");
        fs::create_dir(&www).unwrap();
        fs::write(www.join("index.html"), "").unwrap();
        let mut options = ServerOptions::local(&www, &folder.path().join("state"));
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.resolver = ResolverChoice::Off;
        let Server { state, headers, .. } = Server::bind(options).await.unwrap();
        let around = RequestGuard::new(state.clone(), headers);
        let broken = async || -> &'static str { panic!("in a test") };
        let router = Router::new()
            .route("/broken", get(broken))
            .route("/fine", get(async || "fine"))
            .layer(middleware::from_fn_with_state(around, guard));
        for (path, status) in [("/broken", 500), ("/fine", 200), ("/broken", 500)] {
            let request =
                Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
            let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert_eq!(body.contains(&id), status == 500, "{path}: {body}");
            assert!(!body.contains("in a test"), "what went wrong is for the log");
        }
        assert_eq!(state.metrics.panics.get(), 2);
    }
}
