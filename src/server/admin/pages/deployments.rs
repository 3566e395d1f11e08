//! Deployments: what an administrator pushes to the clients of a group, and whether it has arrived.

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
        choice::{Choice, choices},
        error::AdminError,
        labels,
        page::{Done, Page, html, number, redirect},
        time::{DAY, Moment, ago, now},
    },
    state::Admin,
};
use crate::store::{ClientCount, DEFAULT_GROUP, Deployment, Group, Scope, StoreError};

const SECTION: &str = "/admin/deployments";

/// The days after which the page leaves a client out, because its program was removed or switched off.
const ACTIVE: i64 = 30 * DAY;

/// The longest label, in characters.
const MAX_LABEL: usize = 100;

#[derive(Template)]
#[template(path = "deployments.html")]
struct DeploymentsPage {
    page: Page,
    /// The id of the group, if the page shows only the deployments of one.
    group: String,
    rows: Vec<DeploymentRow>,
    groups: Vec<Choice>,
    label: String,
}

struct DeploymentRow {
    id: String,
    label: String,
    group: String,
    group_name: String,
    created: Moment,
    is_open: bool,
    seen: String,
}

#[derive(Template)]
#[template(path = "deployment.html")]
struct DeploymentPage {
    page: Page,
    id: String,
    group: Group,
    created: Moment,
    closed: Option<Moment>,
    seen: String,
    has_clients: bool,
    /// What keeps clients from working, in sentences.
    wrong: Vec<String>,
    base: String,
    new_app: String,
    bundle: String,
    /// A label for the deployment that takes this one's place.
    second: String,
}

#[derive(Deserialize)]
pub(crate) struct Create {
    group: String,
    #[serde(default)]
    label: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct Of {
    #[serde(default)]
    group: String,
}

/// Shows all deployments, or those of one group.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
    Query(of): Query<Of>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Deployments").with_notice(done.code());
    show_list(&admin, &signed.scope, StatusCode::OK, page, &of.group, String::new()).await
}

async fn show_list(
    admin: &Admin,
    scope: &Scope,
    status: StatusCode,
    page: Page,
    group: &str,
    label: String,
) -> Result<Response, AdminError> {
    let names = admin.group_names(scope).await?;
    let counts = admin.store().count_clients(scope, now() - ACTIVE).await?;
    let deployments = admin.store().deployments().await?;
    let shown = deployments
        .into_iter()
        .filter(|it| scope.has(&it.token.group) && (group.is_empty() || it.token.group == group));
    let rows = shown.map(|it| DeploymentRow {
        seen: seen(&counts, &it.token.id, it.token.last_used.is_some()),
        label: it.token.label,
        group_name: names.get(&it.token.group).unwrap_or(&it.token.group).clone(),
        group: it.token.group,
        created: Moment(it.token.created),
        is_open: it.token.revoked.is_none(),
        id: it.token.id,
    });
    let chosen = if group.is_empty() { scope.top().unwrap_or(DEFAULT_GROUP) } else { group };
    let view = DeploymentsPage {
        rows: rows.collect(),
        groups: choices(&names, chosen),
        group: group.to_owned(),
        label,
        page,
    };
    Ok(html(status, &view))
}

/// Creates a deployment.
pub(crate) async fn create(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Create>,
) -> Result<Response, AdminError> {
    let label = form.label.trim();
    let entry = signed.entry("deployment-created", &form.group, label);
    match admin.store().create_deployment(&form.group, label, Some(&entry)).await {
        Ok(made) => {
            // Loads the deployment, so that its files exist before the page offers them.
            admin.app().clients.directory.refresh(admin.store()).await?;
            Ok(redirect(&format!("{SECTION}/{}?done=deployment-created", made.token.id)))
        }
        Err(error @ (StoreError::Invalid(_) | StoreError::Missing(_))) => {
            let page = signed.page(SECTION, "Deployments").with_problem(error.to_string());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show_list(&admin, &signed.scope, status, page, "", form.label).await
        }
        Err(error) => Err(error.into()),
    }
}

/// One deployment, with its files and commands.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let deployment = find(&admin, &signed, &id).await?;
    let group = admin.store().group(&deployment.token.group).await?;
    let counts = admin.store().count_clients(&signed.scope, now() - ACTIVE).await?;
    let origin = admin.origin();
    let base = format!("{}{}", origin.base(), deployment.path());
    let label = deployment.token.label.clone();
    let title = if label.is_empty() { "Deployment".to_owned() } else { label.clone() };
    let has_clients = counts.iter().any(|count| count.token_id == id);
    let was_used = deployment.token.last_used.is_some();
    let seen = seen(&counts, &id, was_used);
    let view = DeploymentPage {
        page: signed.page(SECTION, title).with_notice(done.code()),
        created: Moment(deployment.token.created),
        closed: deployment.token.revoked.map(Moment),
        seen,
        wrong: wrong(&admin, has_clients, was_used),
        second: second(&label),
        new_app: new_app(&base),
        bundle: format!(
            "milguard bundle --origin https://addins.example.mil --out bundle --backend-url {} --token {}",
            origin.base(),
            deployment.token_text()
        ),
        base,
        id,
        group,
        has_clients,
    };
    Ok(html(StatusCode::OK, &view))
}

