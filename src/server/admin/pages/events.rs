//! Single events: a list with filters, and a page for each event.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        choice::{Choice, tree_choices},
        error::AdminError,
        event_query::EventQuery,
        labels,
        page::{Done, Page, html, number, redirect},
        saved::{List, Saved},
        time::{HOUR, Moment},
    },
    state::Admin,
};
use crate::store::{EventCursor, EventFilter, EventPage, Hits, Host, StoredEvent, is_demo};
use crate::{Reason, Severity};

const SECTION: &str = "/admin/events";

/// Rows on one page.
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
    /// The number of events on all pages, in words.
    hits: String,
    next: Option<String>,
    is_first: bool,
    first: String,
    /// The address of the list in the other order.
    turned: String,
    export: String,
    saved: Saved,
    is_filtered: bool,
}

impl EventsPage {
    /// The type of the form's fields, for days or for minutes.
    fn field(value: &str) -> &'static str {
        if value.contains('T') { "datetime-local" } else { "date" }
    }

    fn is_oldest_first(&self) -> bool {
        self.query.sort == "oldest"
    }
}

#[derive(Template)]
#[template(path = "event.html")]
struct SinglePage {
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
    /// The code and the name of each reason.
    pub(crate) reasons: Vec<(String, String)>,
    /// The address, or the domain where there is no address.
    pub(crate) recipient: String,
    pub(crate) is_demo: bool,
}

/// Shows the list.
#[expect(
    clippy::too_many_lines,
    reason = "one field of the page after the other, each from the query or from the store"
)]
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
    Query(query): Query<EventQuery>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let groups = admin.groups(&signed.scope).await?;
    let names: BTreeMap<&str, &str> =
        groups.iter().map(|group| (&*group.id, &*group.name)).collect();
    let mut page = signed.page(SECTION, "Events").with_notice(done.code());
    let mut status = StatusCode::OK;
    let cursor = match query.after.as_str() {
        "" => None,
        after => Some(after.parse::<EventCursor>()?),
    };
    let (EventPage { events, next }, hits) = match query.filter(&signed.scope) {
        Ok(filter) => store.find_events(&filter, cursor.as_ref(), PAGE).await?,
        Err(problem) => {
            page = page.with_problem(problem);
            status = StatusCode::UNPROCESSABLE_ENTITY;
            (EventPage::default(), Hits::Exactly(0))
        }
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
        groups: tree_choices(&groups, &query.group),
        hosts: codes(&Host::ALL.map(Host::as_str), &query.host, labels::host),
        actions: labels::action_choices()
            .into_iter()
            .map(|(code, name)| Choice {
                value: code.to_owned(),
                name,
                chosen: code == query.action,
            })
            .collect(),
        severities: codes(&Severity::ALL.map(Severity::as_str), &query.severity, |code| code),
        reasons: codes(&Reason::ALL.map(Reason::as_str), &query.reason, labels::reason),
        events: events
            .into_iter()
            .map(|event| {
                let group = names.get(&*event.group).map(|name| (*name).to_owned());
                EventRow::new(event, group)
            })
            .collect(),
        hits: in_words(hits),
        next: next.map(|cursor| query.with(&[("after", &cursor.to_string())])),
        is_first: query.after.is_empty(),
        first: query.with(&[]),
        turned: query.with(&[("sort", if query.sort.is_empty() { "oldest" } else { "" })]),
        export: query.encode(),
        saved: Saved::new(
            List::Events,
            store.saved_filters(&signed.id, List::Events.code()).await?,
            query.encode(),
        ),
        is_filtered: query
            .members()
            .iter()
            .any(|(name, value)| *name != "sort" && !value.is_empty()),
        page,
        query,
    };
    Ok(html(status, &view))
}

fn in_words(hits: Hits) -> String {
    match hits {
        Hits::Exactly(1) => "1 event".to_owned(),
        Hits::Exactly(n) => format!("{} events", number(n)),
        Hits::MoreThan(n) => format!("more than {} events", number(n)),
    }
}

/// The address whose events the form erases.
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
    // The audit log names the administrator, and not the address.
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
    let names = admin.group_names(&signed.scope).await?;
    // No index covers the message, so a period narrows the search: a sender decides about all recipients within minutes.
    let same = EventFilter {
        group: signed.scope.narrow(None),
        message: Some(event.message.clone()),
        from: Some(event.time - HOUR),
        to: Some(event.time + HOUR),
        ..EventFilter::default()
    };
    let others = store.events(&same, None, 100).await?.events;
    let row = |event: StoredEvent| {
        let group = names.get(&event.group).cloned();
        EventRow::new(event, group)
    };
    let others = others.into_iter().filter(|other| other.id != event.id).map(row).collect();
    let view = SinglePage { page: signed.page(SECTION, "Event"), event: row(event), others };
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
