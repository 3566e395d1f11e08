//! Tokens for programs that read events and counts.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{
        api_token::{self, Scope},
        secret,
        visitor::Signed,
    },
    shared::{
        error::AdminError,
        page::{Done, Page, html, redirect},
        role::Role,
        time::{DAY, Moment, now},
    },
    state::Admin,
};
use crate::store::{ApiTokenRow, NewApiToken};

const SECTION: &str = "/admin/tokens";

/// The longest time for which a token can be valid, in days.
const MAX_DAYS: i64 = 366;

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    page: Page,
    rows: Vec<TokenRow>,
    scopes: [(&'static str, &'static str); 2],
    /// The token's text, which the page shows only once.
    made: Option<String>,
    origin: String,
    max_days: i64,
}

struct TokenRow {
    token: ApiTokenRow,
    expires: Moment,
    used: Option<Moment>,
    is_good: bool,
    can_revoke: bool,
}

#[derive(Deserialize)]
pub(crate) struct Create {
    name: String,
    days: String,
    #[serde(default)]
    events: String,
    #[serde(default)]
    summary: String,
}

/// Shows the user's tokens; administrators see everyone's.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "API tokens").with_notice(done.code());
    list(&admin, &signed, StatusCode::OK, page, None).await
}

/// Makes a token and shows it.
pub(crate) async fn create(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Create>,
) -> Result<Response, AdminError> {
    let chosen = [(Scope::Events, &form.events), (Scope::Summary, &form.summary)];
    let scopes = chosen.iter().filter(|(_, chosen)| !chosen.is_empty());
    let scopes: Vec<&str> = scopes.map(|(scope, _)| scope.as_str()).collect();
    let days = form.days.trim().parse::<i64>().ok().filter(|days| (1..=MAX_DAYS).contains(days));
    let name = form.name.trim();
    let named = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let (true, false, Some(days)) = (named, scopes.is_empty(), days) else {
        let page = signed.page(SECTION, "API tokens").with_problem(format!(
            "A token needs a name of 1 to 100 characters, something that it may read, and 1 to {MAX_DAYS} \
             days."
        ));
        return list(&admin, &signed, StatusCode::UNPROCESSABLE_ENTITY, page, None).await;
    };
    let token = format!("{}{}", api_token::PREFIX, secret::generate());
    let id = uuid::Uuid::new_v4().to_string();
    let now = now();
    let scopes = scopes.join(" ");
    let new = NewApiToken {
        id: &id,
        digest: &api_token::digest(&token),
        name,
        user_id: &signed.id,
        scopes: &scopes,
        expires_at: now + days * DAY,
    };
    let detail = format!("{scopes}, {days} days");
    let entry = signed.entry("api-token-created", name, &detail);
    admin.store().create_api_token(new, now, &entry).await?;
    list(&admin, &signed, StatusCode::OK, signed.page(SECTION, "API tokens"), Some(token)).await
}

/// Revokes a token: the user's own or, for an administrator, anyone's.
pub(crate) async fn revoke(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let tokens = admin.store().api_tokens().await?;
    let token = tokens.into_iter().find(|token| token.id == id && may(&signed, token));
    let token = token.ok_or_else(|| AdminError::missing("token"))?;
    let detail = format!("of {}", token.user_name);
    let entry = signed.entry("api-token-revoked", &token.name, &detail);
    admin.store().revoke_api_token(&id, &entry).await?;
    Ok(redirect("/admin/tokens?done=token-revoked"))
}

fn may(signed: &Signed, token: &ApiTokenRow) -> bool {
    signed.role == Role::Admin || token.user_id == signed.id
}

async fn list(
    admin: &Admin,
    signed: &Signed,
    status: StatusCode,
    page: Page,
    made: Option<String>,
) -> Result<Response, AdminError> {
    let now = now();
    let tokens = admin.store().api_tokens().await?;
    let tokens = tokens.into_iter().filter(|token| may(signed, token));
    let rows = tokens.map(|token| TokenRow {
        expires: Moment(token.expires_at),
        used: token.used_at.map(Moment),
        is_good: Scope::ALL.into_iter().any(|scope| api_token::is_good(&token, scope, now)),
        can_revoke: true,
        token,
    });
    let view = TokensPage {
        page,
        rows: rows.collect(),
        scopes: Scope::ALL.map(|scope| (scope.as_str(), scope.describe())),
        made,
        origin: admin.origin().base().to_owned(),
        max_days: MAX_DAYS,
    };
    Ok(html(status, &view))
}
