//! Groups, and the tokens that enrol clients into them.

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
        page::{Done, Page, html, redirect},
        time::{DAY, Moment, now},
        tree::{depth, sort_as_tree},
    },
    state::Admin,
};
use crate::store::{
    EnrolmentToken, Group, NewToken, ORGANISATION, PolicyChangeError, StoreError, is_demo,
};

const SECTION: &str = "/admin/groups";

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    page: Page,
    rows: Vec<GroupRow>,
    new_id: String,
    new_name: String,
    new_parent: String,
}

struct GroupRow {
    group: Group,
    depth: usize,
    tokens: usize,
    last_used: Option<Moment>,
    is_demo: bool,
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    page: Page,
    group: Group,
    parents: Vec<Group>,
    tokens: Vec<TokenRow>,
    created: Moment,
    can_remove: bool,
    is_demo: bool,
}

struct TokenRow {
    token: EnrolmentToken,
    created: Moment,
    expires: Option<Moment>,
    revoked: Option<Moment>,
    last_used: Option<Moment>,
    is_good: bool,
    /// The page of the deployment that the token belongs to, if any.
    deployment: Option<String>,
}

#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage {
    page: Page,
    group: Group,
    /// The token's text, which the page shows only once.
    token: String,
    base: String,
}

#[derive(Deserialize)]
pub(crate) struct Create {
    id: String,
    name: String,
    parent: String,
}

#[derive(Deserialize)]
pub(crate) struct Change {
    name: String,
    #[serde(default)]
    parent: String,
}

#[derive(Deserialize)]
pub(crate) struct Enrol {
    label: String,
    #[serde(default)]
    days: String,
}

/// The tree of groups.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Groups and enrolment").with_notice(done.code());
    show_list(&admin, StatusCode::OK, page, None).await
}

async fn show_list(
    admin: &Admin,
    status: StatusCode,
    page: Page,
    form: Option<Create>,
) -> Result<Response, AdminError> {
    let groups = admin.store().groups().await?;
    let tokens = admin.store().tokens().await?;
    let now = now();
    let mut rows: Vec<GroupRow> = groups
        .iter()
        .map(|group| {
            let own = || tokens.iter().filter(|token| token.group == group.id);
            GroupRow {
                depth: depth(&groups, group),
                tokens: own().filter(|token| token.is_good(now)).count(),
                last_used: own().filter_map(|token| token.last_used).max().map(Moment),
                is_demo: is_demo(&group.id),
                group: group.clone(),
            }
        })
        .collect();
    sort_as_tree(&mut rows, |row| &row.group);
    let form = form.unwrap_or_else(|| Create {
        id: String::new(),
        name: String::new(),
        parent: ORGANISATION.to_owned(),
    });
    let view =
        GroupsPage { page, rows, new_id: form.id, new_name: form.name, new_parent: form.parent };
    Ok(html(status, &view))
}

