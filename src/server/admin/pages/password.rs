//! Setting a password by a link from a mail, and asking for such a link.

use std::time::Instant;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{backoff, new_password, password, password_link, visitor::Visit},
    shared::{
        error::AdminError,
        page::{Done, Page, html, redirect},
        time::{now, span},
    },
    state::Admin,
};
use crate::store::{AuditEntry, UserChange};

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    page: Page,
    is_offered: bool,
}

#[derive(Template)]
#[template(path = "set_password.html")]
struct SetPage {
    page: Page,
    link: String,
    name: String,
    min: usize,
}

#[derive(Deserialize)]
pub(crate) struct Forgot {
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    password: String,
    again: String,
}

/// The form that asks for a link.
pub(crate) async fn forgot(
    State(admin): State<Admin>,
    visit: Visit,
    Query(done): Query<Done>,
) -> Response {
    let page = visit.page("Set a new password").with_notice(done.code());
    html(StatusCode::OK, &ForgotPage { page, is_offered: password_link::is_offered(&admin) })
}

/// Sends a link, if the account exists and has an address. The answer is the same in every case.
pub(crate) async fn ask(
    State(admin): State<Admin>,
    visit: Visit,
    Form(form): Form<Forgot>,
) -> Result<Response, AdminError> {
    if !password_link::is_offered(&admin) {
        return Err(AdminError::bad_request("This server sends no mail. Ask an administrator."));
    }
    take_turn(&admin, &visit)?;
    tokio::spawn(password_link::ask(admin, form.name, visit.address));
    Ok(redirect("/admin/forgot?done=reset-asked"))
}

/// The form for a new password. Looking at it does not use the link up: mail filters look at links, too.
pub(crate) async fn show(
    State(admin): State<Admin>,
    visit: Visit,
    Path(link): Path<String>,
) -> Result<Response, AdminError> {
    let user = admin.store().password_link(&password_link::digest(&link), now()).await?;
    let name = user.ok_or_else(used_up)?.name;
    let page = visit.page("Set your password");
    Ok(html(StatusCode::OK, &SetPage { page, link, name, min: password::MIN }))
}

/// Sets the password and uses the link up.
pub(crate) async fn set(
    State(admin): State<Admin>,
    visit: Visit,
    Path(link): Path<String>,
    Form(form): Form<NewPassword>,
) -> Result<Response, AdminError> {
    take_turn(&admin, &visit)?;
    let (store, digest) = (admin.store(), password_link::digest(&link));
    let user = store.password_link(&digest, now()).await?.ok_or_else(used_up)?;
    if let Some(problem) = new_password::problem(&user.name, &form.password, &form.again) {
        let page = visit.page("Set your password").with_problem(problem);
        let page = SetPage { page, link, name: user.name, min: password::MIN };
        return Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let hash = new_password::hash(&admin, form.password).await?;
    let address = visit.address.0.to_string();
    let entry = AuditEntry {
        at: now(),
        actor: &user.name,
        address: &address,
        action: "password-changed",
        target: &user.name,
        detail: "by a link",
    };
    match store.spend_password_link((&digest, &user.id), &hash, now(), &entry).await? {
        UserChange::Done => Ok(redirect("/admin/sign-in?done=password-set")),
        UserChange::Refused | UserChange::LastAdmin => Err(used_up()),
    }
}

/// Counts a request for a network and refuses it beyond the limit. All requests of these pages
/// count, and so do attempts to sign in.
fn take_turn(admin: &Admin, visit: &Visit) -> Result<(), AdminError> {
    let network = backoff::network(Some(visit.address.0));
    admin.sign_ins.take(&network, Instant::now()).map_err(|wait| {
        let wait = span(i64::try_from(wait.as_millis()).unwrap_or(60_000));
        AdminError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many attempts from your network",
            format!("The server did nothing. Wait {wait} and try again."),
        )
    })
}

fn used_up() -> AdminError {
    AdminError::new(
        StatusCode::NOT_FOUND,
        "This link is no longer valid",
        "A link works once: for three days where it invites you, for one hour where it resets your password. Ask for \
         another one.",
    )
}
