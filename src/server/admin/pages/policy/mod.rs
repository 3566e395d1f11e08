//! Policies: the one in force, its history, the editor and the effect of a change.

mod add;
mod diff;
mod dry_run;
mod edit;
mod form;
mod history;
mod locate;
mod review;
mod sent;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};

use crate::policy::{Mode, Reporting, explain};
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        page::{Done, Page, html},
        time::Moment,
        tree::{depth, sort_as_tree},
    },
    state::Admin,
};
use crate::store::{Effective, Group, ORGANISATION, PolicyChangeError, PolicyVersion, Scope};

pub(crate) use add::add_domains;
pub(crate) use edit::{edit, edit_further};
pub(crate) use history::{history, version};
pub(crate) use review::{publish, review};

const SECTION: &str = "/admin/policy";

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage {
    page: Page,
    rows: Vec<PolicyRow>,
}

struct PolicyRow {
    group: Group,
    depth: usize,
    version: Option<PolicyVersion>,
    changed: Option<Moment>,
    mode: &'static str,
    reporting: &'static str,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    page: Page,
    group: Group,
    version: Option<PolicyVersion>,
    changed: Option<Moment>,
    statements: Vec<Stated>,
    refused: Vec<String>,
    document: String,
    effective: String,
    problem: Option<String>,
}

/// One effect of a policy, and the layer that sets it.
struct Stated {
    sentence: String,
    path: String,
    origin: String,
    locked_by: Option<String>,
}

/// All groups with the policies in force for them.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let mut all = store.effective_policies().await?;
    all.retain(|(group, _)| signed.scope.has(&group.id));
    let groups: Vec<Group> = all.iter().map(|(group, _)| group.clone()).collect();
    let mut rows = Vec::new();
    for (group, effective) in all {
        let newest = store.newest_policy(&group.id).await?.map(|(version, _)| version);
        let policy = effective.as_ref().ok().map(|effective| &effective.policy);
        rows.push(PolicyRow {
            depth: depth(&groups, &group),
            changed: newest.as_ref().map(|version| Moment(version.created)),
            version: newest,
            mode: policy.map_or("", |policy| mode(policy.mode)),
            reporting: policy.map_or("", |policy| reporting(policy.reporting)),
            problem: effective.err().map(|error| error.to_string()),
            group,
        });
    }
    sort_as_tree(&mut rows, |row| &row.group);
    let page = signed.page(SECTION, "Policies").with_notice(done.code());
    Ok(html(StatusCode::OK, &PoliciesPage { page, rows }))
}

/// The policy in force for one group, and its own layer.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let group = group(&admin, &signed, &id).await?;
    let newest = store.newest_policy(&id).await?;
    let page = signed.page(SECTION, format!("Policy of {}", group.name)).with_notice(done.code());
    let (statements, refused, effective, problem) = match store.effective_policy(&id).await {
        Ok(effective) => {
            // The names of all groups, because settings of the groups above are in force here too.
            let names = admin.group_names(&Scope::EVERYTHING).await?;
            let name = |layer: usize| {
                let id = effective.merged.layers.get(layer).map_or("?", String::as_str);
                names.get(id).map_or_else(|| id.to_owned(), Clone::clone)
            };
            (stated(&effective, name), refused(&effective, name), pretty(&effective), None)
        }
        Err(PolicyChangeError::Store(error)) => return Err(error.into()),
        Err(error) => (Vec::new(), Vec::new(), String::new(), Some(error.to_string())),
    };
    let (version, document) = newest.unzip();
    let view = PolicyPage {
        page,
        group,
        changed: version.as_ref().map(|version| Moment(version.created)),
        version,
        statements,
        refused,
        document: document.unwrap_or_default(),
        effective,
        problem,
    };
    Ok(html(StatusCode::OK, &view))
}

fn stated(effective: &Effective, name: impl Fn(usize) -> String) -> Vec<Stated> {
    let statements = explain(&effective.merged).into_iter();
    statements
        .map(|statement| {
            let names: Vec<String> = statement.layers.iter().map(|layer| name(*layer)).collect();
            Stated {
                origin: if names.is_empty() { "built in".to_owned() } else { names.join(", ") },
                locked_by: statement.locked_by.map(&name),
                sentence: statement.sentence,
                path: statement.path,
            }
        })
        .collect()
}

fn refused(effective: &Effective, name: impl Fn(usize) -> String) -> Vec<String> {
    let refused = effective.merged.refused.iter();
    refused
        .map(|it| {
            format!(
                "{} sets {}, which {} has locked: the group's value has no effect.",
                name(it.layer),
                it.path,
                name(it.locked_by)
            )
        })
        .collect()
}

fn pretty(effective: &Effective) -> String {
    serde_json::to_string_pretty(&effective.policy).unwrap_or_default()
}

/// The group of a page.
async fn group(admin: &Admin, signed: &Signed, id: &str) -> Result<Group, AdminError> {
    signed.found(admin.store().group(id).await, SECTION, "Policies")
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "warns and stops",
        Mode::Audit => "only audits",
    }
}

const fn reporting(reporting: Reporting) -> &'static str {
    match reporting {
        Reporting::Off => "nothing",
        Reporting::Counts => "counts",
        Reporting::Domain => "domains",
        Reporting::Address => "addresses",
    }
}

/// Whether a group inherits settings from groups above it: only the organisation does not.
fn inherits(group: &Group) -> bool {
    group.id != ORGANISATION
}
