//! `GET /v1/policy`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use tokio::task::spawn_blocking;

use super::super::{
    compression, conditional::is_current, metrics::PolicyOutcome, problem::Problem, state::AppState,
};
use super::{
    authentication::client_of, client::Client, event_in::is_version, refusals::KeyRefusals,
};

/// The policy of the client's group
///
/// The organisation's policy with the changes of the group that no lock forbids; defaults are
/// filled in. `id` is the group's, and `version` grows with every change. Ask once a minute, and
/// name the policy that you have with `If-None-Match`. The server answers with a changed policy two
/// seconds after the change.
#[utoipa::path(
    get,
    path = "/v1/policy",
    tag = "clients",
    security(("clientKey" = [])),
    params(
        (
            "If-None-Match" = Option<String>, Header,
            description = "The ETag of the policy that the client has",
        ),
        ("client" = Option<String>, Query, description = "The version of the client; anything else is ignored"),
    ),
    responses(
        (
            status = 200, description = "The policy, as the schema from `milguard policy schema` describes it",
            body = Object, content_type = "application/json",
            headers(("ETag" = String, description = "Changes with the policy")),
        ),
        (status = 304, description = "The client has it already"),
        KeyRefusals,
        (status = 503, description = "The policy cannot be read", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_policy(
    State(state): State<AppState>,
    client: Client,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    state.metrics.policy(PolicyOutcome::Sent);
    // The client's next request shows whether it has accepted this policy.
    state.clients.directory.contact(&client, version(&uri), None);
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let group = Arc::clone(&client.group);
    let wanted: Vec<_> = compression::accepted(&headers).collect();
    // Compressing takes too long for other requests to wait, but happens once.
    let packed = spawn_blocking(move || {
        wanted.into_iter().find_map(|encoding| Some((encoding.name()?, group.encoded(encoding)?)))
    });
    match packed.await.ok().flatten() {
        Some((name, body)) => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static(name))];
            (caching(&client), content_type, encoding, body).into_response()
        }
        None => (caching(&client), content_type, client.group.body.clone()).into_response(),
    }
}

/// The answer to a client that has its policy already. `None` where the request is anything else.
///
/// Nearly all requests are of this kind, since every client asks once a minute. The layers that a
/// response with a body goes through would cost more than this answer.
pub(crate) fn unchanged_policy(state: &AppState, request: &Request) -> Option<Response> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let has_one = request.headers().contains_key(header::IF_NONE_MATCH);
    if !is_read || !has_one || request.uri().path() != "/v1/policy" {
        return None;
    }
    let client = client_of(request.headers(), state).ok()?;
    if !is_current(request.headers(), std::slice::from_ref(&client.group.etag)) {
        return None;
    }
    state.metrics.policy(PolicyOutcome::Unchanged);
    let has = Some(client.group.version);
    state.clients.directory.contact(&client, version(request.uri()), has);
    // These are the headers that those layers would set.
    let sharing = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("etag,retry-after,x-request-id"),
        ),
    ];
    Some((StatusCode::NOT_MODIFIED, caching(&client), sharing).into_response())
}

/// The version that the client says it has.
fn version(uri: &Uri) -> Option<&str> {
    let mut pairs = uri.query()?.split('&');
    let version = pairs.find_map(|pair| pair.strip_prefix("client="))?;
    is_version(version).then_some(version)
}

/// A client with another key may have another policy, so a cache must ask each time.
fn caching(client: &Client) -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::VARY, HeaderValue::from_static("authorization, accept-encoding")),
        (header::ETAG, client.group.etag.clone()),
    ]
}
