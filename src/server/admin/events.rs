//! Single events: a list with filters, and one in full.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::{Unit, civil::Date};
use serde::Deserialize;

use super::{
    Admin,
    access::Signed,
    error::AdminError,
    labels,
    overview::{Choice, choices},
    page::{Moment, Page, html},
    query,
};
use crate::domain::canonicalize;
use crate::store::{Action, EventCursor, EventFilter, Host, StoredEvent, is_demo};
use crate::{Reason, Severity};

const SECTION: &str = "/admin/events";

/// Rows of a page.
const PAGE: u16 = 50;

pub(super) const DAY: i64 = 86_400_000;

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
pub(super) struct EventRow {
    pub(super) event: StoredEvent,
    pub(super) time: Moment,
    pub(super) received: Moment,
    pub(super) action: String,
    pub(super) outcome: &'static str,
    pub(super) host: String,
    pub(super) group: String,
    /// Code and name.
    pub(super) reasons: Vec<(String, String)>,
    /// The address, or the domain where there is no address.
    pub(super) recipient: String,
    pub(super) is_demo: bool,
}

/// What is looked for, as the address of the page says it. Days are in UTC and whole.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct EventQuery {
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    pub(super) group: String,
    #[serde(default)]
    pub(super) host: String,
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) severity: String,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) domain: String,
    #[serde(default)]
    pub(super) address: String,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) after: String,
}

impl EventQuery {
    /// The filter of the store.
    ///
    /// # Errors
    ///
    /// What cannot be looked for: nobody should take the answer to another question for theirs.
    pub(super) fn filter(&self) -> Result<EventFilter, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let known = |what: &str, given: &str, found: bool| {
            if given.is_empty() || found {
                Ok(())
            } else {
                Err(format!("There is no such {what}."))
            }
        };
        let host = labels::parse(&Host::ALL, Host::as_str, &self.host);
        let action = labels::parse(&Action::ALL, Action::as_str, &self.action);
        let severity = labels::parse(&Severity::ALL, Severity::as_str, &self.severity);
        known("mail client", &self.host, host.is_some())?;
        known("outcome", &self.action, action.is_some())?;
        known("severity", &self.severity, severity.is_some())?;
        Ok(EventFilter {
            from: day(&self.from)?,
            to: day(&self.to)?.map(|day| day + DAY),
            group: text(&self.group),
            host,
            action,
            severity,
            reason: text(&self.reason),
            domain: text(&self.domain).map(canonical),
            address: text(&self.address),
            message: text(&self.message),
        })
    }

    fn members(&self) -> [(&'static str, &str); 10] {
        [
            ("from", &self.from),
            ("to", &self.to),
            ("group", &self.group),
            ("host", &self.host),
            ("action", &self.action),
            ("severity", &self.severity),
            ("reason", &self.reason),
            ("domain", &self.domain),
            ("address", &self.address),
            ("message", &self.message),
        ]
    }

    /// For the audit log, and as the address of an export.
    pub(super) fn encode(&self) -> String {
        query::encode(&self.members())
    }
}

/// The beginning of a day in UTC, in ms since 1970.
pub(super) fn day(text: &str) -> Result<Option<i64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse().map_err(|_| "A day is written as in 2026-11-25.")?;
    Ok(Some(midnight(day)))
}

/// The beginning of a day in UTC, in ms since 1970, also of days that no clock shows any more.
pub(super) fn midnight(day: Date) -> i64 {
    let days = day.since((Unit::Day, Date::constant(1970, 1, 1)));
    days.map_or(0, |span| i64::from(span.get_days()) * DAY)
}

/// A domain as events have it.
pub(super) fn canonical(domain: String) -> String {
    canonicalize(&domain).map_or(domain, |canonical| canonical.ascii)
}

/// The list.
pub(super) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(query): Query<EventQuery>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let names = admin.group_names().await?;
    let mut page = signed.page(SECTION, "Events");
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

/// One event, with the others of its message.
pub(super) async fn show(
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
    pub(super) fn new(event: StoredEvent, group: Option<String>) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_whole_and_in_utc() {
        let query = EventQuery {
            from: "2026-11-25".to_owned(),
            to: "2026-11-25".to_owned(),
            ..EventQuery::default()
        };
        let filter = query.filter().unwrap();
        assert_eq!(filter.from, Some(1_795_564_800_000));
        assert_eq!(filter.to.unwrap() - filter.from.unwrap(), DAY);
    }

    #[test]
    fn what_cannot_be_looked_for_is_said() {
        let query = |change: fn(&mut EventQuery)| {
            let mut query = EventQuery::default();
            change(&mut query);
            query.filter()
        };
        assert!(query(|query| query.from = "25.11.2026".to_owned()).is_err());
        assert!(query(|query| query.to = "2026-13-01".to_owned()).is_err());
        assert!(query(|query| query.host = "pine".to_owned()).is_err());
        assert!(query(|query| query.action = "sent".to_owned()).is_err());
        assert!(query(|query| query.severity = "high".to_owned()).is_err());
        let found = query(|query| query.domain = " Аrmy.MIL ".to_owned()).unwrap();
        assert_eq!(found.domain.as_deref(), Some("xn--rmy-5cd.mil"));
    }
}
