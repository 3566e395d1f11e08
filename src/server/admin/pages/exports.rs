//! The exports page: where the server sends events, and up to which event each destination has
//! them.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};

use crate::export::Destination;
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        page::{Done, Notice, Page, html, number, redirect},
        time::{Moment, now, span},
    },
    state::Admin,
};
use crate::store::{ExportLag, ExportRow};

const SECTION: &str = "/admin/exports";

#[derive(Template)]
#[template(path = "exports.html")]
struct ExportsPage {
    page: Page,
    rows: Vec<Shown>,
    /// Destinations that the database knows and this server's file does not name.
    unknown: Vec<Unknown>,
}

struct Shown {
    name: String,
    what: &'static str,
    to: String,
    state: &'static str,
    /// A severity, for its colour.
    class: &'static str,
    owner: &'static str,
    waiting: String,
    oldest: Option<String>,
    delivered: String,
    delivered_at: Option<Moment>,
    error: Option<String>,
    error_at: Option<Moment>,
}

/// A destination that the configuration no longer names.
struct Unknown {
    name: String,
    delivered: String,
    delivered_at: Option<Moment>,
}

/// Shows the list.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    list(&admin, signed.page(SECTION, "Exports").with_notice(done.code())).await
}

/// Sends a made-up event, and shows the result.
pub(crate) async fn test(
    State(admin): State<Admin>,
    signed: Signed,
    Path(name): Path<String>,
) -> Result<Response, AdminError> {
    let sent = admin.app().exports.test(&name).await;
    let sent = sent.ok_or_else(|| AdminError::missing("export"))?;
    let page = signed.page(SECTION, "Exports");
    let (page, detail) = match sent {
        Ok(took) => {
            let ms = took.as_millis();
            let text =
                format!("{name} took the test event after {ms} ms. Its event.action is test.");
            let notice = Some(Notice { kind: "pass", text });
            (Page { notice, ..page }, "delivered".to_owned())
        }
        Err(failure) => {
            let text = format!("The test event did not reach {name}: {failure}.");
            (page.with_problem(text), failure.to_string())
        }
    };
    admin.store().audit(&signed.entry("export-tested", &name, &detail)).await?;
    list(&admin, page).await
}

/// Forgets a destination that the configuration no longer names.
pub(crate) async fn remove(
    State(admin): State<Admin>,
    signed: Signed,
    Path(name): Path<String>,
) -> Result<Response, AdminError> {
    let page = || signed.page(SECTION, "Exports");
    let exports = &admin.app().exports;
    if exports.destinations().any(|destination| destination.name == name) {
        let text =
            "The configuration of this server names this destination. Remove it there first.";
        return Err(AdminError::bad_request(text).on(page()));
    }
    let row = admin.store().exports().await?.into_iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| AdminError::missing("export").on(page()))?;
    let detail = format!("{} events delivered", row.delivered);
    let entry = signed.entry("export-removed", &name, &detail);
    if exports.is_alive(admin.store(), &row).await?
        || !admin.store().remove_export(&row, &entry).await?
    {
        let text = "Another server delivers to this destination. Give all servers the same file, and restart them.";
        return Err(
            AdminError::new(StatusCode::CONFLICT, "The destination is in use", text).on(page())
        );
    }
    Ok(redirect("/admin/exports?done=export-removed"))
}

async fn list(admin: &Admin, page: Page) -> Result<Response, AdminError> {
    let rows = admin.store().exports().await?;
    let mut rows: BTreeMap<String, ExportRow> =
        rows.into_iter().map(|row| (row.name.clone(), row)).collect();
    let mut shown = Vec::new();
    for destination in admin.app().exports.destinations() {
        let row = rows.remove(&destination.name);
        let lag = match &row {
            Some(row) => admin.store().export_lag(&row.cursor).await?,
            None => ExportLag::default(),
        };
        let is_me = row.as_ref().is_some_and(|row| admin.app().exports.is_me(&row.owner));
        shown.push(Shown::new(destination, row.as_ref(), lag, is_me));
    }
    let unknown = rows.into_values().map(|row| Unknown {
        name: row.name,
        delivered: number(row.delivered),
        delivered_at: row.delivered_at.map(Moment),
    });
    Ok(html(StatusCode::OK, &ExportsPage { page, rows: shown, unknown: unknown.collect() }))
}

impl Shown {
    fn new(
        destination: &Destination,
        row: Option<&ExportRow>,
        lag: ExportLag,
        is_me: bool,
    ) -> Self {
        let (state, class) = state(row, lag);
        let owner = match row {
            Some(_) if is_me => "this server",
            Some(row) if !row.owner.is_empty() => "another server",
            _ => "no server yet",
        };
        Self {
            name: destination.name.clone(),
            what: destination.describe(),
            to: destination.address(),
            state,
            class,
            owner,
            waiting: number(lag.events),
            oldest: lag.oldest.map(|oldest| span(now() - oldest)),
            delivered: number(row.map_or(0, |row| row.delivered)),
            delivered_at: row.and_then(|row| row.delivered_at).map(Moment),
            error: row.and_then(|row| row.error.clone()),
            error_at: row.and_then(|row| row.error_at).map(Moment),
        }
    }
}

/// The state of a destination, with a severity.
fn state(row: Option<&ExportRow>, lag: ExportLag) -> (&'static str, &'static str) {
    let Some(row) = row else { return ("not started", "notice") };
    if row.error_at.is_some() && row.error_at > row.delivered_at {
        return ("failing", "block");
    }
    if lag.events == 0 { ("up to date", "pass") } else { ("delivering", "notice") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_failing_from_an_error_until_its_next_delivery() {
        let row = |delivered_at, error_at| ExportRow {
            name: "siem".to_owned(),
            cursor: crate::store::ExportCursor::default(),
            owner: String::new(),
            beat: 0,
            delivered: 0,
            delivered_at,
            error: None,
            error_at,
        };
        let none = ExportLag::default();
        let some = ExportLag { events: 1, oldest: Some(0) };
        for (row, lag, name) in [
            (None, none, "not started"),
            (Some(row(None, None)), none, "up to date"),
            (Some(row(None, None)), some, "delivering"),
            (Some(row(Some(1), Some(2))), some, "failing"),
            (Some(row(None, Some(2))), some, "failing"),
            (Some(row(Some(3), Some(2))), none, "up to date"),
        ] {
            assert_eq!(state(row.as_ref(), lag).0, name);
        }
    }
}
