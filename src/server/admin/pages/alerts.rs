//! The alerts page: whom the server tells, whether that works, and the latest alerts.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::alert::{
    Destination, Tested,
    notice::{Notice as Told, label},
};
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        page::{Done, Notice, Page, html, number, redirect},
        time::{Moment, now, span},
    },
    state::Admin,
};
use crate::server::options::ResolverChoice;
use crate::store::{Recipient, RecipientRow, ToldRow};

const SECTION: &str = "/admin/alerts";

/// The number of alerts in the list.
const LATEST: u16 = 50;

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    page: Page,
    destinations: Vec<Shown>,
    /// Recipients for whom alerts wait, and how many, although this server's file does not name them.
    unknown: Vec<(Recipient, String)>,
    rules: Vec<Rule>,
    told: Vec<ToldShown>,
    /// The server that looks for alerts at present.
    owner: &'static str,
    /// The alert about look-alikes is on, although DNS lookups are disabled.
    is_blind: bool,
}

/// The recipient whose waiting alerts to forget.
#[derive(Deserialize)]
pub(crate) struct Remove {
    destination: String,
    #[serde(default)]
    recipient: String,
}

struct Rule {
    name: &'static str,
    code: &'static str,
    threshold: Option<String>,
}

struct Shown {
    name: String,
    what: &'static str,
    to: String,
    topics: String,
    recipients: Vec<RecipientShown>,
}

struct RecipientShown {
    address: String,
    state: &'static str,
    /// A severity, for its colour.
    class: &'static str,
    waiting: String,
    oldest: Option<String>,
    delivered: String,
    delivered_at: Option<Moment>,
    error: Option<(String, Moment)>,
}

struct ToldShown {
    at: Moment,
    kind: String,
    title: String,
    link: Option<String>,
    state: String,
    is_open: bool,
}

/// Shows the list.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    list(&admin, signed.page(SECTION, "Alerts").with_notice(done.code())).await
}

/// Sends a test, and shows the result.
pub(crate) async fn test(
    State(admin): State<Admin>,
    signed: Signed,
    Path(name): Path<String>,
) -> Result<Response, AdminError> {
    let tested = admin.app().teller.test(&name).await;
    let tested = tested.ok_or_else(|| AdminError::missing("destination"))?;
    let page = signed.page(SECTION, "Alerts");
    let (text, is_good) = describe(&name, &tested);
    let page = if is_good {
        Page { notice: Some(Notice { kind: "pass", text: text.clone() }), ..page }
    } else {
        page.with_problem(text.clone())
    };
    let detail = if is_good { "delivered" } else { &*text };
    admin.store().audit(&signed.entry("alert-tested", &name, detail)).await?;
    list(&admin, page).await
}

/// The result of a test, and whether every recipient got it.
fn describe(name: &str, tested: &[(Recipient, Tested)]) -> (String, bool) {
    let who = |recipient: &Recipient| {
        if recipient.address.is_empty() { name.to_owned() } else { recipient.address.clone() }
    };
    let sentences = tested.iter().map(|(recipient, tested)| match tested {
        Ok(took) => format!("{} took the test after {} ms.", who(recipient), took.as_millis()),
        Err(undelivered) => format!("The test did not reach {}: {undelivered}.", who(recipient)),
    });
    let text = sentences.collect::<Vec<_>>().join(" ");
    (text, tested.iter().all(|(_, tested)| tested.is_ok()))
}

/// Forgets the alerts that wait for a recipient that the configuration no longer names.
pub(crate) async fn remove(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Remove>,
) -> Result<Response, AdminError> {
    let page = || signed.page(SECTION, "Alerts");
    let recipient = Recipient { destination: form.destination, address: form.recipient };
    let destinations = &admin.app().teller.alerts().destinations;
    if destinations.iter().any(|it| it.recipients().contains(&recipient)) {
        let text = "The configuration of this server names this recipient. Remove it there first.";
        return Err(AdminError::bad_request(text).on(page()));
    }
    let entry = signed.entry("alert-recipient-removed", &recipient.destination, &recipient.address);
    if !admin.store().forget_recipient(&recipient, &entry).await? {
        return Err(AdminError::missing("recipient").on(page()));
    }
    Ok(redirect("/admin/alerts?done=alerts-removed"))
}

