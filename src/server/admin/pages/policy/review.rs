//! The review before a policy is published: its errors, its changes and its effect.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use tokio::task::spawn_blocking;

use super::{
    SECTION,
    diff::{Hunk, diff},
    dry_run::{DryRun, MAX_PASTED, over_events, over_list},
    edit::EditPage,
    form::Fields,
    group,
    locate::{lines, locate, pretty, worth_saying, written},
    sent::Sent,
};
use crate::Policy;
use crate::lint::lint;
use crate::policy::Problem;
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        page::{Page, html, redirect},
    },
    state::Admin,
};
use crate::store::{
    EventFilter, Group, PolicyChange, PolicyChangeError, PolicyVersion, StoreError, StoredEvent,
};

#[derive(Template)]
#[template(path = "policy_review.html")]
struct ReviewPage {
    page: Page,
    group: Group,
    expected: i64,
    /// The newest version, if somebody has published since the author began.
    overtaken: Option<PolicyVersion>,
    document: String,
    comment: String,
    warnings: Vec<super::locate::Said>,
    hunks: Vec<Hunk>,
    events: usize,
    over_events: DryRun,
    pasted: String,
    over_list: Option<DryRun>,
    max_pasted: usize,
    as_json: bool,
}

/// Checks the author's text. If it has errors, the page is the editor with each error at its place;
/// otherwise it is the review, with the changes and their effect.
pub(crate) async fn review(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, AdminError> {
    let group = group(&admin, &signed, &id).await?;
    reviewed(&admin, &signed, group, Sent::read(fields)).await
}

async fn reviewed(
    admin: &Admin,
    signed: &Signed,
    group: Group,
    sent: Sent,
) -> Result<Response, AdminError> {
    let mut linted = lint(sent.document.as_bytes());
    linted.problems = worth_saying(linted.problems);
    if linted.has_errors() {
        return Ok(edit_again(admin, signed, group, sent, &linted.problems).await);
    }
    let store = admin.store();
    let after = match store.preview_policy(&group.id, &sent.document).await {
        Ok(effective) => effective.policy,
        Err(PolicyChangeError::Store(error)) => return Err(error.into()),
        Err(PolicyChangeError::Refused { problems, .. }) => {
            return Ok(edit_again(admin, signed, group, sent, &problems).await);
        }
    };
    let (newest, in_force) = store.newest_policy(&group.id).await?.unzip();
    let below = store.preview_policies(&group.id, &sent.document).await?;
    let events = last_events(admin, &below, sent.events).await?;
    let own = below.get(&group.id).cloned().unwrap_or_else(|| (Policy::default(), after));
    let (over_events, over_list) = try_out(below, events, own, sent.pasted.clone()).await?;
    let value = written(&sent.document);
    let overtaken = newest.filter(|newest| newest.version != sent.expected);
    let status = if overtaken.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let view = ReviewPage {
        page: signed.page(SECTION, format!("Review the policy of {}", group.name)),
        group,
        expected: sent.expected,
        overtaken,
        hunks: diff(&in_force.unwrap_or_default(), &sent.document),
        warnings: locate(&value, &linted.problems),
        document: pretty(&value),
        comment: sent.comment,
        events: sent.events,
        over_events,
        over_list,
        pasted: sent.pasted,
        max_pasted: MAX_PASTED,
        as_json: sent.as_json,
    };
    Ok(html(status, &view))
}

/// Puts a policy in force.
pub(crate) async fn publish(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, AdminError> {
    let group = group(&admin, &signed, &id).await?;
    let sent = Sent::read(fields);
    let put = PolicyChange {
        group: id.clone(),
        document: sent.document.clone(),
        author: signed.name.clone(),
        comment: sent.comment.clone(),
        expected: Some(sent.expected),
    };
    // The store accepts the policy only under this version number.
    let detail = format!("version {}: {}", sent.expected.saturating_add(1), sent.comment.trim());
    let entry = signed.entry("policy-published", &id, &detail);
    match admin.store().put_policy(&put, Some(&entry)).await {
        Ok(Some(_)) => Ok(redirect(&format!("/admin/policy/{id}?done=policy-published"))),
        Ok(None) => Ok(redirect(&format!("/admin/policy/{id}?done=policy-unchanged"))),
        Err(PolicyChangeError::Refused { group: refused, problems }) => {
            let problems = about(&refused, &id, problems);
            Ok(edit_again(&admin, &signed, group, sent, &problems).await)
        }
        // Somebody else has published meanwhile: the review says who, and keeps the author's text.
        Err(PolicyChangeError::Store(StoreError::Conflict(_))) => {
            reviewed(&admin, &signed, group, sent).await
        }
        Err(PolicyChangeError::Store(error)) => {
            let page = signed.page(SECTION, "Policies");
            Err(AdminError::from(error).on(page))
        }
    }
}

/// Names the group whose policy would have the errors, if it is a group below this one.
fn about(refused: &str, id: &str, problems: Vec<Problem>) -> Vec<Problem> {
    if refused == id {
        return problems;
    }
    let prefix = |problem: Problem| Problem {
        message: format!("in the group {refused} below: {}", problem.message),
        ..problem
    };
    problems.into_iter().map(prefix).collect()
}

async fn edit_again(
    admin: &Admin,
    signed: &Signed,
    group: Group,
    sent: Sent,
    problems: &[Problem],
) -> Response {
    let value = written(&sent.document);
    let said = locate(&value, problems);
    let problem = "The server published nothing. Correct the marked fields below.";
    let mut view = EditPage::of_sent(signed, group, sent).with_inherited(admin).await;
    view.page = view.page.with_problem(problem);
    view.lines = lines(&view.document, &said);
    view.said = said;
    html(StatusCode::UNPROCESSABLE_ENTITY, &view)
}

/// Each group with the policy in force and the policy after the change.
type Below = BTreeMap<String, (Policy, Policy)>;

/// The last events with a recipient, of these groups.
async fn last_events(
    admin: &Admin,
    below: &Below,
    wanted: usize,
) -> Result<Vec<StoredEvent>, AdminError> {
    const BATCH: u16 = 1_000;
    // Policies that report only counts leave recipients out of events, so the search for recipients
    // ends after a number of events.
    const BATCHES: usize = 20;
    let mut ids = below.keys();
    let only = ids.next().filter(|_| ids.next().is_none()).cloned();
    let filter = EventFilter { group: only, ..EventFilter::default() };
    let mut found = Vec::new();
    let mut cursor = None;
    for _ in 0..BATCHES {
        let page = admin.store().events(&filter, cursor.as_ref(), BATCH).await?;
        let told = page.events.into_iter().filter(|event| event.domain.is_some());
        found.extend(told.filter(|event| below.contains_key(&event.group)));
        cursor = page.next;
        if found.len() >= wanted || cursor.is_none() {
            break;
        }
    }
    found.truncate(wanted);
    Ok(found)
}

/// Compiling lists of 100,000 patterns takes seconds, so the dry run has a thread of its own.
async fn try_out(
    below: Below,
    events: Vec<StoredEvent>,
    (before, after): (Policy, Policy),
    pasted: String,
) -> Result<(DryRun, Option<DryRun>), AdminError> {
    let run = spawn_blocking(move || {
        let events = over_events(&below, &events)?;
        let list = if pasted.trim().is_empty() {
            None
        } else {
            Some(over_list(&before, &after, &pasted)?)
        };
        Ok::<_, crate::policy::PolicyError>((events, list))
    });
    let stopped = || {
        AdminError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "This action failed",
            "The dry run stopped.",
        )
    };
    let run = run.await.map_err(|_| stopped())?;
    run.map_err(|error| AdminError::bad_request(error.to_string()))
}
