//! The one place that decides who gets in.
//!
//! Every page is added through [`Pages`], with what it takes to open it; there is no other way to add
//! one. Before a handler runs, the gate has found the session, compared the role and, for a form,
//! checked that a page of ours sent it. A handler takes [`Signed`] or [`Visit`], which only the gate
//! gives out.

use std::convert::Infallible;

use axum::{
    Router,
    extract::{FromRequestParts, Request, State},
    handler::Handler,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};

use super::{
    Admin,
    auth::{cookie, csrf, role::Role, secret},
    error::AdminError,
    forms,
    page::{Page, Visitor, now, see},
};
use crate::server::client_address::ClientAddress;
use crate::store::{AuditEntry, SessionRow};

/// A session ends after so long without a request.
pub(crate) const IDLE_MS: i64 = 30 * 60 * 1000;

/// A session ends so long after sign-in.
pub(crate) const ABSOLUTE_MS: i64 = 12 * 3600 * 1000;

/// So long is waited for the code after the password.
pub(crate) const HALF_MS: i64 = 5 * 60 * 1000;

/// A session is noted as used at most this often.
const TOUCH_MS: i64 = 60 * 1000;

/// What it takes to open a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Nothing.
    Anyone,
    /// The password of someone whose code is still to come.
    Half,
    /// To be signed in with this role, or a higher one.
    Role(Role),
}

/// A page and what it takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// `GET` or `POST`.
    pub method: Method,
    /// As axum writes it, with `{name}` for what varies.
    pub path: &'static str,
    /// What it takes.
    pub access: Access,
}

/// All pages, each with its gate.
pub(super) struct Pages {
    /// `None` where the rules alone are wanted.
    state: Option<Admin>,
    router: Router<Admin>,
    rules: Vec<Rule>,
}

impl Pages {
    pub(super) fn new(state: Admin) -> Self {
        Self { state: Some(state), router: Router::new(), rules: Vec::new() }
    }

    /// Without what the pages do.
    pub(super) fn rules_alone() -> Self {
        Self { state: None, router: Router::new(), rules: Vec::new() }
    }

    /// Adds a page.
    pub(super) fn get<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        self.add(Method::GET, access, path, forms::LARGEST, on(MethodFilter::GET, handler))
    }

    /// Adds what a form does.
    pub(super) fn post<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        self.add(Method::POST, access, path, forms::LARGEST, on(MethodFilter::POST, handler))
    }

    /// Adds what a form with a whole policy does.
    pub(super) fn post_policy<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        self.add(Method::POST, access, path, forms::POLICY, on(MethodFilter::POST, handler))
    }

    fn add(
        mut self,
        method: Method,
        access: Access,
        path: &'static str,
        form: usize,
        handler: MethodRouter<Admin>,
    ) -> Self {
        if let Some(state) = &self.state {
            let gate = Gate { state: state.clone(), access, form };
            let handler = handler
                .layer(axum::extract::DefaultBodyLimit::max(form))
                .layer(middleware::from_fn_with_state(gate, pass));
            self.router = self.router.route(path, handler);
        }
        self.rules.push(Rule { method, path, access });
        self
    }

    pub(super) fn router(self) -> Router<Admin> {
        self.router
    }

    pub(super) fn into_rules(self) -> Vec<Rule> {
        self.rules
    }
}

#[derive(Clone)]
struct Gate {
    state: Admin,
    access: Access,
    form: usize,
}

/// Someone who is signed in, or who has given the password alone, at pages for that.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: Role,
    /// The digest of the session.
    pub(super) session: String,
    /// For forms.
    pub(super) csrf: String,
    /// Where the request came from, for the audit log.
    pub(super) address: String,
    pub(super) demo: bool,
}

impl Signed {
    /// The frame of a page.
    pub(super) fn page(&self, section: &'static str, title: impl Into<String>) -> Page {
        Page {
            title: title.into(),
            section,
            user: Some(Visitor { name: self.name.clone(), role: self.role }),
            csrf: self.csrf.clone(),
            notice: None,
            demo: self.demo,
        }
    }