/// Makes a group.
pub(crate) async fn create(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Create>,
) -> Result<Response, AdminError> {
    let id = form.id.trim();
    let made = if is_demo(id) {
        let text = format!("`{id}` is reserved for made-up events; choose another id");
        Err(StoreError::Invalid(text))
    } else {
        let detail = format!("{}, below {}", form.name.trim(), form.parent);
        let entry = signed.entry("group-created", id, &detail);
        admin.store().create_group(id, &form.name, &form.parent, Some(&entry)).await
    };
    match made {
        Ok(group) => Ok(redirect(&format!("/admin/groups/{}?done=group-created", group.id))),
        Err(
            error @ (StoreError::Invalid(_) | StoreError::Conflict(_) | StoreError::Missing(_)),
        ) => {
            let page = signed.page(SECTION, "Groups and enrolment").with_problem(sentence(&error));
            show_list(&admin, StatusCode::UNPROCESSABLE_ENTITY, page, Some(form)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// One group and its tokens.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let group = find(&admin, &signed, &id).await?;
    let page = signed.page(SECTION, group.name.clone()).with_notice(done.code());
    show_group(&admin, StatusCode::OK, page, group).await
}

async fn show_group(
    admin: &Admin,
    status: StatusCode,
    page: Page,
    group: Group,
) -> Result<Response, AdminError> {
    let groups = admin.store().groups().await?;
    let tokens = admin.store().tokens().await?;
    let deployments = admin.store().deployments().await?;
    let now = now();
    let tokens = tokens.into_iter().filter(|token| token.group == group.id);
    let tokens: Vec<TokenRow> = tokens
        .map(|token| TokenRow {
            created: Moment(token.created),
            expires: token.expires.map(Moment),
            revoked: token.revoked.map(Moment),
            last_used: token.last_used.map(Moment),
            is_good: token.is_good(now),
            deployment: deployments
                .iter()
                .find(|it| it.token.id == token.id)
                .map(|it| format!("/admin/deployments/{}", it.token.id)),
            token,
        })
        .collect();
    let has_child = groups.iter().any(|it| it.parent.as_ref() == Some(&group.id));
    let has_token = tokens.iter().any(|row| row.is_good);
    let view = GroupPage {
        page,
        parents: groups.into_iter().filter(|other| other.id != group.id).collect(),
        tokens,
        created: Moment(group.created),
        can_remove: group.parent.is_some() && !has_child && !has_token,
        is_demo: is_demo(&group.id),
        group,
    };
    Ok(html(status, &view))
}

/// Renames or moves a group.
pub(crate) async fn change(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, AdminError> {
    let group = find(&admin, &signed, &id).await?;
    let parent = Some(form.parent.as_str()).filter(|parent| !parent.is_empty());
    let detail = format!(
        "{} below {} to {} below {}",
        group.name,
        group.parent.as_deref().unwrap_or("nothing"),
        form.name.trim(),
        parent.unwrap_or("nothing"),
    );
    let entry = signed.entry("group-changed", &id, &detail);
    let problem = match admin.store().update_group(&id, &form.name, parent, Some(&entry)).await {
        Ok(changed) => {
            let code = if group.parent == changed.parent { "group-renamed" } else { "group-moved" };
            return Ok(redirect(&format!("/admin/groups/{id}?done={code}")));
        }
        Err(PolicyChangeError::Store(
            error @ (StoreError::Invalid(_) | StoreError::Conflict(_) | StoreError::Missing(_)),
        )) => sentence(&error),
        Err(PolicyChangeError::Store(error)) => return Err(error.into()),
        Err(error @ PolicyChangeError::Refused { .. }) => error.to_string(),
    };
    let page = signed.page(SECTION, group.name.clone()).with_problem(problem);
    show_group(&admin, StatusCode::UNPROCESSABLE_ENTITY, page, group).await
}

/// Deletes a group.
pub(crate) async fn remove(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let group = find(&admin, &signed, &id).await?;
    let entry = signed.entry("group-deleted", &id, &group.name);
    match admin.store().remove_group(&id, Some(&entry)).await {
        Ok(()) => Ok(redirect("/admin/groups?done=group-deleted")),
        Err(error @ StoreError::Conflict(_)) => {
            let page = signed.page(SECTION, group.name.clone()).with_problem(sentence(&error));
            show_group(&admin, StatusCode::CONFLICT, page, group).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a token, and shows it with instructions.
pub(crate) async fn enrol(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Enrol>,
) -> Result<Response, AdminError> {
    let group = find(&admin, &signed, &id).await?;
    let days = form.days.parse::<i64>().ok().filter(|days| (1..=3_650).contains(days));
    let expires = days.map(|days| now() + days * DAY);
    let new = NewToken { group: id.clone(), label: form.label.clone(), expires };
    let entry = signed.entry("enrolment-token-created", &id, &form.label);
    let secret = match admin.store().create_token(&new, Some(&entry)).await {
        Ok((_, secret)) => secret,
        Err(error @ StoreError::Invalid(_)) => {
            let page = signed.page(SECTION, group.name.clone()).with_problem(sentence(&error));
            return show_group(&admin, StatusCode::UNPROCESSABLE_ENTITY, page, group).await;
        }
        Err(error) => return Err(error.into()),
    };
    let page = signed.page(SECTION, format!("Enrol clients into {}", group.name));
    let token = secret.reveal().to_owned();
    let base = admin.origin().base().to_owned();
    Ok(html(StatusCode::OK, &TokenPage { page, group, token, base }))
}

/// Revokes a token.
pub(crate) async fn revoke(
    State(admin): State<Admin>,
    signed: Signed,
    Path((id, token)): Path<(String, String)>,
) -> Result<Response, AdminError> {
    let tokens = admin.store().tokens().await?;
    let found = tokens.into_iter().find(|it| it.id == token && it.group == id);
    let found = found.ok_or_else(|| AdminError::missing("token"))?;
    let entry = signed.entry("enrolment-token-revoked", &id, &found.label);
    admin.store().revoke_token(&token, Some(&entry)).await?;
    Ok(redirect(&format!("/admin/groups/{id}?done=enrolment-revoked")))
}

async fn find(admin: &Admin, signed: &Signed, id: &str) -> Result<Group, AdminError> {
    signed.found(admin.store().group(id).await, SECTION, "Groups and enrolment")
}

/// The store's error as a sentence.
fn sentence(error: &StoreError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
