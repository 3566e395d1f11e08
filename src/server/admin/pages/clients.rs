//! Clients: which versions run where, and how many of the expected number were in contact.

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
        error::AdminError,
        labels,
        page::{Done, Page, html, number, redirect},
        time::{DAY, Moment, ago, now},
    },
    state::Admin,
};
use crate::store::{CLIENTS_EXPECTED, ClientCount, ClientRow};

const SECTION: &str = "/admin/clients";

/// The days without contact after which a client no longer counts.
const ACTIVE: i64 = 7 * DAY;

/// The number of days in the table.
const DAYS: i64 = 14;

/// The number of clients in the list. People look at single clients only if something is wrong with
/// them.
const NEWEST: u16 = 50;

#[derive(Template)]
#[template(path = "clients.html")]
struct ClientsPage {
    page: Page,
    active: String,
    expected: String,
    /// The share of the expected clients, as in `93 %`, if an administrator has set their number.
    coverage: Option<String>,
    kinds: Vec<KindRow>,
    days: Vec<DayRow>,
    newest: Vec<ShownClient>,
}

struct KindRow {
    group: String,
    host: String,
    version: String,
    policy: String,
    is_current: bool,
    n: String,
    seen: String,
}

struct DayRow {
    day: String,
    kinds: String,
    n: String,
}

struct ShownClient {
    client: ClientRow,
    host: String,
    group: String,
    created: Moment,
    seen: Moment,
    is_out: bool,
}

