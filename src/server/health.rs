//! Answers for operators: whether the process runs, whether it can do its work, and its counters.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{options::Transport, problem::Problem, state::AppState};

/// Headers that a proxy leaves in a request.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

pub(super) fn router(state: AppState) -> OpenApiRouter {
    let router = OpenApiRouter::new();
    router
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .with_state(state)
}

/// Whether the process runs
///
/// Answers as long as the process runs. A supervisor restarts a server that no longer answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses(
    (status = 200, description = "It runs", body = String, content_type = "text/plain"),
))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server can do its work
///
/// Something could be stored a moment ago: the database answers, has room, is not damaged, and its file still
/// exists. A load balancer sends requests to a server that is ready.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "Ready", body = String, content_type = "text/plain"),
    (status = 503, description = "The server cannot store anything", body = Problem, content_type = "application/problem+json"),
))]
async fn readyz(State(state): State<AppState>) -> Response {
    let detail = match state.readiness.check(&state.store).await {
        Ok(()) => return "ready\n".into_response(),
        Err(detail) => detail,
    };
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", detail);
    problem.retry_after(5).into_response()
}

/// Counters for Prometheus
///
/// Without `--metrics-token`, the server answers only programs on this machine, and no request
/// through a proxy, which would seem to come from the proxy's machine.
#[utoipa::path(get, path = "/metrics", tag = "operations", security((), ("metricsToken" = [])), responses(
    (status = 200, description = "OpenMetrics", body = String, content_type = "application/openmetrics-text"),
    (status = 401, description = "The token is missing or wrong", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "Other machines need a token", body = Problem, content_type = "application/problem+json"),
))]
async fn metrics(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if let Some(token) = &state.options.metrics_token {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if !is_same(given, token.expose()) {
            let detail = "send the token of --metrics-token as `Authorization: Bearer …`";
            return Problem::new(StatusCode::UNAUTHORIZED, "token-unknown", detail).into_response();
        }
    } else {
        let is_proxied =
            matches!(state.options.transport, Transport::Plain { .. }) || is_forwarded(&headers);
        if is_proxied || !peer.ip().to_canonical().is_loopback() {
            let detail = "only this machine may read the counters; others need the token that --metrics-token sets";
            return Problem::new(StatusCode::NOT_FOUND, "not-here", detail).into_response();
        }
    }
    let waiting = i64::try_from(state.clients.ingest.waiting()).unwrap_or(i64::MAX);
    state.metrics.event_queue.set(waiting);
    if let Some((free, _)) = state.clients.disk.free_and_total() {
        state.metrics.disk_free(free);
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (
        [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")],
        state.metrics.render(),
    )
        .into_response()
}

/// Whether the request came through a proxy.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// Compares hashes, so that the time of the comparison reveals nothing about the token.
fn is_same(given: &str, token: &str) -> bool {
    use sha2::{Digest, Sha256};
    Sha256::digest(given) == Sha256::digest(token)
}