    /// A row of the audit log.
    pub(super) fn entry<'a>(
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
pub(super) struct Visit {
    pub(super) csrf: String,
    pub(super) address: ClientAddress,
    pub(super) is_signed_in: bool,
}

impl Visit {
    /// The frame of a page.
    pub(super) fn page(&self, title: impl Into<String>) -> Page {
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

/// The gate. Whatever it answers is for this person at this moment, and not for the next at this browser.
async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let mut response = decide(gate, request, next).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn decide(gate: Gate, mut request: Request, next: Next) -> Response {
    let address = ClientAddress::from_request_parts_of(&request);
    let cookie = cookie::read(request.headers(), cookie::SESSION).map(str::to_owned);
    let session = match find_session(&gate.state, cookie).await {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    // What the forms of this visitor are tied to, and the cookie that is new.
    let mut fresh = None;
    let tied_to = match gate.access {
        Access::Anyone => {
            let known = cookie::read(request.headers(), cookie::VISIT).map(str::to_owned);
            let visit = known.unwrap_or_else(|| fresh.insert(secret::generate()).clone());
            request.extensions_mut().insert(Visit {
                csrf: csrf::token(&visit),
                address,
                is_signed_in: session.as_ref().is_some_and(|(row, _)| !row.half),
            });
            visit
        }
        Access::Half => {
            let Some((row, cookie)) = session.filter(|(row, _)| row.half) else {
                return see("/admin/sign-in");
            };
            match signed(&gate.state, row, &cookie, address).await {
                Ok(signed) => request.extensions_mut().insert(signed),
                Err(error) => return error.into_response(),
            };
            cookie
        }
        Access::Role(role) => {
            let Some((row, cookie)) = session.filter(|(row, _)| !row.half) else {
                return to_sign_in(&request);
            };
            let signed = match signed(&gate.state, row, &cookie, address).await {
                Ok(signed) => signed,
                Err(error) => return error.into_response(),
            };
            if signed.role < role {
                return forbidden(&signed, role);
            }
            request.extensions_mut().insert(signed);
            cookie
        }
    };
    let in_query = request.uri().query().is_some_and(forms::holds_zero);
    if in_query || forms::holds_zero(request.uri().path()) {
        return forms::no_zero().into_response();
    }
    // Until the handler is through.
    let mut _room = None;
    if request.method() == Method::POST {
        let (room, limit) = match gate.access {
            Access::Role(_) => (&gate.state.forms, gate.form),
            Access::Anyone | Access::Half => (&gate.state.strangers_forms, forms::STRANGERS),
        };
        (request, _room) = match forms::check(request, &tied_to, room, limit).await {
            Ok((request, read)) => (request, Some(read)),
            Err(error) => return error.into_response(),
        };
    }
    let mut response = next.run(request).await;
    if let Some(visit) = fresh {
        response.headers_mut().append(header::SET_COOKIE, cookie::set(cookie::VISIT, &visit, None));
    }
    response
}

/// The session that a cookie belongs to, with the cookie, unless it is over.
async fn find_session(
    state: &Admin,
    cookie: Option<String>,
) -> Result<Option<(SessionRow, String)>, AdminError> {
    let Some(cookie) = cookie else { return Ok(None) };
    let digest = secret::digest(&cookie);
    let Some(row) = state.store().session(&digest).await? else { return Ok(None) };
    let now = now();
    if is_over(&row, now) {
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

async fn signed(
    state: &Admin,
    row: SessionRow,
    cookie: &str,
    address: ClientAddress,
) -> Result<Signed, AdminError> {
    let Some(role) = Role::parse(&row.role) else {
        return Err(AdminError::new(
            StatusCode::FORBIDDEN,
            "Not allowed",
            "Your role is not known.",
        ));
    };
    Ok(Signed {
        id: row.user_id,
        name: row.user_name,
        role,
        session: row.digest,
        csrf: csrf::token(cookie),
        address: address.0.to_string(),
        demo: state.store().has_demo_data().await?,
    })
}

fn to_sign_in(request: &Request) -> Response {
    if request.method() == Method::POST {
        return AdminError::new(
            StatusCode::UNAUTHORIZED,
            "You are signed out",
            "Your session has ended, and what you sent was not done. Sign in and send it again.",
        )
        .into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/admin", |path| path.as_str());
    if wanted == "/admin" {
        return see("/admin/sign-in");
    }
    let wanted = super::query::encode(&[("next", wanted)]);
    see(&format!("/admin/sign-in?{wanted}"))
}

fn forbidden(signed: &Signed, role: Role) -> Response {
    let text =
        format!("This takes the role {role}; you are {}. Ask an administrator.", signed.role);
    AdminError::new(StatusCode::FORBIDDEN, "Not allowed", text)
        .on(signed.page("", "Not allowed"))
        .into_response()
}

impl ClientAddress {
    fn from_request_parts_of(request: &Request) -> Self {
        let unknown = Self(std::net::IpAddr::from([0, 0, 0, 0]));
        request.extensions().get().copied().unwrap_or(unknown)
    }
}

/// The browser that a request comes from, as it calls itself, for lists of sessions.
pub(super) struct Browser(pub(super) String);

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
            disabled: false,
            half: false,
            created_at: 0,
            seen_at: 0,
            network: String::new(),
            browser: String::new(),
        }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_or_old_or_its_user_is_gone() {
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
