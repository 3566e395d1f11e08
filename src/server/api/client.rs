//! Who asks: the bearer token of a request, and the group that it belongs to.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::super::{problem::Problem, state::AppState};
use super::directory::{GroupPolicy, Refusal};
use crate::store::now;

/// An add-in that showed a good token.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The token's id: what it is counted by.
    pub(crate) token: Arc<str>,
    /// What holds for its group.
    pub(crate) group: Arc<GroupPolicy>,
}

impl Client {
    /// Who asks, or why they get no answer.
    pub(super) fn of(headers: &HeaderMap, state: &AppState) -> Result<Self, Problem> {
        let unauthorized = |detail| Problem::new(StatusCode::UNAUTHORIZED, "token-unknown", detail);
        let Some(token) = bearer(headers) else {
            return Err(unauthorized(
                "send the group's token as `Authorization: Bearer mg_enrol_…`",
            ));
        };
        state.clients.directory.client(token, now()).map_err(|refusal| match refusal {
            Refusal::Unknown => {
                unauthorized("no group has this token; an administrator can make one")
            }
            Refusal::Revoked | Refusal::Expired => Problem::new(
                StatusCode::FORBIDDEN,
                "token-ended",
                "this token was revoked or has expired; an administrator can make another one",
            ),
            Refusal::NoPolicy => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "policy-unreadable",
                "the policy of this group cannot be read; the server's log says why",
            )
            .retry_after(60),
        })
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
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
