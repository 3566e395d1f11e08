//! Downloads of events, each noted in the audit log.

use axum::{
    extract::{Query, State},
    http::{HeaderValue, header},
    response::Response,
};

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        event_query::EventQuery,
        export::{Form, stream_events},
    },
    state::Admin,
};

/// Sends the events as CSV.
pub(crate) async fn csv(
    State(admin): State<Admin>,
    signed: Signed,
    Query(query): Query<EventQuery>,
) -> Result<Response, AdminError> {
    download(&admin, &signed, &query, Form::Csv).await
}

/// Sends the events as JSON lines.
pub(crate) async fn jsonl(
    State(admin): State<Admin>,
    signed: Signed,
    Query(query): Query<EventQuery>,
) -> Result<Response, AdminError> {
    download(&admin, &signed, &query, Form::Jsonl).await
}

async fn download(
    admin: &Admin,
    signed: &Signed,
    query: &EventQuery,
    form: Form,
) -> Result<Response, AdminError> {
    let filter = query.filter(&signed.scope).map_err(AdminError::bad_request)?;
    let what = query.for_audit();
    let entry = signed.entry("events-exported", form.extension(), &what);
    admin.store().audit(&entry).await?;
    let name = format!("attachment; filename=\"milguard-events.{}\"", form.extension());
    let mut response = stream_events(admin.store().clone(), filter, form, u64::MAX);
    let headers = response.headers_mut();
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