/// Closes a deployment. Its clients keep reporting.
pub(crate) async fn close(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let deployment = find(&admin, &signed, &id).await?;
    let entry = signed.entry("deployment-closed", &deployment.token.group, &deployment.token.label);
    admin.store().revoke_token(&id, Some(&entry)).await?;
    admin.app().clients.directory.refresh(admin.store()).await?;
    Ok(redirect(&format!("{SECTION}/{id}?done=deployment-closed")))
}

/// Closes a deployment and shuts its clients out.
pub(crate) async fn shut_out(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let deployment = find(&admin, &signed, &id).await?;
    let token = &deployment.token;
    let entry = signed.entry("deployment-shut-out", &token.group, &token.label);
    admin.store().shut_out_token(&id, Some(&entry)).await?;
    admin.app().clients.directory.refresh(admin.store()).await?;
    Ok(redirect(&format!("{SECTION}/{id}?done=deployment-shut-out")))
}

async fn find(admin: &Admin, signed: &Signed, id: &str) -> Result<Deployment, AdminError> {
    signed.found(admin.store().deployment(id).await, SECTION, "Deployments")
}

/// How many clients of each kind a deployment has, and when the last was in contact, as in
/// `seen 2 minutes ago: Outlook 1, Thunderbird 3`.
fn seen(counts: &[ClientCount], token: &str, was_used: bool) -> String {
    let mut hosts: BTreeMap<&str, i64> = BTreeMap::new();
    let mut last = None;
    for count in counts.iter().filter(|count| count.token_id == token) {
        *hosts.entry(labels::host(&count.host)).or_default() += count.n;
        last = last.max(Some(count.seen));
    }
    let Some(last) = last else {
        let text = if was_used { "none now" } else { "none seen yet" };
        return text.to_owned();
    };
    let hosts: Vec<String> =
        hosts.into_iter().map(|(host, n)| format!("{host} {}", number(n))).collect();
    format!("seen {}: {}", ago(last), hosts.join(", "))
}

/// Another name for a second deployment of the same clients: people must not close the wrong one. A
/// number at the end of the label goes up by one.
fn second(label: &str) -> String {
    if label.is_empty() {
        return String::new();
    }
    let (name, number) = match label.rsplit_once(' ') {
        Some((name, number)) if number.len() < 6 && !number.starts_with(['0', '+']) => {
            (name, number.parse::<u32>().unwrap_or(0))
        }
        _ => (label, 0),
    };
    let (name, number) = if number == 0 { (label, 2) } else { (name, number + 1) };
    let end = format!(" {number}");
    let room = MAX_LABEL - end.chars().count();
    let name: String = name.chars().take(room).collect();
    name + &end
}

/// The steps that remain before clients work.
fn wrong(admin: &Admin, has_clients: bool, was_used: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    if admin.origin().is_local() {
        wrong.push(format!(
            "This server is {}, which no other machine can reach. Start it with --origin and the name by which \
             clients reach it; the addresses below change with it.",
            admin.origin()
        ));
    }
    if admin.app().options.transport == crate::server::Transport::OwnCertificate {
        wrong.push(
            "The server made its certificate itself. Clients must trust it: use one from an authority that they trust \
             (--tls-cert, --tls-key)."
                .to_owned(),
        );
    }
    if !has_clients && was_used {
        wrong.push(
            "No client uses this address now, or none was in contact in the last 30 days. If its clients have moved to \
             another deployment, close this one."
                .to_owned(),
        );
    } else if !has_clients {
        wrong.push(
            "No client has been in contact yet. Push one of the files below to a machine of your own first."
                .to_owned(),
        );
    }
    wrong
}

fn new_app(base: &str) -> String {
    format!(
        "New-Item -ItemType Directory -Force C:\\milguard | Out-Null\n\
         Invoke-WebRequest {base}/manifest.xml -OutFile C:\\milguard\\manifest.xml\n\
         New-App -OrganizationApp -FileData ([IO.File]::ReadAllBytes('C:\\milguard\\manifest.xml')) \
         -ProvidedTo Everyone -DefaultStateForUser AlwaysEnabled"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_says_which_clients_it_has_reached() {
        let count = |token: &str, host: &str, n| ClientCount {
            token_id: token.to_owned(),
            group: "default".to_owned(),
            host: host.to_owned(),
            version: "1.2.3".to_owned(),
            policy_version: 1,
            day: 0,
            seen: now() - 150_000,
            n,
        };
        let counts = [
            count("a", "thunderbird", 2),
            count("a", "outlook", 1),
            count("b", "outlook", 9),
            count("a", "thunderbird", 1),
        ];
        let used = seen(&counts, "a", true);
        assert_eq!(used, "seen 2 minutes ago: Outlook 1, Thunderbird 3");
        assert_eq!(seen(&counts, "c", false), "none seen yet");
        assert_eq!(seen(&counts, "c", true), "none now");
    }
}
