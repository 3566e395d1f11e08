//! Single events: a list with filters, and one in full.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::access::Signed,
    shared::{
        choice::{Choice, choices},
        error::AdminError,
        event_query::EventQuery,
        labels,
        page::{Done, Page, html, redirect},
        query,
        time::Moment,
    },
    state::Admin,
};
use crate::store::{Action, EventCursor, EventFilter, Host, StoredEvent, is_demo};
use crate::{Reason, Severity};

const SECTION: &str = "/admin/events";

/// Rows of a page.
const PAGE: u16 = 50;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    page: Page,
    query: EventQuery,
    groups: Vec<Choice>,
    hosts: Vec<Choice>,
    actions: Vec<Choice>,
    severities: Vec<Choice>,
    reasons: Vec<Choice>,
    events: Vec<EventRow>,
    next: Option<String>,
    is_first: bool,
    first: String,
    export: String,
    is_filtered: bool,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    page: Page,
    event: EventRow,
    others: Vec<EventRow>,
}

/// An event as a row of a table.
pub(crate) struct EventRow {
    pub(crate) event: StoredEvent,
    pub(crate) time: Moment,
    pub(crate) received: Moment,
    pub(crate) action: String,
    pub(crate) outcome: &'static str,
    pub(crate) host: String,
    pub(crate) group: String,
    /// Code and name.
    pub(crate) reasons: Vec<(String, String)>,
    /// The address, or the domain where there is no address.
    pub(crate) recipient: String,
    pub(crate) is_demo: bool,
}

/// The list.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
    Query(query): Query<EventQuery>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let names = admin.group_names().await?;
    let mut page = signed.page(SECTION, "Events").with_notice(done.code());
    let mut status = StatusCode::OK;
    let cursor = match query.after.as_str() {
        "" => None,
        after => Some(after.parse::<EventCursor>()?),
    };
    let (events, next) = match query.filter() {
        Ok(filter) => {
            let found = store.events(&filter, cursor.as_ref(), PAGE).await?;
            (found.events, found.next)
        }
        Err(problem) => {
            page = page.with_problem(problem);
            status = StatusCode::UNPROCESSABLE_ENTITY;
            (Vec::new(), None)
        }
    };
    let address = |after: Option<String>| {
        let after = after.unwrap_or_default();
        let mut members = query.members().to_vec();
        members.push(("after", &after));
        format!("/admin/events?{}", query::encode(&members))
    };
    let codes = |all: &[&str], chosen: &str, name: fn(&str) -> &str| -> Vec<Choice> {
        let choice = |code: &&str| Choice {
            value: (*code).to_owned(),
            name: name(code).to_owned(),
            chosen: *code == chosen,
        };
        all.iter().map(choice).collect()
    };
    let view = EventsPage {
        groups: choices(&names, &query.group),
        hosts: codes(&Host::ALL.map(Host::as_str), &query.host, labels::host),
        actions: codes(&Action::ALL.map(Action::as_str), &query.action, labels::action),
        severities: codes(&Severity::ALL.map(Severity::as_str), &query.severity, |code| code),
        reasons: codes(&Reason::ALL.map(Reason::as_str), &query.reason, labels::reason),
        events: events
            .into_iter()
            .map(|event| {
                let group = names.get(&event.group).cloned();
                EventRow::new(event, group)
            })
            .collect(),
        next: next.map(|cursor| address(Some(cursor.to_string()))),
        is_first: query.after.is_empty(),
        first: address(None),
        export: query.encode(),
        is_filtered: !query.encode().is_empty(),
        page,
        query,
    };
    Ok(html(status, &view))
}

/// Whose events are erased.
#[derive(Deserialize)]
pub(crate) struct Erase {
    address: String,
}

/// Erases the events about one recipient.
pub(crate) async fn erase(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Erase>,
) -> Result<Response, AdminError> {
    // Who asks for this is written down, and not about whom.
    let entry = signed.entry("events-erased", "one address", "");
    admin.store().erase_address(&form.address, &entry).await?;
    Ok(redirect("/admin/events?done=erased"))
}

/// One event, with the others of its message.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let on_page = |error: AdminError| error.on(signed.page(SECTION, "Event"));
    let event = store.event(&id).await.map_err(|error| on_page(error.into()))?;
    let names = admin.group_names().await?;
    let same = EventFilter { message: Some(event.message.clone()), ..EventFilter::default() };
    let others = store.events(&same, None, 100).await?.events;
    let row = |event: StoredEvent| {
        let group = names.get(&event.group).cloned();
        EventRow::new(event, group)
    };
    let others = others.into_iter().filter(|other| other.id != event.id).map(row).collect();
    let view = EventPage { page: signed.page(SECTION, "Event"), event: row(event), others };
    Ok(html(StatusCode::OK, &view))
}

impl EventRow {
    pub(crate) fn new(event: StoredEvent, group: Option<String>) -> Self {
        let reasons = event.reasons.iter();
        Self {
            time: Moment(event.time),
            received: Moment(event.received),
            action: labels::action(&event.action).to_owned(),
            outcome: labels::Outcome::of(&event.action).class(),
            host: labels::host(&event.host).to_owned(),
            group: group.unwrap_or_else(|| event.group.clone()),
            reasons: reasons.map(|code| (code.clone(), labels::reason(code).to_owned())).collect(),
            recipient: event.address.clone().or_else(|| event.domain.clone()).unwrap_or_default(),
            is_demo: is_demo(&event.group),
            event,
        }
    }
}
