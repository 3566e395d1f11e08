//! `/v1/admin/clients`: how many clients there are.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{super::refusals::ReportRefusals, Asked, Question, unavailable};
use crate::server::{
    admin::{
        auth::api_token::Scope,
        shared::time::{DAY, Moment, now},
    },
    problem::Problem,
    state::AppState,
};
use crate::store::{ClientCount, Scope as Groups};

/// Clients that were in contact within this many days count, unless the request names another number.
const DAYS: u32 = 7;

/// The clients to count.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ClientsQuery {
    /// Count clients that were in contact within this many days. The default is 7.
    #[param(minimum = 1, maximum = 1830)]
    days: Option<u32>,
}

impl Question for ClientsQuery {
    const SCOPE: Scope = Scope::Summary;
}

/// Clients that have all of this in common.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clients {
    /// The id of their group.
    group: String,
    /// The id of the token or deployment that enrolled the clients.
    token: String,
    /// The kind of client: `outlook`, `thunderbird`, `gateway` …
    host: String,
    /// The version of Milguard that these clients run.
    version: String,
    /// The version of their group's policy that they have; null if they did not say.
    policy_version: Option<i64>,
    /// When one of these clients was last in contact, accurate to some minutes: RFC 3339, in UTC.
    seen: String,
    /// The number of these clients.
    n: i64,
}

impl From<ClientCount> for Clients {
    fn from(count: ClientCount) -> Self {
        Self {
            group: count.group,
            token: count.token_id,
            host: count.host,
            version: count.version,
            policy_version: Some(count.policy_version).filter(|version| *version > 0),
            seen: Moment(count.seen).iso(),
            n: count.n,
        }
    }
}

/// How many clients are active, by group, kind, version and policy, one JSON object a line. Clients that were shut out are
/// left out.
#[utoipa::path(
    get,
    path = "/v1/admin/clients",
    tag = "reports",
    security(("apiToken" = [])),
    params(ClientsQuery),
    responses(
        (status = 200, description = "One count a line", content_type = "application/jsonl", body = Clients),
        ReportRefusals,
    ),
)]
pub(super) async fn clients(
    State(state): State<AppState>,
    Asked { query, .. }: Asked<ClientsQuery>,
) -> Result<Response, Problem> {
    let days = super::days(query.days, DAYS)?;
    let counts = state.store.count_clients(&Groups::EVERYTHING, now() - days * DAY).await;
    let counts = counts.map_err(|error| unavailable(&error))?;
    Ok(super::lines(counts.into_iter().map(Clients::from)))
}
