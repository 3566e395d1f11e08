//! Who sends a request: the key of a client, and the group that it belongs to.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::super::{limits::Sender, problem::Problem, state::AppState};
use super::directory::{GroupPolicy, Refusal};
use super::key::Key;

/// A client that showed a good key.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The contents of its key.
    pub(super) key: Key,
    /// Its own id, by which the server limits it and stores its events.
    pub(crate) id: Arc<str>,
    /// The id of the token that enrolled it.
    pub(crate) token: Arc<str>,
    /// The policy in force for its group.
    pub(crate) group: Arc<GroupPolicy>,
}

impl Client {
    pub(super) fn new(key: Key, token: Arc<str>, group: Arc<GroupPolicy>) -> Self {
        Self { id: key.client.to_string().into(), key, token, group }
    }

    /// The sender for whom limits count.
    pub(crate) fn sender(&self) -> Sender {
        Sender::client(Arc::clone(&self.id))
    }

    /// The client that sends the request, or why it gets no answer.
    pub(super) fn of(headers: &HeaderMap, state: &AppState) -> Result<Self, Problem> {
        let Some(key) = bearer(headers) else {
            return Err(unauthorized(
                "enrol first, and send the key as `Authorization: Bearer mg_client_…`",
            ));
        };
        state.clients.directory.client(key).map_err(|refusal| match refusal {
            Refusal::Unknown => {
                unauthorized("this server knows no such key: enrol (again) by POST /v1/enrol")
            }
            other => refused(other),
        })
    }
}

pub(super) fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token-unknown", detail)
}

/// Why a token or a key is not valid.
pub(super) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unknown => unauthorized("no group has this token; an administrator can make one"),
        Refusal::Revoked | Refusal::Expired => Problem::new(
            StatusCode::FORBIDDEN,
            "token-ended",
            "this token was revoked or has expired; an administrator can make another one",
        ),
        Refusal::ShutOut => Problem::new(
            StatusCode::FORBIDDEN,
            "client-shut-out",
            "an administrator has shut out this client",
        ),
        Refusal::NoPolicy => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "policy-unreadable",
            "the policy of this group cannot be read; the server's log says why",
        )
        .retry_after(60),
    }
}

impl FromRequestParts<AppState> for Client {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        Self::of(&parts.headers, state)
    }
}

/// RFC 6750 §2.1; the scheme in any case.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