async fn list(admin: &Admin, page: Page) -> Result<Response, AdminError> {
    let store = admin.store();
    let alerts = admin.app().teller.alerts();
    let mut rows: BTreeMap<Recipient, RecipientRow> =
        store.recipients().await?.into_iter().map(|row| (row.recipient.clone(), row)).collect();
    let destinations: Vec<Shown> =
        alerts.destinations.iter().map(|it| Shown::new(it, &mut rows)).collect();
    let owner = if destinations.is_empty() {
        "no server"
    } else {
        let watch = store.alert_watch(admin.app().options.clock.now()).await?;
        match &*watch.owner {
            "" => "no server yet",
            owner if admin.app().teller.is_me(owner) => "this server",
            _ => "another server",
        }
    };
    let rules = alerts.rules.describe().map(|(code, threshold)| Rule {
        name: label(code),
        code,
        threshold,
    });
    let is_off = admin.app().options.resolver == ResolverChoice::Off;
    let view = AlertsPage {
        page,
        is_blind: is_off && alerts.rules.lookalike && !destinations.is_empty(),
        destinations,
        unknown: rows.into_values().filter(|row| row.waiting > 0).map(unknown).collect(),
        rules: rules.into(),
        told: store.alerts(LATEST).await?.iter().map(ToldShown::new).collect(),
        owner,
    };
    Ok(html(StatusCode::OK, &view))
}

fn unknown(row: RecipientRow) -> (Recipient, String) {
    (row.recipient, number(row.waiting))
}

impl Shown {
    fn new(destination: &Destination, rows: &mut BTreeMap<Recipient, RecipientRow>) -> Self {
        let recipients = destination.recipients().into_iter();
        Self {
            name: destination.name.clone(),
            what: destination.describe(),
            to: destination.address(),
            topics: destination.topics(),
            recipients: recipients
                .map(|recipient| {
                    let row = rows.remove(&recipient);
                    RecipientShown::new(recipient.address, row.as_ref())
                })
                .collect(),
        }
    }
}

impl RecipientShown {
    fn new(address: String, row: Option<&RecipientRow>) -> Self {
        let (state, class) = state(row);
        Self {
            address,
            state,
            class,
            waiting: number(row.map_or(0, |row| row.waiting)),
            oldest: row.and_then(|row| row.oldest).map(|oldest| span(now() - oldest)),
            delivered: number(row.map_or(0, |row| row.delivered)),
            delivered_at: row.and_then(|row| row.delivered_at).map(Moment),
            error: row.and_then(|row| row.error.clone()).map(|(what, at)| (what, Moment(at))),
        }
    }
}

/// The state of a destination, with a severity.
fn state(row: Option<&RecipientRow>) -> (&'static str, &'static str) {
    let Some(row) = row else { return ("no alert yet", "pass") };
    let failed_at = row.error.as_ref().map(|(_, at)| *at);
    if row.waiting > 0 && failed_at.is_some() && failed_at > row.delivered_at {
        return ("failing", "block");
    }
    if row.waiting > 0 { ("delivering", "notice") } else { ("up to date", "pass") }
}

impl ToldShown {
    fn new(row: &ToldRow) -> Self {
        let told = Told::read(&row.alert);
        let state = match (row.recipients, row.delivered) {
            (0, _) => "not sent: too many of this kind".to_owned(),
            (all, delivered) => format!("to {} of {}", number(delivered), number(all)),
        };
        Self {
            at: Moment(row.alert.at),
            kind: label(&row.alert.kind).to_owned(),
            title: told.title,
            link: told.link.map(|(_, path)| path),
            state,
            is_open: row.alert.over_at.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_failing_while_alerts_wait_after_a_failed_attempt() {
        let row = |waiting, delivered_at, error_at: Option<i64>| RecipientRow {
            recipient: Recipient { destination: "soc".to_owned(), address: String::new() },
            waiting,
            oldest: None,
            delivered: 0,
            delivered_at,
            error: error_at.map(|at| ("refused".to_owned(), at)),
        };
        for (row, name) in [
            (None, "no alert yet"),
            (Some(row(0, Some(1), None)), "up to date"),
            (Some(row(1, None, None)), "delivering"),
            (Some(row(1, Some(1), Some(2))), "failing"),
            (Some(row(1, None, Some(2))), "failing"),
            (Some(row(0, Some(1), Some(2))), "up to date"),
            (Some(row(1, Some(3), Some(2))), "delivering"),
        ] {
            assert_eq!(state(row.as_ref()).0, name);
        }
    }
}
