//! `/v1/admin/events`: single events.

use std::fmt::Write;

use axum::{extract::State, response::Response};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{super::refusals::ReportRefusals, Asked, Question, Wanted, invalid, unavailable};
use crate::Severity;
use crate::server::{
    admin::{
        auth::api_token::Scope,
        shared::{
            event_query::canonical,
            export::{Form, stream_events},
            labels,
            time::{DAY, midnight, now},
        },
    },
    client_address::ClientAddress,
    problem::Problem,
    state::AppState,
};
use crate::store::{Action, ApiTokenRow, AuditEntry, EventFilter, EventOrder, Host};

/// The filters. A parameter must not be empty: otherwise a caller could mistake an unfiltered
/// answer for a filtered one.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Only events from this day on, in UTC.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-25")]
    from: Option<Date>,
    /// Only events up to the end of this day, in UTC.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Only events of this group, by its id, or of one below it.
    #[param(inline)]
    group: Option<Wanted>,
    /// Only events that this client sent, by its id.
    #[param(inline)]
    client: Option<Wanted>,
    /// Only events of this mail client.
    #[param(inline)]
    host: Option<Host>,
    /// Only events with this outcome: what the sender did, or `corrected` (fixed or removed), `held-back` (cancelled or
    /// blocked) or `sent` (sent anyway or audited).
    #[param(value_type = Option<String>, pattern = "^(fixed|removed|sent-anyway|cancelled|blocked|asked|audited|corrected|held-back|sent)$")]
    action: Option<Outcome>,
    /// Only events with this verdict.
    #[param(value_type = Option<String>, pattern = "^(pass|notice|warn|block)$")]
    severity: Option<Severity>,
    /// Only events with this reason, alone or among others.
    #[param(inline)]
    reason: Option<Wanted>,
    /// Only events with this text in the domain or the address, in capital or small letters.
    #[param(inline)]
    q: Option<Wanted>,
    /// Only events for exactly this domain.
    #[param(inline)]
    domain: Option<Wanted>,
    /// Only events for exactly this address.
    #[param(inline)]
    address: Option<Wanted>,
    /// Only events of this message, by its UUID.
    #[param(inline)]
    message: Option<Wanted>,
    /// `oldest` returns the oldest events first. By default, the newest come first.
    #[param(value_type = Option<String>, pattern = "^oldest$")]
    sort: Option<Oldest>,
    /// Return at most this many events, beginning with the first. By default, all.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// The actions that a code stands for.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Outcome(Vec<Action>);

impl TryFrom<String> for Outcome {
    type Error = String;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        match labels::actions(&code) {
            actions if actions.is_empty() => Err(format!("no such outcome: {code}")),
            actions => Ok(Self(actions)),
        }
    }
}

/// The order, if it is not the usual one.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Oldest {
    Oldest,
}

impl Question for EventsQuery {
    const SCOPE: Scope = Scope::Events;
}

impl EventsQuery {
    fn filter(self) -> EventFilter {
        let text = |wanted: Option<Wanted>| wanted.map(|wanted| wanted.0);
        EventFilter {
            from: self.from.map(midnight),
            to: self.to.map(|day| midnight(day) + DAY),
            group: text(self.group),
            client: text(self.client),
            host: self.host,
            actions: self.action.map(|outcome| outcome.0).unwrap_or_default(),
            severity: self.severity,
            reason: text(self.reason),
            domain: text(self.domain).map(canonical),
            address: text(self.address),
            part: text(self.q),
            message: text(self.message),
            order: match self.sort {
                Some(Oldest::Oldest) => EventOrder::OldestFirst,
                None => EventOrder::NewestFirst,
            },
        }
    }
}

/// Events in the order of time, one JSON object a line.
#[utoipa::path(
    get,
    path = "/v1/admin/events",
    tag = "reports",
    security(("apiToken" = [])),
    params(EventsQuery),
    responses(
        (status = 200, description = "One event a line", content_type = "application/jsonl", body = String),
        ReportRefusals,
    ),
)]
pub(super) async fn events(
    State(state): State<AppState>,
    address: ClientAddress,
    Asked { token, query }: Asked<EventsQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(i64::MAX);
    let Some(limit) = u64::try_from(limit).ok().filter(|limit| *limit > 0) else {
        return Err(invalid("limit must be 1 or more".to_owned()));
    };
    let filter = query.filter();
    audit_export(&state, &token, address, &filter).await?;
    Ok(stream_events(state.store.clone(), filter, Form::Jsonl, limit))
}

/// Notes in the audit log who exports which events, as the dashboard does. The note holds no
/// address of a person.
async fn audit_export(
    state: &AppState,
    token: &ApiTokenRow,
    address: ClientAddress,
    filter: &EventFilter,
) -> Result<(), Problem> {
    let mut detail = format!("by the token {}", token.name);
    let text = [("group", &filter.group), ("domain", &filter.domain), ("reason", &filter.reason)];
    for (name, value) in text {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(detail, ", {name} {value}");
        }
    }
    if filter.part.is_some() {
        detail.push_str(", of some recipients");
    }
    if filter.address.is_some() {
        detail.push_str(", of one address");
    }
    let from = address.0.to_string();
    let entry = AuditEntry {
        at: now(),
        actor: &token.user_name,
        address: &from,
        action: "events-exported",
        target: "api",
        detail: &detail,
    };
    state.store.audit(&entry).await.map_err(|error| unavailable(&error))
}
