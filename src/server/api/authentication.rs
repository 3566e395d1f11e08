//! Who sends a request, by the key or the token that it shows.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::super::{problem::Problem, state::AppState};
use super::client::Client;
use super::directory::Refusal;

/// The client that sends the request, or why it gets no answer.
pub(super) fn client_of(headers: &HeaderMap, state: &AppState) -> Result<Client, Problem> {
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
        client_of(&parts.headers, state)
    }
}

/// The key or token in a request (RFC 6750 §2.1). The scheme may be in capital or small letters.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
