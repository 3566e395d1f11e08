//! The audit log: the page, and the whole of it as a file.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        choice::Choice,
        error::AdminError,
        page::{Page, html},
        query,
        time::{Moment, period},
    },
    state::Admin,
};
use crate::store::{AuditFilter, AuditRow};
use crate::text::csv_cell::harmless;

const SECTION: &str = "/admin/audit";

const PAGE: i64 = 100;

/// The most rows of a file. People's actions make the rows, and mail makes none, so few logs are
/// longer.
const MOST: i64 = 100_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Page,
    query: AuditQuery,
    actions: Vec<Choice>,
    rows: Vec<(AuditRow, Moment)>,
    next: Option<String>,
    export: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct AuditQuery {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    after: String,
}

impl AuditQuery {
    fn filter(&self) -> Result<AuditFilter, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let before = self.after.split_once('_');
        let (from, until) = period(&self.from, &self.to)?;
        Ok(AuditFilter {
            actor: text(&self.actor),
            action: text(&self.action),
            from,
            until,
            before: before.and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned()))),
        })
    }

    fn encode(&self, after: &str) -> String {
        query::encode(&[
            ("from", &self.from),
            ("to", &self.to),
            ("actor", &self.actor),
            ("action", &self.action),
            ("after", after),
        ])
    }
}

/// Shows the page.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(query): Query<AuditQuery>,
) -> Result<Response, AdminError> {
    let mut page = signed.page(SECTION, "Audit log");
    let mut status = StatusCode::OK;
    let mut rows = match query.filter() {
        Ok(filter) => admin.store().audit_log(&filter, PAGE + 1).await?,
        Err(problem) => {
            page = page.with_problem(problem);
            status = StatusCode::UNPROCESSABLE_ENTITY;
            Vec::new()
        }
    };
    let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let has_more = rows.len() > full;
    rows.truncate(full);
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|last| format!("/admin/audit?{}", query.encode(&format!("{}_{}", last.at, last.id))));
    let actions = admin.store().audit_actions().await?;
    let actions = actions.into_iter().map(|action| Choice {
        chosen: action == query.action,
        name: action.replace('-', " "),
        value: action,
    });
    let view = AuditPage {
        page,
        actions: actions.collect(),
        rows: rows
            .into_iter()
            .map(|row| {
                let at = Moment(row.at);
                (row, at)
            })
            .collect(),
        next,
        export: query.encode(""),
        query,
    };
    Ok(html(status, &view))
}

/// The log as CSV.
pub(crate) async fn csv(
    State(admin): State<Admin>,
    signed: Signed,
    Query(query): Query<AuditQuery>,
) -> Result<Response, AdminError> {
    let filter = query.filter().map_err(AdminError::bad_request)?;
    let what = query.encode("");
    admin.store().audit(&signed.entry("audit-log-exported", "csv", &what)).await?;
    let rows = admin.store().audit_log(&filter, MOST).await?;
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to a vector cannot fail.
    let _ = writer.write_record(["time", "who", "from", "action", "what", "detail"]);
    for row in rows {
        let cells = [
            &Moment(row.at).iso(),
            &row.actor,
            &row.address,
            &row.action,
            &row.target,
            &row.detail,
        ];
        let _ = writer.write_record(cells.map(|cell| harmless(cell).into_owned()));
    }
    let body = writer.into_inner().unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"milguard-audit.csv\""),
        ),
    ];
    Ok((headers, body).into_response())
}
