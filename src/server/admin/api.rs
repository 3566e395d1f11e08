//! `/v1/admin`: events and counts for programs, with a token made on the dashboard.

use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    events::{DAY, canonical, midnight},
    export::{Form, stream_events},
    page::{Moment, now},
    tokens::{self, Scope},
};
use crate::Severity;
use crate::server::{problem::Problem, state::AppState};
use crate::store::{Action, CountFilter, CountKey, EventFilter, Host, Span};

/// The longest time that is summed up.
const MAX_DAYS: u32 = 1_830;

/// Domains in a summary.
const DOMAINS: u16 = 1_000;

/// The routes, each described for `/openapi.json`.
pub(in crate::server) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(events)).routes(routes!(summary)).with_state(state)
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

/// Which events. A parameter that is there holds something: nobody should take the answer to another question
/// for theirs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// From this day on, in UTC.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-25")]
    from: Option<Date>,
    /// Up to this day and with it.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Of this group, by its id.
    #[param(inline)]
    group: Option<Wanted>,
    /// Of this mail client.
    #[param(inline)]
    host: Option<Host>,
    /// With this outcome.
    #[param(inline)]
    action: Option<Action>,
    /// With this verdict.
    #[param(value_type = Option<String>, pattern = "^(pass|notice|warn|block)$")]
    severity: Option<Severity>,
    /// With this reason among others.
    #[param(inline)]
    reason: Option<Wanted>,
    /// For exactly this domain.
    #[param(inline)]
    domain: Option<Wanted>,
    /// For exactly this address.
    #[param(inline)]
    address: Option<Wanted>,
    /// Of this message, by its UUID.
    #[param(inline)]
    message: Option<Wanted>,
    /// At most so many, the newest; all without it.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

impl EventsQuery {
    fn filter(self) -> EventFilter {
        let text = |wanted: Option<Wanted>| wanted.map(|wanted| wanted.0);
        EventFilter {
            from: self.from.map(midnight),
            to: self.to.map(|day| midnight(day) + DAY),
            group: text(self.group),
            host: self.host,
            action: self.action,
            severity: self.severity,
            reason: text(self.reason),
            domain: text(self.domain).map(canonical),
            address: text(self.address),
            message: text(self.message),
        }
    }
}

/// Events, the newest first, one JSON object a line.
#[utoipa::path(
    get,
    path = "/v1/admin/events",
    tag = "reports",
    security(("apiToken" = [])),
    params(EventsQuery),
    responses(
        (status = 200, description = "One event a line", content_type = "application/jsonl", body = String),
        (status = 400, description = "A parameter that cannot be looked for", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not good", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn events(
    State(state): State<AppState>,
    headers: HeaderMap,
    query: Result<Query<EventsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    require(&state, &headers, Scope::Events).await?;
    let Query(query) = query.map_err(|error| invalid(error.body_text()))?;
    let limit = query.limit.unwrap_or(i64::MAX);
    let Some(limit) = u64::try_from(limit).ok().filter(|limit| *limit > 0) else {
        return Err(invalid("limit must be 1 or more".to_owned()));
    };
    Ok(stream_events(state.store.clone(), query.filter(), Form::Jsonl, limit))
}

/// Which days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SummaryQuery {
    /// The last days, today with them; 30 without it.
    #[param(minimum = 1, maximum = 1830)]
    days: Option<u32>,
    /// Of this group, by its id.
    #[param(inline)]
    group: Option<Wanted>,
}

/// A line of a summary.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "of", rename_all = "kebab-case")]
enum Line {
    /// How often senders did something on a day.
    Day { day: String, action: String, n: i64 },
    /// How often a reason was given; an event with two counts for both.
    Reason { reason: String, n: i64 },
    /// How often a group's clients reported.
    Group { group: String, n: i64 },
    /// How often a mail client reported.
    Host { host: String, n: i64 },
    /// How often a domain was written to, and how often the message was sent.
    Domain { domain: String, n: i64, sent: i64 },
}

/// Counts of the last days, one JSON object a line.
#[utoipa::path(
    get,
    path = "/v1/admin/summary",
    tag = "reports",
    security(("apiToken" = [])),
    params(SummaryQuery),
    responses(
        (status = 200, description = "One count a line", content_type = "application/jsonl", body = Line),
        (status = 400, description = "A parameter that cannot be looked for", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not good", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn summary(
    State(state): State<AppState>,
    headers: HeaderMap,
    query: Result<Query<SummaryQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    require(&state, &headers, Scope::Summary).await?;
    let Query(query) = query.map_err(|error| invalid(error.body_text()))?;
    let days = query.days.unwrap_or(30);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(invalid(format!("days must be 1 to {MAX_DAYS}")));
    }
    let now = now();
    let to = now - now.rem_euclid(DAY) + DAY;
    let filter = CountFilter {
        from: to - i64::from(days) * DAY,
        to,
        group: query.group.map(|wanted| wanted.0),
        ..CountFilter::default()
    };
    let store = &state.store;
    let (over_time, reasons, groups, hosts, domains) = tokio::try_join!(
        store.counts_over_time(&filter, Span::Day),
        store.count_by(&filter, CountKey::Reason),
        store.count_by(&filter, CountKey::Group),
        store.count_by(&filter, CountKey::Host),
        store.top_domains(&filter, DOMAINS),
    )
    .map_err(|error| unavailable(&error))?;
    let mut lines: Vec<Line> = over_time
        .into_iter()
        .map(|count| Line::Day { day: Moment(count.start).day(), action: count.action, n: count.n })
        .collect();
    lines.extend(reasons.into_iter().map(|(reason, n)| Line::Reason { reason, n }));
    lines.extend(groups.into_iter().map(|(group, n)| Line::Group { group, n }));
    lines.extend(hosts.into_iter().map(|(host, n)| Line::Host { host, n }));
    lines.extend(domains.into_iter().map(|count| Line::Domain {
        domain: count.domain,
        n: count.n,
        sent: count.sent,
    }));
    let mut body = Vec::new();
    for line in &lines {
        // Writing to a vector cannot fail, and a count holds nothing that JSON cannot.
        let _ = serde_json::to_writer(&mut body, line);
        body.push(b'\n');
    }
    let content_type = HeaderValue::from_static("application/jsonl");
    Ok(([(header::CONTENT_TYPE, content_type)], Body::from(body)).into_response())
}

/// Lets through whoever has a token for `scope`.
async fn require(state: &AppState, headers: &HeaderMap, scope: Scope) -> Result<(), Problem> {
    let refused = || {
        let detail = format!(
            "send `Authorization: Bearer TOKEN` with a token for {} made on the dashboard, under API tokens",
            scope.as_str()
        );
        Problem::new(StatusCode::UNAUTHORIZED, "api-token-refused", detail)
    };
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.split_once(' '));
    let (_, token) =
        token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or_else(refused)?;
    let found = state.store.api_token(&tokens::digest(token.trim())).await;
    let found = found.map_err(|error| unavailable(&error))?.ok_or_else(refused)?;
    if !tokens::is_good(&found, scope, now()) {
        return Err(refused());
    }
    state.store.touch_api_token(&found.id, now()).await.map_err(|error| unavailable(&error))
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "query-invalid", detail)
}

fn unavailable(error: &crate::store::StoreError) -> Problem {
    tracing::warn!(%error, "a report cannot be made");
    let detail = "the database does not answer; try again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", detail).retry_after(10)
}
