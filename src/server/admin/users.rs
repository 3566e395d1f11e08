//! Who may sign in.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    Admin, Done,
    access::Signed,
    auth::{password, role::Role},
    error::AdminError,
    page::{Moment, Page, html, now, see},
};
use crate::store::{NewUser, UserChange, UserRow};

const SECTION: &str = "/admin/users";

/// Characters of a name.
const NAME: usize = 64;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    page: Page,
    users: Vec<User>,
    roles: [Role; 3],
    new_name: String,
    new_role: Role,
    min: usize,
}

struct User {
    id: String,
    name: String,
    role: Role,
    is_self: bool,
    disabled: bool,
    totp_on: bool,
    created_at: Moment,
    signed_in_at: Option<Moment>,
}

#[derive(Deserialize)]
pub(super) struct Create {
    name: String,
    role: String,
    password: String,
    again: String,
}

#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    role: String,
}

#[derive(Deserialize)]
pub(super) struct Password {
    password: String,
    again: String,
}

/// The list, and the form for a new one.
pub(super) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Users").with_notice(done.code());
    list(&admin, &signed, StatusCode::OK, page, String::new(), Role::Viewer).await
}

/// Adds a user.
pub(super) async fn create(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Create>,
) -> Result<Response, AdminError> {
    let role =
        Role::parse(&form.role).ok_or_else(|| AdminError::bad_request("There is no such role."))?;
    if let Some(problem) = problem(&form.name, &form.password, &form.again) {
        let page = signed.page(SECTION, "Users").with_problem(problem);
        return list(&admin, &signed, StatusCode::UNPROCESSABLE_ENTITY, page, form.name, role)
            .await;
    }
    let hash = hash(&admin, form.password).await?;
    let name = form.name.trim().to_lowercase();
    let id = uuid::Uuid::new_v4().to_string();
    let user = NewUser { id: &id, name: &name, role: role.as_str(), password_hash: &hash };
    let entry = signed.entry("user-created", &name, role.as_str());
    match admin.store().create_user(user, now(), &entry).await? {
        UserChange::Done => Ok(see("/admin/users?done=user-created")),
        UserChange::Refused | UserChange::LastAdmin => {
            let page = signed.page(SECTION, "Users").with_problem("That name is taken.");
            list(&admin, &signed, StatusCode::CONFLICT, page, form.name, role).await
        }
    }
}

/// Gives another role.
pub(super) async fn set_role(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, AdminError> {
    let role =
        Role::parse(&form.role).ok_or_else(|| AdminError::bad_request("There is no such role."))?;
    let user = other(&admin, &signed, &id).await?;
    let detail = format!("{} to {role}", user.role);
    let entry = signed.entry("user-role", &user.name, &detail);
    let change = admin.store().set_role(&id, role.as_str(), &entry).await?;
    done(&admin, &signed, change, "user-role").await
}

/// Shuts a user out.
pub(super) async fn disable(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    let entry = signed.entry("user-disabled", &user.name, "");
    let change = admin.store().set_disabled(&id, true, &entry).await?;
    done(&admin, &signed, change, "user-disabled").await
}

/// Lets a user in again.
pub(super) async fn enable(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    let entry = signed.entry("user-enabled", &user.name, "");
    let change = admin.store().set_disabled(&id, false, &entry).await?;
    done(&admin, &signed, change, "user-enabled").await
}

/// Takes a user away.
pub(super) async fn delete(
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
pub(super) async fn set_password(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Password>,
) -> Result<Response, AdminError> {
    let user = other(&admin, &signed, &id).await?;
    if let Some(problem) = problem(&user.name, &form.password, &form.again) {
        let page = signed.page(SECTION, "Users").with_problem(format!("{}: {problem}", user.name));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return list(&admin, &signed, status, page, String::new(), Role::Viewer).await;
    }
    let hash = hash(&admin, form.password).await?;
    let entry = signed.entry("user-password", &user.name, "one-time codes off");
    let change = admin.store().set_password(&id, &hash, true, &entry).await?;
    done(&admin, &signed, change, "user-password").await
}

/// What is wrong with a new name and password.
pub(super) fn problem(name: &str, password: &str, again: &str) -> Option<String> {
    let name = name.trim();
    let plain = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
    if name.is_empty() || name.chars().count() > NAME || !name.chars().all(plain) {
        return Some(format!(
            "A name has 1 to {NAME} letters, digits and the characters . _ - @ +, without spaces."
        ));
    }
    if password != again {
        return Some("The two passwords are not the same.".to_owned());
    }
    password::problem(password, name)
}

/// Hashes a password that was found good.
pub(super) async fn hash(admin: &Admin, password: String) -> Result<String, AdminError> {
    admin.passwords().hash(password).await.ok_or_else(|| {
        AdminError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "This did not work",
            "The password cannot be stored: the server has no randomness or no memory.",
        )
    })
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

async fn done(
    admin: &Admin,
    signed: &Signed,
    change: UserChange,
    code: &str,
) -> Result<Response, AdminError> {
    match change {
        UserChange::Done => Ok(see(&format!("/admin/users?done={code}"))),
        UserChange::Refused => Err(AdminError::missing("user").on(signed.page(SECTION, "Users"))),
        UserChange::LastAdmin => {
            let page = signed
                .page(SECTION, "Users")
                .with_problem("Nobody would be left to administer the server.");
            list(admin, signed, StatusCode::CONFLICT, page, String::new(), Role::Viewer).await
        }
    }
}

async fn list(
    admin: &Admin,
    signed: &Signed,
    status: StatusCode,
    page: Page,
    new_name: String,
    new_role: Role,
) -> Result<Response, AdminError> {
    let users = admin.store().users().await?;
    let users = users.into_iter().map(|user| User {
        is_self: user.id == signed.id,
        role: Role::parse(&user.role).unwrap_or(Role::Viewer),
        id: user.id,
        name: user.name,
        disabled: user.disabled,
        totp_on: user.totp_on,
        created_at: Moment(user.created_at),
        signed_in_at: user.signed_in_at.map(Moment),
    });
    let users = users.collect();
    let roles = Role::ALL;
    Ok(html(status, &UsersPage { page, users, roles, new_name, new_role, min: password::MIN }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_typed_and_told_apart() {
        let password = "correct horse battery";
        for name in ["ann", "ann.lee@example.mil", "Zoë", " ann "] {
            assert_eq!(problem(name, password, password), None, "{name}");
        }
        for name in ["", " ", "ann lee", "<b>", "a\u{202e}b", &"x".repeat(65)] {
            assert!(problem(name, password, password).is_some(), "{name}");
        }
        assert!(problem("ann", password, "other").is_some());
    }
}
