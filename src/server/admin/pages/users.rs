//! Who may sign in.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{access::Signed, new_password, password},
    shared::{
        error::AdminError,
        page::{Done, Page, html, redirect},
        role::Role,
        time::{Moment, now},
    },
    state::Admin,
};
use crate::store::{NewUser, SECOND_FACTOR_ROLES, UserChange, UserRow};

const SECTION: &str = "/admin/users";

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    page: Page,
    users: Vec<User>,
    roles: [Role; 3],
    /// The roles that need one-time codes.
    code_roles: String,
    /// Whether a user can sign in with a password.
    passwords: bool,
    new_name: String,
    new_role: Role,
    min: usize,
}

impl UsersPage {
    /// Whether a role needs one-time codes.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "Askama passes a loop's variable by reference"
    )]
    fn needs_code(&self, role: &Role) -> bool {
        self.code_roles.split(',').any(|it| it == role.as_str())
    }
}

struct User {
    id: String,
    name: String,
    role: Role,
    is_self: bool,
    disabled: bool,
    signs_in: SignsIn,
    created_at: Moment,
    signed_in_at: Option<Moment>,
}

/// How somebody proves who they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SignsIn {
    Password,
    PasswordAndCode,
    /// At a provider or a proxy, which also decides the role.
    Elsewhere,
}

impl SignsIn {
    fn of(user: &UserRow) -> Self {
        match (&user.issuer, user.totp_on) {
            (Some(_), _) => Self::Elsewhere,
            (None, true) => Self::PasswordAndCode,
            (None, false) => Self::Password,
        }
    }

    const fn describe(self) -> &'static str {
        match self {
            Self::Password => "with a password",
            Self::PasswordAndCode => "with a password and a code",
            Self::Elsewhere => "elsewhere",
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Create {
    name: String,
    role: String,
    password: String,
    again: String,
}

#[derive(Deserialize)]
pub(crate) struct Change {
    #[serde(default)]
    role: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct SecondFactor {
    #[serde(default)]
    viewer: String,
    #[serde(default)]
    analyst: String,
    #[serde(default)]
    admin: String,
}

#[derive(Deserialize)]
pub(crate) struct Password {
    password: String,
    again: String,
}

/// The list, and the form for a new one.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Users").with_notice(done.code());
    list(&admin, &signed, StatusCode::OK, page, String::new(), Role::Viewer).await
}

/// Adds a user.
pub(crate) async fn create(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Create>,
) -> Result<Response, AdminError> {
    let role = Role::parse(&form.role)
        .ok_or_else(|| AdminError::bad_request("The server knows no such role."))?;
    if let Some(problem) = new_password::problem(&form.name, &form.password, &form.again) {
        let page = signed.page(SECTION, "Users").with_problem(problem);
        return list(&admin, &signed, StatusCode::UNPROCESSABLE_ENTITY, page, form.name, role)
            .await;
    }
    let hash = new_password::hash(&admin, form.password).await?;
    let name = form.name.trim().to_lowercase();
    let id = uuid::Uuid::new_v4().to_string();
    let user = NewUser { id: &id, name: &name, role: role.as_str(), password_hash: &hash };
    let entry = signed.entry("user-created", &name, role.as_str());
    match admin.store().create_user(user, now(), &entry).await? {
        UserChange::Done => Ok(redirect("/admin/users?done=user-created")),
        UserChange::Refused | UserChange::LastAdmin => {
            let page = signed
                .page(SECTION, "Users")
                .with_problem("Another user has that name. Choose another.");
            list(&admin, &signed, StatusCode::CONFLICT, page, form.name, role).await
        }
    }
}

/// Says which roles need one-time codes. A user with such a role and no codes can open nothing but the page that turns
/// them on.
pub(crate) async fn require_second_factor(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<SecondFactor>,
) -> Result<Response, AdminError> {
    let chosen =
        [(Role::Viewer, &form.viewer), (Role::Analyst, &form.analyst), (Role::Admin, &form.admin)];
    let chosen = chosen.into_iter().filter(|(_, chosen)| !chosen.is_empty());
    let roles = chosen.map(|(role, _)| role.as_str()).collect::<Vec<_>>().join(",");
    let entry = signed.entry("second-factor-required", "roles", &roles);
    admin.store().set_setting(SECOND_FACTOR_ROLES, &roles, Some(&entry)).await?;
    Ok(redirect("/admin/users?done=second-factor"))
}

/// Gives another role.
pub(crate) async fn set_role(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, AdminError> {
    let role = Role::parse(&form.role)
        .ok_or_else(|| AdminError::bad_request("The server knows no such role."))?;
    let user = own_here(&admin, &signed, &id).await?;
    let detail = format!("{} to {role}", user.role);
    let entry = signed.entry("user-role", &user.name, &detail);
    let change = admin.store().set_role(&id, role.as_str(), &entry).await?;
    done(&admin, &signed, change, "user-role").await
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
        return list(&admin, &signed, status, page, String::new(), Role::Viewer).await;
    }
    let hash = new_password::hash(&admin, form.password).await?;
    let entry = signed.entry("user-password", &user.name, "one-time codes off");
    let change = admin.store().set_password(&id, &hash, true, &entry).await?;
    done(&admin, &signed, change, "user-password").await
}

/// The user whom a form is about, who must be someone else: no administrators can disable their own
/// account by mistake.
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
            "This user signs in elsewhere, which decides their role and their password. You can disable the \
             account here.",
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
        signs_in: SignsIn::of(&user),
        id: user.id,
        name: user.name,
        disabled: user.disabled,
        created_at: Moment(user.created_at),
        signed_in_at: user.signed_in_at.map(Moment),
    });
    let users = users.collect();
    let roles = Role::ALL;
    let code_roles = admin.store().setting(SECOND_FACTOR_ROLES).await?.unwrap_or_default();
    let (passwords, min) = (admin.app().options.sign_in.passwords, password::MIN);
    let page = UsersPage { page, users, roles, code_roles, passwords, new_name, new_role, min };
    Ok(html(status, &page))
}
