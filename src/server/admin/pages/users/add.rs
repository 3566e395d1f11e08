//! Adding users: with a password that an administrator chooses, or by an invitation.

use axum::{Form, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{SECTION, list, parse_role, shown, within};
use crate::alert::is_address;
use crate::server::admin::{
    auth::{
        new_password,
        password_link::{self, Handed, Purpose},
        visitor::Signed,
    },
    shared::{error::AdminError, page::redirect, role::Role, time::now},
    state::Admin,
};
use crate::store::{NewUser, UserChange, UserRow};

const NAME_TAKEN: &str = "Another user has that name. Choose another.";

/// What was typed into a form for a new user, to be shown again.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) mail: String,
    pub(super) group: String,
    pub(super) role: Option<Role>,
    /// The link that the form has made, and for whom.
    pub(super) handed: Option<(String, Handed)>,
}

/// The fields that both forms for a new user have.
#[derive(Deserialize)]
pub(crate) struct Invite {
    name: String,
    role: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    mail: String,
}

#[derive(Deserialize)]
pub(crate) struct Create {
    #[serde(flatten)]
    user: Invite,
    password: String,
    again: String,
}

/// Adds a user.
pub(crate) async fn create(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Create>,
) -> Result<Response, AdminError> {
    let Create { user, password, again } = form;
    let typed = Typed::new(user)?;
    let problem = new_password::problem(&typed.name, &password, &again);
    if let Some(problem) = problem.or_else(|| typed.problem_with_mail()) {
        return refused(&admin, &signed, StatusCode::UNPROCESSABLE_ENTITY, &problem, typed).await;
    }
    let hash = new_password::hash(&admin, password).await?;
    if add(&admin, &signed, &typed, &hash).await?.is_none() {
        return refused(&admin, &signed, StatusCode::CONFLICT, NAME_TAKEN, typed).await;
    }
    Ok(redirect("/admin/users?done=user-created"))
}

/// Adds a user without a password, and hands out the link by which they set one.
pub(crate) async fn invite(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Invite>,
) -> Result<Response, AdminError> {
    if !admin.app().options.sign_in.passwords {
        return Err(AdminError::bad_request("Nobody signs in with a password here.")
            .on(signed.page(SECTION, "Users")));
    }
    let typed = Typed::new(form)?;
    let problem = new_password::problem_with_name(&typed.name);
    if let Some(problem) = problem.or_else(|| typed.problem_with_mail()) {
        return refused(&admin, &signed, StatusCode::UNPROCESSABLE_ENTITY, &problem, typed).await;
    }
    let Some(user) = add(&admin, &signed, &typed, "").await? else {
        return refused(&admin, &signed, StatusCode::CONFLICT, NAME_TAKEN, typed).await;
    };
    let handed = password_link::hand_out(&admin, &signed, &user, Purpose::Invitation).await?;
    shown(&admin, &signed, user, handed).await
}

/// Shows the form again with what was typed and the problem with it.
async fn refused(
    admin: &Admin,
    signed: &Signed,
    status: StatusCode,
    problem: &str,
    typed: Typed,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Users").with_problem(problem);
    list(admin, signed, status, page, typed).await
}

/// Adds a user, with an empty hash where they have yet to set a password. `None` where the name is taken.
async fn add(
    admin: &Admin,
    signed: &Signed,
    typed: &Typed,
    hash: &str,
) -> Result<Option<UserRow>, AdminError> {
    let role = typed.role.unwrap_or(Role::Viewer).as_str();
    let (id, name) = (uuid::Uuid::new_v4().to_string(), typed.name.trim().to_lowercase());
    let user = NewUser {
        id: &id,
        name: &name,
        role,
        password_hash: hash,
        group: typed.group(),
        mail: typed.mail(),
    };
    let mut detail = typed.group().map_or(role.to_owned(), |group| format!("{role} for {group}"));
    if hash.is_empty() {
        detail.push_str(", invited");
    }
    let entry = signed.entry("user-created", &name, &detail);
    let made = admin.store().create_user(user, now(), &entry).await;
    match signed.found(made, SECTION, "Users")? {
        UserChange::Done => Ok(admin.store().user(&id).await?),
        UserChange::Refused | UserChange::LastAdmin => Ok(None),
    }
}

impl Typed {
    fn new(form: Invite) -> Result<Self, AdminError> {
        let role = parse_role(&form.role)?;
        let Invite { name, group, mail, .. } = form;
        Ok(Self { name, mail, group, role: Some(role), handed: None })
    }

    fn group(&self) -> Option<&str> {
        within(&self.group)
    }

    fn mail(&self) -> Option<&str> {
        Some(self.mail.trim()).filter(|mail| !mail.is_empty())
    }

    fn problem_with_mail(&self) -> Option<String> {
        let is_wrong = self.mail().is_some_and(|mail| !is_address(mail));
        is_wrong
            .then(|| "The mail address is not complete. It looks like ann@example.mil.".to_owned())
    }
}
