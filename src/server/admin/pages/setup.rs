//! The one-time link that creates an administrator.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{
        new_password, password, secret, sessions,
        visitor::{Browser, Visit},
    },
    shared::{
        error::AdminError,
        page::{Page, html},
        role::Role,
        time::now,
    },
    state::Admin,
};
use crate::store::{AuditEntry, NewUser, Store, StoreError, UserChange};

/// A link is valid for a day. With a shorter time, the link could expire before an administrator
/// reads it; with a longer one, somebody else could find it later.
const LINK_MS: i64 = 24 * 3600 * 1000;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    page: Page,
    link: String,
    name: String,
    min: usize,
}

#[derive(Deserialize)]
pub(crate) struct Setup {
    name: String,
    password: String,
    again: String,
}

/// The path of a new link, if nobody can sign in yet. Each start makes a link; all links end once
/// one of them is used.
///
/// # Errors
///
/// If the database doesn't answer.
pub async fn setup_link(store: &Store) -> Result<Option<String>, StoreError> {
    if store.has_no_user().await? { Ok(Some(new_link(store).await?)) } else { Ok(None) }
}

/// The path of a new link, even if somebody can sign in: for an administrator who can use the
/// database and has lost the password.
///
/// # Errors
///
/// If the database doesn't answer.
pub async fn new_link(store: &Store) -> Result<String, StoreError> {
    let link = secret::generate();
    store.add_setup_link(&digest(&link), now(), now() + LINK_MS).await?;
    Ok(format!("/admin/setup/{link}"))
}

/// Shows the form.
pub(crate) async fn show(
    State(admin): State<Admin>,
    visit: Visit,
    Path(link): Path<String>,
) -> Result<Response, AdminError> {
    if !admin.store().has_setup_link(&digest(&link), now()).await? {
        return Err(used_up());
    }
    let page = visit.page("Set up the dashboard");
    Ok(html(StatusCode::OK, &SetupPage { page, link, name: String::new(), min: password::MIN }))
}

/// Makes the administrator and signs them in.
pub(crate) async fn submit(
    State(admin): State<Admin>,
    visit: Visit,
    Browser(browser): Browser,
    headers: HeaderMap,
    Path(link): Path<String>,
    Form(form): Form<Setup>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    if !store.has_setup_link(&digest(&link), now()).await? {
        return Err(used_up());
    }
    let again = |problem: String, status: StatusCode| {
        let page = visit.page("Set up the dashboard").with_problem(problem);
        let name = form.name.clone();
        html(status, &SetupPage { page, link: link.clone(), name, min: password::MIN })
    };
    if let Some(problem) = new_password::problem(&form.name, &form.password, &form.again) {
        return Ok(again(problem, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let hash = new_password::hash(&admin, form.password.clone()).await?;
    let name = form.name.trim().to_lowercase();
    let address = visit.address.0.to_string();
    let entry = AuditEntry {
        at: now(),
        actor: &name,
        address: &address,
        action: "user-created",
        target: &name,
        detail: "admin, by the set-up link",
    };
    let id = uuid::Uuid::new_v4().to_string();
    let user = NewUser {
        id: &id,
        name: &name,
        role: Role::Admin.as_str(),
        password_hash: &hash,
        group: None,
        mail: None,
    };
    match store.set_up(&digest(&link), user, now(), &entry).await? {
        UserChange::Done => {}
        UserChange::Refused | UserChange::LastAdmin => {
            if store.has_setup_link(&digest(&link), now()).await? {
                let problem = "Another user has that name. Choose another.".to_owned();
                return Ok(again(problem, StatusCode::CONFLICT));
            }
            return Err(used_up());
        }
    }
    tracing::info!("an administrator was made by the set-up link");
    let Some(user) = store.user(&id).await? else { return Err(AdminError::missing("user")) };
    sessions::finish(&admin, &user, &headers, visit.address, &browser, "/admin?done=setup").await
}

fn digest(link: &str) -> String {
    secret::digest_for("set-up link", link)
}

fn used_up() -> AdminError {
    AdminError::new(
        StatusCode::NOT_FOUND,
        "This link is no longer valid",
        "A set-up link works once and for one day. While nobody can sign in, each start of the server \
         prints a new one; afterwards the command milguard admin-link makes one.",
    )
}
