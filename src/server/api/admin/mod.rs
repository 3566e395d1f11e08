//! `/v1/admin`: events and counts for programs, with a token made on the dashboard.

mod clients;
mod events;
mod summary;

use axum::{
    body::Body,
    extract::{FromRequestParts, Query},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::authentication::bearer;
use crate::server::{
    admin::{
        auth::api_token::{self, Scope},
        shared::time::now,
    },
    problem::Problem,
    state::AppState,
};
use crate::store::{ApiTokenRow, StoreError};

/// The routes, each described for `/openapi.json`.
pub(crate) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(events::events))
        .routes(routes!(summary::summary))
        .routes(routes!(clients::clients))
        .with_state(state)
}

/// A text to look for: at least one character, none of them a control character (one of the databases takes
/// no NUL), no space at either end.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(pattern = r"^[^\u0000-\u0020\u007f]([^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f])?$")]
#[serde(try_from = "String")]
struct Wanted(String);

impl TryFrom<String> for Wanted {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_control = |character: char| character.is_ascii_control();
        if text.is_empty() || text.contains(is_control) || text.trim_matches(' ') != text {
            return Err("expected a text without control characters and without space at its ends");
        }
        Ok(Self(text))
    }
}

/// The parameters of a report, which only a program with a token for `SCOPE` may ask for.
trait Question: DeserializeOwned {
    const SCOPE: Scope;
}

/// The parameters of a report, and the token that allows the program to ask for it.
struct Asked<Q> {
    token: ApiTokenRow,
    query: Q,
}

impl<Q: Question> FromRequestParts<AppState> for Asked<Q> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let token = require(state, &parts.headers, Q::SCOPE).await?;
        let query = Query::try_from_uri(&parts.uri);
        let Query(query) = query.map_err(|error| invalid(error.body_text()))?;
        Ok(Self { token, query })
    }
}

/// Lets through a program that has a token for `scope`.
async fn require(
    state: &AppState,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<ApiTokenRow, Problem> {
    let refused = || {
        let detail = format!(
            "send `Authorization: Bearer TOKEN` with a token for {} made on the dashboard, under API tokens",
            scope.as_str()
        );
        Problem::new(StatusCode::UNAUTHORIZED, "api-token-refused", detail)
    };
    let token = bearer(headers).ok_or_else(refused)?;
    let found = state.store.api_token(&api_token::digest(token)).await;
    let found = found.map_err(|error| unavailable(&error))?.ok_or_else(refused)?;
    if !api_token::is_good(&found, scope, now()) {
        return Err(refused());
    }
    state.store.touch_api_token(&found.id, now()).await.map_err(|error| unavailable(&error))?;
    Ok(found)
}

/// The most days that a report of counts covers.
const MAX_DAYS: u32 = 1_830;

/// The number of days that a report of counts covers: those in the request, or `usual`.
fn days(asked: Option<u32>, usual: u32) -> Result<i64, Problem> {
    let days = asked.unwrap_or(usual);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(invalid(format!("days must be 1 to {MAX_DAYS}")));
    }
    Ok(i64::from(days))
}

/// One JSON object a line.
fn lines<T: Serialize>(lines: impl IntoIterator<Item = T>) -> Response {
    let mut body = Vec::new();
    for line in lines {
        // Writing to a vector cannot fail, and a count holds nothing that JSON cannot.
        let _ = serde_json::to_writer(&mut body, &line);
        body.push(b'\n');
    }
    let content_type = HeaderValue::from_static("application/jsonl");
    ([(header::CONTENT_TYPE, content_type)], Body::from(body)).into_response()
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "query-invalid", detail)
}

fn unavailable(error: &StoreError) -> Problem {
    tracing::warn!(%error, "a report cannot be made");
    let detail = "the database does not answer; try again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", detail).retry_after(10)
}
