//! Tokens for programs that read events and counts.

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
    auth::{role::Role, secret},
    error::AdminError,
    page::{Moment, Page, html, now, see},
};
use crate::store::{ApiTokenRow, NewApiToken};

const SECTION: &str = "/admin/tokens";

/// Tells a token of ours from others, in logs and to scanners for secrets.
const PREFIX: &str = "mg_api_";

const DAY: i64 = 86_400_000;

/// The longest that a token can be good for, in days.
const MAX_DAYS: i64 = 366;

/// What a token may read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    /// Single events.
    Events,
    /// Counts.
    Summary,
}

impl Scope {
    pub(super) const ALL: [Self; 2] = [Self::Events, Self::Summary];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events:read",
            Self::Summary => "summary:read",
        }
    }

    const fn describe(self) -> &'static str {
        match self {
            Self::Events => "single events, with what policies report",
            Self::Summary => "counts alone",
        }
    }

    /// The role that a user needs for it, also later: a token can do no more than its user.
    pub(super) const fn role(self) -> Role {
        match self {
            Self::Events => Role::Analyst,
            Self::Summary => Role::Viewer,
        }
    }
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    page: Page,
    rows: Vec<TokenRow>,
    scopes: [(&'static str, &'static str); 2],
    /// Shown this once.
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
pub(super) struct Create {
    name: String,
    days: String,
    #[serde(default)]
    events: String,
    #[serde(default)]
    summary: String,
}

/// The list. Administrators see everyone's.
pub(super) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "API tokens").with_notice(done.code());
    list(&admin, &signed, StatusCode::OK, page, None).await
}

/// Makes a token and shows it.
pub(super) async fn create(
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
    let token = format!("{PREFIX}{}", secret::generate());
    let id = uuid::Uuid::new_v4().to_string();
    let now = now();
    let scopes = scopes.join(" ");
    let new = NewApiToken {
        id: &id,
        digest: &digest(&token),
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

/// Makes a token useless: one's own, or as an administrator anyone's.
pub(super) async fn revoke(
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
    Ok(see("/admin/tokens?done=token-revoked"))
}

/// What the store looks a token up by.
pub(super) fn digest(token: &str) -> String {
    secret::digest_for("api token", token)
}

/// Whether a token lets through now, for a scope.
pub(super) fn is_good(token: &ApiTokenRow, scope: Scope, now: i64) -> bool {
    let role = Role::parse(&token.user_role);
    token.expires_at > now
        && !token.user_disabled
        && role.is_some_and(|role| role >= scope.role())
        && token.scopes.split(' ').any(|it| it == scope.as_str())
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
        is_good: Scope::ALL.into_iter().any(|scope| is_good(&token, scope, now)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_what_it_is_for_while_it_and_its_user_are_good() {
        let token = ApiTokenRow {
            id: String::new(),
            name: String::new(),
            user_id: String::new(),
            user_name: String::new(),
            user_role: "analyst".to_owned(),
            user_disabled: false,
            scopes: "events:read".to_owned(),
            created_at: 0,
            expires_at: 100,
            used_at: None,
        };
        assert!(is_good(&token, Scope::Events, 99));
        assert!(!is_good(&token, Scope::Events, 100));
        assert!(!is_good(&token, Scope::Summary, 99));
        let demoted = ApiTokenRow { user_role: "viewer".to_owned(), ..token.clone() };
        assert!(!is_good(&demoted, Scope::Events, 99));
        let disabled = ApiTokenRow { user_disabled: true, ..token };
        assert!(!is_good(&disabled, Scope::Events, 99));
    }
}
