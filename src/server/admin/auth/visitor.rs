//! Who asks: someone who is signed in, or a visitor, and the session behind them.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};

use super::{
    super::{
        shared::{
            error::AdminError,
            page::{Page, Visitor},
            role::Role,
            time::now,
        },
        state::Admin,
    },
    csrf,
    proxy::{self, Named},
    secret,
    sign_in_method::SignInMethod,
};
use crate::server::client_address::ClientAddress;
use crate::store::{AuditEntry, Scope, SessionRow, StoreError};

/// A session ends after this long without a request.
pub(crate) const IDLE_MS: i64 = 30 * 60 * 1000;

/// A session ends this long after sign-in.
pub(crate) const ABSOLUTE_MS: i64 = 12 * 3600 * 1000;

/// The server waits this long for the code after the password.
pub(crate) const HALF_MS: i64 = 5 * 60 * 1000;

/// The least time, in milliseconds, between two notes that a session was used. A shorter one would
/// cost a write with nearly every request.
const TOUCH_MS: i64 = 60 * 1000;

/// Someone who is signed in, or who has given the password and not yet the code.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The groups that the role is for.
    pub(crate) scope: Scope,
    /// The name of the group that the role is for; `None` for the whole organisation.
    pub(crate) group_name: Option<String>,
    /// The digest of the session.
    pub(crate) session: String,
    /// When the password was last given.
    pub(crate) confirmed_at: i64,
    /// The user can open nothing but their own account page until one-time codes are on.
    pub(crate) lacks_second_factor: bool,
    /// The token for forms.
    pub(crate) csrf: String,
    /// Where the request came from, for the audit log.
    pub(crate) address: String,
    /// How the session began.
    pub(crate) method: SignInMethod,
    pub(crate) demo: bool,
}

impl Signed {
    /// The frame of a page.
    pub(crate) fn page(&self, section: &'static str, title: impl Into<String>) -> Page {
        Page {
            title: title.into(),
            section,
            user: Some(Visitor {
                name: self.name.clone(),
                role: self.role,
                group: self.group_name.clone(),
            }),
            csrf: self.csrf.clone(),
            notice: None,
            demo: self.demo,
        }
    }

    /// The value that the store found. If the store found nothing, the error page shows the menu of
    /// `section`.
    pub(crate) fn found<T>(
        &self,
        found: Result<T, StoreError>,
        section: &'static str,
        title: &str,
    ) -> Result<T, AdminError> {
        found.map_err(|error| AdminError::from(error).on(self.page(section, title)))
    }

    /// A row of the audit log.
    pub(crate) fn entry<'a>(
        &'a self,
        action: &'a str,
        target: &'a str,
        detail: &'a str,
    ) -> AuditEntry<'a> {
        AuditEntry { at: now(), actor: &self.name, address: &self.address, action, target, detail }
    }
}

/// Someone at a page that anyone can open.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) csrf: String,
    pub(crate) address: ClientAddress,
    pub(crate) is_signed_in: bool,
    /// The person whom the proxy names.
    pub(crate) named: Option<Named>,
}

impl Visit {
    /// The frame of a page.
    pub(crate) fn page(&self, title: impl Into<String>) -> Page {
        Page { title: title.into(), csrf: self.csrf.clone(), ..Page::default() }
    }
}

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get().cloned().ok_or(StatusCode::FORBIDDEN)
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get().cloned().ok_or(StatusCode::FORBIDDEN)
    }
}

/// The session that a cookie belongs to, with that cookie; `None` if the session has ended.
pub(super) async fn find_session(
    state: &Admin,
    cookie: Option<String>,
    named: Option<&Named>,
) -> Result<Option<(SessionRow, String)>, AdminError> {
    let Some(cookie) = cookie else { return Ok(None) };
    let digest = secret::digest(&cookie);
    let Some(row) = state.store().session(&digest).await? else { return Ok(None) };
    let now = now();
    if is_over(&row, now) || !proxy::holds(&row, named, &state.app().options.sign_in) {
        state.store().end_session(&digest).await?;
        return Ok(None);
    }
    if !row.half && now - row.seen_at > TOUCH_MS {
        state.store().touch_session(&digest, now).await?;
    }
    Ok(Some((row, cookie)))
}

/// Whether a session has ended by itself.
fn is_over(row: &SessionRow, now: i64) -> bool {
    let age = now - row.created_at;
    row.disabled || age > ABSOLUTE_MS || now - row.seen_at > IDLE_MS || row.half && age > HALF_MS
}

/// The user of a session, and the secret that the forms of this browser depend on.
pub(super) async fn signed(
    state: &Admin,
    row: SessionRow,
    cookie: &str,
    address: ClientAddress,
) -> Result<Signed, AdminError> {
    let Some(role) = Role::parse(&row.role) else {
        return Err(AdminError::new(
            StatusCode::FORBIDDEN,
            "Not allowed",
            "The server does not know your role.",
        ));
    };
    let method = SignInMethod::parse(&row.method).unwrap_or(SignInMethod::Password);
    let scope = state.store().scope(row.group.as_deref()).await?;
    let group_name = match scope.top() {
        Some(top) => {
            let mut names = state.group_names(&scope).await?;
            Some(names.remove(top).unwrap_or_else(|| top.to_owned()))
        }
        None => None,
    };
    let second_factor = row.second_factor_roles.as_deref().unwrap_or_default();
    let needs_code = second_factor.split(',').any(|it| it == row.role);
    Ok(Signed {
        confirmed_at: row.confirmed_at,
        // A provider asks for its own further factors; codes of this server go with passwords of
        // this server.
        lacks_second_factor: method == SignInMethod::Password && needs_code && !row.totp_on,
        id: row.user_id,
        name: row.user_name,
        role,
        scope,
        group_name,
        session: row.digest,
        csrf: csrf::token(cookie),
        address: address.0.to_string(),
        method,
        demo: state.store().has_demo_data().await?,
    })
}

impl ClientAddress {
    pub(super) fn from_request_parts_of(request: &Request) -> Self {
        let unknown = Self(std::net::IpAddr::from([0, 0, 0, 0]));
        request.extensions().get().copied().unwrap_or(unknown)
    }
}

/// The browser that a request comes from, as it calls itself, for lists of sessions.
pub(crate) struct Browser(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let name = parts.headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok());
        Ok(Self(name.unwrap_or("unknown").chars().take(200).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> SessionRow {
        SessionRow {
            digest: String::new(),
            user_id: String::new(),
            user_name: String::new(),
            role: "admin".to_owned(),
            group: None,
            group_given: false,
            disabled: false,
            half: false,
            created_at: 0,
            seen_at: 0,
            network: String::new(),
            browser: String::new(),
            confirmed_at: 0,
            totp_on: false,
            second_factor_roles: None,
            method: "password".to_owned(),
            subject: None,
        }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_or_old_or_its_user_is_disabled() {
        assert!(!is_over(&row(), IDLE_MS));
        assert!(is_over(&row(), IDLE_MS + 1));
        let busy = SessionRow { seen_at: ABSOLUTE_MS, ..row() };
        assert!(!is_over(&busy, ABSOLUTE_MS));
        assert!(is_over(&busy, ABSOLUTE_MS + 1));
        assert!(is_over(&SessionRow { disabled: true, ..row() }, 1));
        let half = SessionRow { half: true, ..row() };
        assert!(!is_over(&half, HALF_MS) && is_over(&half, HALF_MS + 1));
    }
}
