//! Who may sign in.

mod add;
mod change;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::server::SignInSource;
use crate::server::admin::{
    auth::{
        password,
        password_link::{Handed, Purpose},
        visitor::Signed,
    },
    shared::{
        choice::{Choice, tree_choices},
        error::AdminError,
        page::{Done, Page, html, redirect},
        role::Role,
        time::Moment,
    },
    state::Admin,
};
use crate::store::{ORGANISATION, SECOND_FACTOR_ROLES, UserRow};
use add::Typed;

pub(crate) use add::{create, invite};
pub(crate) use change::{
    delete, disable, enable, send_link, set_group, set_mail, set_password, set_role,
};

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
    /// The groups that a role can be for, beside the whole organisation.
    groups: Vec<Choice>,
    /// The mail server that takes invitations, if there is one.
    mail_server: Option<String>,
    new: Typed,
    min: usize,
    /// Where people can sign in beside this server.
    elsewhere: Option<String>,
    origin: String,
}

impl UsersPage {
    /// Whether the form for a new user begins with this role.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "Askama passes a loop's variable by reference"
    )]
    fn is_new_role(&self, role: &Role) -> bool {
        self.new.role.unwrap_or(Role::Viewer) == *role
    }

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
    /// The mail address of the user; empty if nobody has entered one.
    mail: String,
    /// The group that the role is for, by its id and its name.
    group: Option<(String, String)>,
    /// Whether the provider or the proxy says which group that is.
    group_given: bool,
    created_at: Moment,
    signed_in_at: Option<Moment>,
}

impl User {
    /// Whether the role is for this group; the id of the organisation stands for a role for all
    /// groups.
    fn is_for(&self, group: &str) -> bool {
        self.group.as_ref().map_or(ORGANISATION, |(id, _)| id.as_str()) == group
    }
}

/// How somebody proves who they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SignsIn {
    /// The user has not used the invitation yet.
    Invited,
    Password,
    PasswordAndCode,
    /// At a provider or a proxy, which also decides the role.
    Elsewhere,
}

impl SignsIn {
    fn of(user: &UserRow) -> Self {
        match (&user.issuer, user.totp_on) {
            (Some(_), _) => Self::Elsewhere,
            (None, _) if user.password_hash.is_none() => Self::Invited,
            (None, true) => Self::PasswordAndCode,
            (None, false) => Self::Password,
        }
    }

    const fn describe(self) -> &'static str {
        match self {
            Self::Invited => "not yet: has set no password",
            Self::Password => "with a password",
            Self::PasswordAndCode => "with a password and a code",
            Self::Elsewhere => "elsewhere",
        }
    }
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

/// Shows the list of users, and the form for a new one.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Users").with_notice(done.code());
    list(&admin, &signed, StatusCode::OK, page, Typed::default()).await
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

async fn list(
    admin: &Admin,
    signed: &Signed,
    status: StatusCode,
    page: Page,
    new: Typed,
) -> Result<Response, AdminError> {
    let groups = admin.groups(&signed.scope).await?;
    let users = admin.store().users().await?;
    let users = users.into_iter().map(|user| User {
        is_self: user.id == signed.id,
        role: Role::parse(&user.role).unwrap_or(Role::Viewer),
        signs_in: SignsIn::of(&user),
        id: user.id,
        name: user.name,
        disabled: user.disabled,
        mail: user.mail.unwrap_or_default(),
        group_given: user.group_given,
        group: user.group.map(|id| {
            let found = groups.iter().find(|group| group.id == id);
            let name = found.map_or_else(|| id.clone(), |group| group.name.clone());
            (id, name)
        }),
        created_at: Moment(user.created_at),
        signed_in_at: user.signed_in_at.map(Moment),
    });
    let view = UsersPage {
        users: users.collect(),
        roles: Role::ALL,
        code_roles: admin.store().setting(SECOND_FACTOR_ROLES).await?.unwrap_or_default(),
        passwords: admin.app().options.sign_in.passwords,
        groups: tree_choices(&groups, &new.group),
        mail_server: admin.app().teller.mail_server(),
        min: password::MIN,
        elsewhere: admin.app().options.sign_in.source.as_ref().map(|source| match source {
            SignInSource::Oidc(oidc) => oidc.issuer.clone(),
            SignInSource::Proxy(_) => "a proxy in front of this server".to_owned(),
        }),
        origin: admin.origin().base().to_owned(),
        new,
        page,
    };
    Ok(html(status, &view))
}

/// Shows the list of users, with the link that was made for one, or with the mail server that took
/// the link.
async fn shown(
    admin: &Admin,
    signed: &Signed,
    user: UserRow,
    handed: Handed,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Users");
    let typed = Typed { handed: Some((user.name, handed)), ..Typed::default() };
    list(admin, signed, StatusCode::OK, page, typed).await
}

/// The group that a form names; `None` for the whole organisation.
fn within(group: &str) -> Option<&str> {
    Some(group).filter(|group| !group.is_empty() && *group != ORGANISATION)
}

fn parse_role(name: &str) -> Result<Role, AdminError> {
    Role::parse(name).ok_or_else(|| AdminError::bad_request("The server knows no such role."))
}
