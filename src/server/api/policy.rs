//! `GET /v1/policy`.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::super::{metrics::PolicyOutcome, problem::Problem, state::AppState};
use super::client::Client;

/// The policy of the client's group
///
/// The organisation's, with what the group changes in it and no lock forbids; defaults are filled in. `id` is
/// the group's, and `version` grows with every change. Ask once a minute and say with `If-None-Match` what you have: a
/// change is there two seconds after it was made.
#[utoipa::path(
    get,
    path = "/v1/policy",
    tag = "clients",
    security(("clientToken" = [])),
    params((
        "If-None-Match" = Option<String>, Header,
        description = "The ETag of the policy that the client has",
    )),
    responses(
        (
            status = 200, description = "The policy, as docs/policy.schema.json describes it",
            body = Object, content_type = "application/json",
            headers(("ETag" = String, description = "Changes with the policy")),
        ),
        (status = 304, description = "The client has it already"),
        (status = 401, description = "The token is missing or unknown", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token was revoked or has expired", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The policy cannot be read", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_policy(
    State(state): State<AppState>,
    client: Client,
    headers: HeaderMap,
) -> Response {
    let group = &client.group;
    // Whoever has another token has another policy; a cache in between must ask each time.
    let caching = [
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::VARY, HeaderValue::from_static("authorization")),
        (header::ETAG, group.etag.clone()),
    ];
    if super::super::routes::is_current(&headers, std::slice::from_ref(&group.etag)) {
        state.metrics.policy(PolicyOutcome::Unchanged);
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    state.metrics.policy(PolicyOutcome::Sent);
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (caching, content_type, group.body.clone()).into_response()
}
