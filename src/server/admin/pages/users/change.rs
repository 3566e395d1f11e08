//! Changes users: their role, their sessions and tokens, and their mail address.

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{SECTION, add::Typed, list, parse_role, shown, within};
use crate::alert::is_address;
use crate::server::admin::{
    auth::{
        new_password,
        password_link::{self, Purpose},
        visitor::Signed,
    },
    shared::{error::AdminError, page::redirect},
    state::Admin,
};
use crate::store::{UserChange, UserRow};

#[derive(Deserialize)]
pub(crate) struct Change {
    #[serde(default)]
    role: String,
}

#[derive(Deserialize)]
pub(crate) struct For {
    #[serde(default)]
    group: String,
}

#[derive(Deserialize)]
pub(crate) struct Password {
    password: String,
    again: String,
}

#[derive(Deserialize)]
pub(crate) struct Mail {
    #[serde(default)]
    mail: String,
}

/// Gives a user another role.
pub(crate) async fn set_role(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, AdminError> {
    let role = parse_role(&form.role)?;
    let user = own_here(&admin, &signed, &id).await?;
    let detail = format!("{} to {role}", user.role);
    let entry = signed.entry("user-role", &user.name, &detail);
    let change = admin.store().set_role(&id, role.as_str(), &entry).await?;
    done(&admin, &signed, change, "user-role").await
}

/// Changes whether the role is for a group or the whole organisation. This also concerns users who
/// sign in elsewhere and whose groups there give a role without a group.
pub(crate) async fn set_group(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<For>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    if user.group_given {
        return Err(AdminError::bad_request(
            "This user signs in elsewhere, and their groups there decide which group their role is for.",
        )
        .on(signed.page(SECTION, "Users")));
    }
    let group = within(&form.group);
    let name = |group: Option<&str>| group.unwrap_or("the organisation").to_owned();
    let detail = format!("{} to {}", name(user.group.as_deref()), name(group));
    let entry = signed.entry("user-group", &user.name, &detail);
    let change = admin.store().set_group(&id, group, &entry).await;
    let change = signed.found(change, SECTION, "Users")?;
    done(&admin, &signed, change, "user-group").await
}

/// Disables a user's account.
pub(crate) async fn disable(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    let entry = signed.entry("user-disabled", &user.name, "");
    let change = admin.store().set_disabled(&id, true, &entry).await?;
    done(&admin, &signed, change, "user-disabled").await
}

/// Enables a user's account again.
pub(crate) async fn enable(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    let entry = signed.entry("user-enabled", &user.name, "");
    let change = admin.store().set_disabled(&id, false, &entry).await?;
    done(&admin, &signed, change, "user-enabled").await
}

/// Deletes a user.
pub(crate) async fn delete(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    let entry = signed.entry("user-deleted", &user.name, &user.role);
    let change = admin.store().delete_user(&id, &entry).await?;
    done(&admin, &signed, change, "user-deleted").await
}

/// Sets the password of a user who has lost theirs.
pub(crate) async fn set_password(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Password>,
) -> Result<Response, AdminError> {
    let user = own_here(&admin, &signed, &id).await?;
    if let Some(problem) = new_password::problem(&user.name, &form.password, &form.again) {
        let page = signed.page(SECTION, "Users").with_problem(format!("{}: {problem}", user.name));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return list(&admin, &signed, status, page, Typed::default()).await;
    }
    let hash = new_password::hash(&admin, form.password).await?;
    let entry = signed.entry("user-password", &user.name, "one-time codes off");
    let change = admin.store().set_password(&id, &hash, true, &entry).await?;
    done(&admin, &signed, change, "user-password").await
}

/// Hands out a link by which a user sets another password, or the first one if they were invited.
pub(crate) async fn send_link(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let user = own_here(&admin, &signed, &id).await?;
    if user.disabled {
        let text = "The account is disabled. Enable it first.";
        return Err(AdminError::bad_request(text).on(signed.page(SECTION, "Users")));
    }
    let purpose = match user.password_hash {
        Some(_) => Purpose::Reset,
        None => Purpose::Invitation,
    };
    let handed = password_link::hand_out(&admin, &signed, &user, purpose).await?;
    shown(&admin, &signed, user, handed).await
}

/// Notes where mail reaches a user.
pub(crate) async fn set_mail(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Mail>,
) -> Result<Response, AdminError> {
    let user = admin.store().user(&id).await?.ok_or_else(|| AdminError::missing("user"))?;
    let mail = Some(form.mail.trim()).filter(|mail| !mail.is_empty());
    if mail.is_some_and(|mail| !is_address(mail)) {
        let problem = format!("{}: the mail address is not complete.", user.name);
        let page = signed.page(SECTION, "Users").with_problem(problem);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return list(&admin, &signed, status, page, Typed::default()).await;
    }
    let entry = signed.entry("user-mail", &user.name, mail.unwrap_or("none"));
    let change = admin.store().set_mail(&id, mail, &entry).await?;
    done(&admin, &signed, change, "user-mail").await
}

/// The user of a form, who must be someone else: nobody shuts themselves out by mistake.
async fn other(admin: &Admin, signed: &Signed, id: &str) -> Result<UserRow, AdminError> {
    if signed.id == id {
        return Err(AdminError::bad_request(
            "This is you. Your password is on the page of your account; another administrator can do \
             the rest.",
        )
        .on(signed.page(SECTION, "Users")));
    }
    admin.store().user(id).await?.ok_or_else(|| AdminError::missing("user"))
}

/// As [`other`], for a form about a setting that the provider or the proxy decides for accounts from there.
async fn own_here(admin: &Admin, signed: &Signed, id: &str) -> Result<UserRow, AdminError> {
    let user = other(admin, signed, id).await?;
    if user.issuer.is_some() {
        return Err(AdminError::bad_request(
            "This user signs in elsewhere, and the system there decides their role and their password. \
             You can disable the account here.",
        )
        .on(signed.page(SECTION, "Users")));
    }
    Ok(user)
}

async fn done(
    admin: &Admin,
    signed: &Signed,
    change: UserChange,
    code: &str,
) -> Result<Response, AdminError> {
    match change {
        UserChange::Done => Ok(redirect(&format!("/admin/users?done={code}"))),
        UserChange::Refused => Err(AdminError::missing("user").on(signed.page(SECTION, "Users"))),
        UserChange::LastAdmin => {
            let page = signed
                .page(SECTION, "Users")
                .with_problem("The server needs at least one administrator.");
            list(admin, signed, StatusCode::CONFLICT, page, Typed::default()).await
        }
    }
}
