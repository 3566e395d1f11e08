//! `POST /v1/events`.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{
    client_address::ClientAddress,
    limits::{busy, network},
    metrics::EventOutcome,
    problem::Problem,
    state::AppState,
};
use super::{
    client::Client,
    event_in::{EventBatch, EventIn, MAX_EVENTS, Object},
    json_body::{check_type, shorten},
    refusals::{BodyRefusals, KeyRefusals},
};
use crate::policy::Reporting;
use crate::store::{DAY, Event, IngestError, Millis};

/// The largest body; a batch of 1,000 ordinary events has a quarter of this size.
const MAX_BODY: usize = 2 << 20;

/// The oldest decision that the server accepts.
const MAX_AGE: Millis = 31 * DAY;

/// How many events the server stored, knew already and dropped.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventReceipt {
    /// Stored and counted.
    stored: usize,
    /// Events that the server knows by their id, and so has counted already.
    duplicates: usize,
    /// Events that the server does not store: the group's policy has reporting off, or they are
    /// older than a month or than the retention period.
    dropped: usize,
}

/// Report events
///
/// The server answers once it has stored the events: all of them, or none. By its `id`, it
/// recognises an event that is sent again, and counts it once. It leaves out what the group's
/// policy forbids to report, whatever the client sends.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "clients",
    security(("clientKey" = [])),
    request_body(content = EventBatch, description = "At most 1,000 events and 2 MiB"),
    responses(
        (status = 200, description = "The server has stored the events: the client can forget them", body = EventReceipt),
        BodyRefusals,
        KeyRefusals,
        (status = 413, description = "Too many events, or too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid batch of events; `detail` names the place", body = Problem, content_type = "application/problem+json"),
        (
            status = 429, description = "Too many events at once: send them again later",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds")),
        ),
        (
            status = 503, description = "The database does not answer: send the events again later",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds")),
        ),
    ),
)]
pub(super) async fn post_events(
    State(state): State<AppState>,
    client: Client,
    address: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EventReceipt>, Problem> {
    let sender = client.sender();
    let key = sender.key();
    let now = Instant::now();
    let network = network(address.0);
    let taken = state.clients.batches.take(&key, now);
    // A client could enrol again and again to get many keys, so its network has a limit too.
    if let Err(wait) = taken.and_then(|()| state.clients.network_batches.take(&network, now)) {
        let detail =
            "too many batches from this client or its network; try again after Retry-After seconds";
        return Err(Problem::too_many("too-many-batches", detail, wait));
    }
    check_type(&headers)?;
    state.clients.disk.check(Instant::now())?;
    let read = state.clients.bodies.read(body, MAX_BODY, &sender).await?;
    let batch = parse(&read.bytes).inspect_err(|_| {
        state.metrics.events(EventOutcome::Refused, 1);
    })?;
    drop(read);

    let sent = batch.events.len();
    let clock = &state.options.clock;
    let (received, latest) = (clock.now(), clock.latest());
    // A client that was offline for longer loses its oldest events. Without this limit, a client
    // could change the counts of a year ago.
    let oldest = state.options.retention.keeps_events_from(received).max(received - MAX_AGE);
    let events: Vec<Event> = batch
        .events
        .into_iter()
        .map(|Object(event)| event)
        .filter(|event| event.time.0 >= oldest)
        .filter_map(|event| accept(event, &client, received, latest))
        .collect();
    let has = events.iter().map(|event| event.policy_version).max();
    let version = events.last().map(|event| event.client_version.clone());
    let dropped = sent - events.len();
    take_quota(&state, &key, &client.group.group, events.len())?;
    let waiting = events.len() as u64;
    let receipt = state.clients.ingest.store(events).await.map_err(|error| {
        let outcome = match error {
            IngestError::Failed(_) => EventOutcome::Refused,
            _ => EventOutcome::Deferred,
        };
        state.metrics.events(outcome, waiting);
        refuse(&error)
    })?;
    state.clients.directory.contact(&client, version.as_deref(), has);
    state.metrics.events(EventOutcome::Accepted, receipt.stored as u64);
    state.metrics.events(EventOutcome::Duplicate, receipt.duplicates as u64);
    state.metrics.events(EventOutcome::Refused, dropped as u64);
    Ok(Json(EventReceipt { stored: receipt.stored, duplicates: receipt.duplicates, dropped }))
}

/// Checks events against the daily limits of a sender and its group.
fn take_quota(state: &AppState, sender: &str, group: &str, events: usize) -> Result<(), Problem> {
    let count = u32::try_from(events).unwrap_or(u32::MAX);
    let now = Instant::now();
    state.clients.sender_events.take_many(sender, count, now).map_err(|wait| {
        let detail = "this sender has reached its limit of events for a day";
        Problem::too_many("too-many-events-today", detail, wait)
    })?;
    state.clients.group_events.take_many(group, count, now).map_err(|wait| {
        let detail = "this group has reached its limit of events for a day";
        Problem::too_many("too-many-events-today", detail, wait)
    })
}

/// The members of an event that this group's policy lets the server store; `None` if it lets the
/// server store nothing.
fn accept(event: EventIn, client: &Client, received: Millis, latest: Millis) -> Option<Event> {
    let group = &client.group;
    if group.reporting == Reporting::Off {
        return None;
    }
    let domain = event.domain.filter(|_| group.reporting >= Reporting::Domain);
    let address = event.address.filter(|_| group.reporting >= Reporting::Address);
    let justification = event.justification.filter(|_| group.asks_justification);
    Some(Event {
        id: event.id.0,
        message: event.message.0,
        // A client's clock may be ahead, and nobody looks for events in the future.
        time: event.time.0.min(latest),
        received,
        group_id: Arc::clone(&group.group),
        client: Some(Arc::clone(&client.id)),
        host: event.host,
        client_version: event.client_version.0,
        policy_id: event.policy.0.id.0,
        policy_version: event.policy.0.version,
        action: event.action,
        severity: event.severity,
        reasons: event.reasons.into_iter().map(|reason| reason.0).collect(),
        raised_by: event.raised_by.into_iter().map(|code| code.0).collect(),
        domain: domain.map(|domain| domain.0.to_ascii_lowercase()),
        address: address.map(|address| address.0),
        justification: justification.map(|text| text.0).filter(|text| !text.is_empty()),
    })
}

fn parse(bytes: &[u8]) -> Result<EventBatch, Problem> {
    let not_json = |detail| Problem::new(StatusCode::BAD_REQUEST, "not-json", detail);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(not_json("the body is not UTF-8".to_owned()));
    };
    let batch: EventBatch = match serde_json::from_str(text) {
        Ok(Object(batch)) => batch,
        Err(error) if error.is_data() => return Err(locate(text)),
        Err(error) => return Err(not_json(shorten(&format!("the body is not JSON: {error}")))),
    };
    if batch.events.len() > MAX_EVENTS {
        let detail = format!("at most {MAX_EVENTS} events at a time");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-events", detail));
    }
    Ok(batch)
}

/// Reads the body again to find the place of the error. Noting the place on every first reading
/// would cost too much.
fn locate(text: &str) -> Problem {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read: Result<Object<EventBatch>, _> = serde_path_to_error::deserialize(&mut reader);
    let detail = match read {
        Err(error) => {
            let message = error.inner().to_string();
            // The path says more than the position in the text.
            let message = message.split(" at line ").next().unwrap_or_default();
            format!("{}: {message}", error.path())
        }
        Ok(_) => "not a valid batch of events".to_owned(),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-an-event", shorten(&detail))
}

fn refuse(error: &IngestError) -> Problem {
    match error {
        IngestError::Busy => busy(),
        IngestError::Unavailable(_) | IngestError::Closed => {
            tracing::warn!(%error, "events could not be stored");
            let detail = "the events could not be stored now; send them again later";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store-away", detail).retry_after(10)
        }
        IngestError::Failed(_) => {
            tracing::error!(%error, "the database refuses a batch of events");
            let detail = "the events cannot be stored; the server's log says why";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store-refuses", detail)
        }
    }
}
