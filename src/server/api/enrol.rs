//! `POST /v1/enrol`.

use std::time::Instant;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{
    client_address::ClientAddress,
    limits::{Sender, network},
    problem::Problem,
    state::AppState,
};
use super::{
    authentication::{bearer, refused, unauthorized},
    event_in::{ClientVersion, KnownKey},
    json_body,
    refusals::{BodyRefusals, NoteRefusals},
};
use crate::store::{ClientNote, Host, now};

/// The largest body: a client needs fewer bytes to describe itself.
const MAX_BODY: usize = 4096;

/// What a client says about itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EnrolIn {
    host: Host,
    client_version: ClientVersion,
    /// The key that the client already has, perhaps from another deployment; the client then keeps
    /// its id.
    #[serde(default)]
    key: Option<KnownKey>,
}

/// The values that a client keeps.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Enrolled {
    /// A random id by which the dashboard knows this client.
    client: String,
    /// The client sends it with all further requests, as `Authorization: Bearer mg_client_…`.
    key: String,
    /// The client's present group.
    group: String,
}

/// Trade a token for a key
///
/// A token only enrols: a client shows it once, keeps the key that it gets, and shows that key from
/// then on. The client enrols again when the server answers a request with 401, or when it is given
/// another token.
#[utoipa::path(
    post,
    path = "/v1/enrol",
    tag = "clients",
    security(("enrolmentToken" = [])),
    request_body(content = EnrolIn, description = "At most 4 KiB"),
    responses(
        (status = 200, description = "Enrolled", body = Enrolled),
        BodyRefusals,
        NoteRefusals,
        (status = 401, description = "The token is missing or unknown", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token was revoked or has expired, or the client was shut out", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid enrolment", body = Problem, content_type = "application/problem+json"),
        (
            status = 429, description = "Too many clients enrol at once: try again later",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds")),
        ),
    ),
)]
pub(super) async fn post_enrol(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Enrolled>, Problem> {
    let Some(token) = bearer(&headers) else {
        return Err(unauthorized("send the group's token as `Authorization: Bearer mg_enrol_…`"));
    };
    let directory = &state.clients.directory;
    // Without a valid token, a request must use no memory for its body, and must not count for the
    // limit.
    let checked = directory.enrol(token, None, Host::Thunderbird, now()).map_err(refused)?;
    json_body::check_type(&headers)?;
    let turn = format!("{} {}", checked.1.token, network(address.0));
    if let Err(wait) = state.clients.enrolments.take(&turn, Instant::now()) {
        let detail =
            "too many clients enrol from this network; try again after Retry-After seconds";
        return Err(Problem::too_many("too-many-enrolments", detail, wait));
    }
    let sender = Sender::stranger(address.0);
    let read = state.clients.bodies.read(body, MAX_BODY, &sender).await?;
    let said: EnrolIn = json_body::read(&read.bytes, "not-a-client")?;
    let now = now();
    let enrolled = directory.enrol(token, said.key.as_ref().map(|key| &*key.0), said.host, now);
    let (key, client) = enrolled.map_err(refused)?;
    let note = ClientNote {
        id: client.id.to_string(),
        token_id: client.token.to_string(),
        group_id: client.group.group.to_string(),
        host: said.host,
        version: said.client_version.0,
        policy_version: 0,
        seen: now,
    };
    // The client is stored before it gets its key.
    state.store.note_clients(&[note]).await.map_err(|error| {
        tracing::warn!(%error, "a client could not be enrolled");
        let detail = "the client could not be stored now; try again later";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store-away", detail).retry_after(10)
    })?;
    state.metrics.enrolments.inc();
    Ok(Json(Enrolled { client: client.id.to_string(), key, group: client.group.group.to_string() }))
}
