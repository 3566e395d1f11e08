//! Every version that a group's policy had.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    SECTION,
    diff::{Hunk, diff},
    group,
};
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        page::{Page, html},
        time::Moment,
    },
    state::Admin,
};
use crate::store::{Group, PolicyVersion};

const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "policy_history.html")]
struct HistoryPage {
    page: Page,
    group: Group,
    versions: Vec<(PolicyVersion, Moment)>,
    next: Option<i64>,
}

#[derive(Template)]
#[template(path = "policy_version.html")]
struct VersionPage {
    page: Page,
    group: Group,
    version: PolicyVersion,
    created: Moment,
    document: String,
    newest: i64,
    to_previous: Vec<Hunk>,
    to_newest: Vec<Hunk>,
}

#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<i64>,
}

/// Shows the list.
pub(crate) async fn history(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Query(Before { before }): Query<Before>,
) -> Result<Response, AdminError> {
    let group = group(&admin, &signed, &id).await?;
    let versions = admin.store().policy_history(&id, before, PAGE).await?;
    let full = versions.len() == PAGE as usize;
    let next = versions.last().map(|version| version.version).filter(|it| full && *it > 1);
    let versions = versions.into_iter().map(|version| {
        let created = Moment(version.created);
        (version, created)
    });
    let page = signed.page(SECTION, format!("History of {}", group.name));
    Ok(html(StatusCode::OK, &HistoryPage { page, group, versions: versions.collect(), next }))
}

/// One version: its document, how it differs from the one before and from the newest.
pub(crate) async fn version(
    State(admin): State<Admin>,
    signed: Signed,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, AdminError> {
    let group = group(&admin, &signed, &id).await?;
    let store = admin.store();
    let found = store.policy_history(&id, Some(number.saturating_add(1)), 1).await?;
    let version = found.into_iter().find(|version| version.version == number);
    let version = version.ok_or_else(|| AdminError::missing("version"))?;
    let document = store.policy_document(&id, number).await?;
    let previous = match number {
        ..=1 => String::new(),
        _ => store.policy_document(&id, number - 1).await?,
    };
    let (newest, newest_document) = match store.newest_policy(&id).await? {
        Some((newest, document)) => (newest.version, document),
        None => (0, String::new()),
    };
    let page = signed.page(SECTION, format!("Version {number} of {}", group.name));
    let view = VersionPage {
        page,
        group,
        created: Moment(version.created),
        version,
        newest,
        to_previous: diff(&previous, &document),
        to_newest: if newest == number { Vec::new() } else { diff(&newest_document, &document) },
        document,
    };
    Ok(html(StatusCode::OK, &view))
}