#[derive(Template)]
#[template(path = "client.html")]
struct ClientPage {
    page: Page,
    row: ShownClient,
    policy: String,
    shut_out: Option<Moment>,
    /// The label of the client's deployment or token, and the page about that.
    deployment: Option<(String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct Expect {
    #[serde(default)]
    number: String,
}

/// Shows the page.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let now = now();
    let names = admin.group_names(&signed.scope).await?;
    let counts = store.count_clients(&signed.scope, now - ACTIVE).await?;
    let active: i64 = counts.iter().map(|count| count.n).sum();
    // An administrator enters the expected number for the whole organisation.
    let expected = if signed.scope.is_everything() {
        store.setting(CLIENTS_EXPECTED).await?.unwrap_or_default()
    } else {
        String::new()
    };
    let wanted = expected.parse::<i64>().ok().filter(|wanted| *wanted > 0);
    let today = now - now.rem_euclid(DAY);
    let by_day = store.clients_by_day(&signed.scope, today - (DAYS - 1) * DAY).await?;
    let newest = store.newest_clients(&signed.scope, NEWEST).await?;
    let view = ClientsPage {
        page: signed.page(SECTION, "Clients").with_notice(done.code()),
        active: number(active),
        coverage: wanted.map(|wanted| format!("{} %", active * 100 / wanted)),
        kinds: kinds(&admin, &names, counts),
        days: days(&by_day),
        newest: newest.into_iter().map(|client| ShownClient::new(client, &names)).collect(),
        expected,
    };
    Ok(html(StatusCode::OK, &view))
}

/// Counts as rows, one for all clients of the same group, kind and versions, whichever deployment they enrolled by.
fn kinds(
    admin: &Admin,
    names: &BTreeMap<String, String>,
    counts: Vec<ClientCount>,
) -> Vec<KindRow> {
    let mut kinds: BTreeMap<(String, String, String, i64), (i64, i64)> = BTreeMap::new();
    for count in counts {
        let kind = (count.group, count.host, count.version, count.policy_version);
        let (n, seen) = kinds.entry(kind).or_default();
        *n += count.n;
        *seen = count.seen.max(*seen);
    }
    let rows = kinds.into_iter().map(|((group, host, version, policy), (n, seen))| KindRow {
        is_current: admin.app().clients.directory.version(&group) == Some(policy),
        group: names.get(&group).unwrap_or(&group).clone(),
        host: labels::host(&host).to_owned(),
        version,
        policy: policy_text(policy),
        n: number(n),
        seen: ago(seen),
    });
    rows.collect()
}

fn days(counts: &[ClientCount]) -> Vec<DayRow> {
    // The counts are sorted by day, the newest first.
    let days = counts.chunk_by(|a, b| a.day == b.day);
    let rows = days.map(|day| {
        let kinds = day.iter().map(|count| {
            format!("{} {}: {}", labels::host(&count.host), count.version, number(count.n))
        });
        DayRow {
            day: day.first().map(|first| Moment(first.day).day()).unwrap_or_default(),
            kinds: kinds.collect::<Vec<_>>().join(", "),
            n: number(day.iter().map(|count| count.n).sum()),
        }
    });
    rows.collect()
}

fn policy_text(version: i64) -> String {
    if version == 0 { "not known yet".to_owned() } else { version.to_string() }
}

/// Sets the number of clients that the administrator expects.
pub(crate) async fn expect(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Expect>,
) -> Result<Response, AdminError> {
    let text = form.number.trim();
    if !text.is_empty() && text.parse::<u32>().is_err() {
        return Err(AdminError::bad_request("Write the expected number of clients in digits."));
    }
    let entry = signed.entry("clients-expected", text, "");
    admin.store().set_setting(CLIENTS_EXPECTED, text, Some(&entry)).await?;
    Ok(redirect("/admin/clients?done=clients-expected"))
}

/// Shows one client.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let client = find(&admin, &signed, &id).await?;
    let names = admin.group_names(&signed.scope).await?;
    let tokens = admin.store().tokens().await?;
    let deployments = admin.store().deployments().await?;
    let token = tokens.into_iter().find(|token| token.id == client.token_id);
    let token = token.filter(|token| signed.scope.has(&token.group));
    let deployment = token.and_then(|token| {
        let is_deployment = deployments.iter().any(|it| it.token.id == token.id);
        // The pages of groups are open only to people whose role is for the whole organisation.
        if !is_deployment && !signed.scope.is_everything() {
            return None;
        }
        let section = if is_deployment { "deployments" } else { "groups" };
        let place = if is_deployment { &token.id } else { &token.group };
        Some((token.label.clone(), format!("/admin/{section}/{place}")))
    });
    let view = ClientPage {
        page: signed.page(SECTION, "Client").with_notice(done.code()),
        policy: policy_text(client.policy_version),
        shut_out: client.shut_out.map(Moment),
        row: ShownClient::new(client, &names),
        deployment,
    };
    Ok(html(StatusCode::OK, &view))
}

/// Shuts a client out.
pub(crate) async fn shut_out(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let client = find(&admin, &signed, &id).await?;
    let entry = signed.entry("client-shut-out", &client.id, &client.group);
    admin.store().shut_out_client(&client.id, Some(&entry)).await?;
    admin.app().clients.directory.refresh(admin.store()).await?;
    Ok(redirect(&format!("{SECTION}/{}?done=client-shut-out", client.id)))
}

/// Removes the events that a client reported.
pub(crate) async fn remove_events(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let client = find(&admin, &signed, &id).await?;
    let entry = signed.entry("client-events-removed", &client.id, &client.group);
    admin.store().remove_client_events(&client.id, &entry).await?;
    Ok(redirect(&format!("{SECTION}/{}?done=client-events", client.id)))
}

async fn find(admin: &Admin, signed: &Signed, id: &str) -> Result<ClientRow, AdminError> {
    signed.found(admin.store().client(id).await, SECTION, "Clients")
}

impl ShownClient {
    fn new(client: ClientRow, names: &BTreeMap<String, String>) -> Self {
        Self {
            host: labels::host(&client.host).to_owned(),
            group: names.get(&client.group).unwrap_or(&client.group).clone(),
            created: Moment(client.created),
            seen: Moment(client.seen),
            is_out: client.shut_out.is_some(),
            client,
        }
    }
}
