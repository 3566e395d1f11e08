//! `POST /v1/lessons`.

use std::time::Instant;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{
    client_address::ClientAddress,
    limits::{Sender, network},
    problem::Problem,
    state::AppState,
};
use super::{
    event_in::Uuid,
    json_body,
    refusals::{BodyRefusals, NoteRefusals},
};

/// The largest body in bytes. A lesson holds one id of 36 characters.
const MAX_BODY: usize = 1024;

/// A lesson that somebody has finished.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LessonIn {
    /// The id of the deployment whose warning led to the lesson, as the link has it. It is not a
    /// secret.
    deployment: Uuid,
}

/// Count a finished lesson
///
/// Adds one to the count of the deployment's group for today. Nothing else is stored: no name, address or answer.
#[utoipa::path(
    post,
    path = "/v1/lessons",
    tag = "clients",
    security(()),
    request_body(content = LessonIn, description = "At most 1 KiB"),
    responses(
        (status = 204, description = "Counted"),
        BodyRefusals,
        NoteRefusals,
        (status = 404, description = "No open deployment has this id", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid lesson", body = Problem, content_type = "application/problem+json"),
        (
            status = 429, description = "Too many lessons from this network: try again later",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds")),
        ),
    ),
)]
pub(super) async fn post_lesson(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    json_body::check_type(&headers)?;
    let clients = &state.clients;
    let read = clients.bodies.read(body, MAX_BODY, &Sender::stranger(address.0)).await?;
    let said: LessonIn = json_body::read(&read.bytes, "not-a-lesson")?;
    let now = state.options.clock.now();
    // Only a lesson of an open deployment counts for the limit of the network.
    let group =
        clients.directory.group_of_deployment(&said.deployment.0, now).ok_or_else(|| {
            let detail = "no open deployment has this id; take the link from a new warning";
            Problem::new(StatusCode::NOT_FOUND, "deployment-unknown", detail)
        })?;
    if let Err(wait) = clients.lessons.take(&network(address.0), Instant::now()) {
        let detail = "too many lessons from this network; try again after Retry-After seconds";
        return Err(Problem::too_many("too-many-lessons", detail, wait));
    }
    clients.disk.check(Instant::now())?;
    state.store.count_lesson(&group, now).await.map_err(|error| {
        tracing::warn!(%error, "a lesson could not be counted");
        let detail = "the lesson could not be counted now; try again later";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store-away", detail).retry_after(10)
    })?;
    state.metrics.lessons.inc();
    Ok(StatusCode::NO_CONTENT)
}
