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
    super::{
        shared::{
            error::AdminError,
            page::{Page, Visitor, redirect},
            query,
            role::Role,
            time::now,
        },
        state::Admin,
    },
    confirm, cookie, csrf, forms,
    proxy::{self, Named},
    secret,
    sign_in_method::SignInMethod,
};
use crate::server::{client_address::ClientAddress, limits::Sender};
use crate::store::{AuditEntry, SessionRow, StoreError};

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

/// Whether a form asks for the password again when it was not given lately.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confirm {
    /// A session is enough.
    No,
    /// What a borrowed or stolen session must not do.
    Password,
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
    /// Whether it also takes the password, again.
    pub confirm: Confirm,
}

/// All pages, each with its gate.
pub(crate) struct Pages {
    /// `None` where the rules alone are wanted.
    state: Option<Admin>,
    router: Router<Admin>,
    rules: Vec<Rule>,
}

impl Pages {
    pub(crate) fn new(state: Admin) -> Self {
        Self { state: Some(state), router: Router::new(), rules: Vec::new() }
    }

    /// Without what the pages do.
    pub(crate) fn rules_alone() -> Self {
        Self { state: None, router: Router::new(), rules: Vec::new() }
    }

    /// Adds a page.
    pub(crate) fn get<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        let rule = Rule { method: Method::GET, path, access, confirm: Confirm::No };
        self.add(rule, forms::LARGEST, on(MethodFilter::GET, handler))
    }

    /// Adds what a form does.
    pub(crate) fn post<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        let rule = Rule { method: Method::POST, path, access, confirm: Confirm::No };
        self.add(rule, forms::LARGEST, on(MethodFilter::POST, handler))
    }

    /// Adds what a form does that takes the password again, unless it was given in the last minutes.
    pub(crate) fn post_confirmed<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        let rule = Rule { method: Method::POST, path, access, confirm: Confirm::Password };
        self.add(rule, forms::LARGEST, on(MethodFilter::POST, handler))
    }

    /// Adds what a form with a whole policy does.
    pub(crate) fn post_policy<H, T>(
        self,
        access: Access,
        confirm: Confirm,
        path: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        let rule = Rule { method: Method::POST, path, access, confirm };
        self.add(rule, forms::POLICY, on(MethodFilter::POST, handler))
    }

    fn add(mut self, rule: Rule, form: usize, handler: MethodRouter<Admin>) -> Self {
        if let Some(state) = &self.state {
            let (access, confirm, path) = (rule.access, rule.confirm, rule.path);
            let gate = Gate { state: state.clone(), access, confirm, form };
            let handler = handler
                .layer(axum::extract::DefaultBodyLimit::max(form))
                .layer(middleware::from_fn_with_state(gate, pass));
            self.router = self.router.route(path, handler);
        }
        self.rules.push(rule);
        self
    }

    pub(crate) fn router(self) -> Router<Admin> {
        self.router
    }

    pub(crate) fn into_rules(self) -> Vec<Rule> {
        self.rules
    }
}

#[derive(Clone)]
struct Gate {
    state: Admin,
    access: Access,
    confirm: Confirm,
    form: usize,
}

/// Someone who is signed in, or who has given the password alone, at pages for that.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The digest of the session.
    pub(crate) session: String,
    /// When the password was last given.
    pub(crate) confirmed_at: i64,
    /// Nothing but the own account is open before one-time codes are on.
    pub(crate) lacks_second_factor: bool,
    /// For forms.
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
            user: Some(Visitor { name: self.name.clone(), role: self.role }),
            csrf: self.csrf.clone(),
            notice: None,
            demo: self.demo,
        }
    }

    /// What a page is about; where it does not exist, the error page in the frame of its section.
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
    /// Whom the proxy names.
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
    let named = Named::of(&request, &gate.state.app().options.sign_in);
    let session = match find_session(&gate.state, cookie, named.as_ref()).await {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    let mut confirming = None;
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
                named,
            });
            visit
        }
        Access::Half => {
            let Some((row, cookie)) = session.filter(|(row, _)| row.half) else {
                return redirect("/admin/sign-in");
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
            if signed.lacks_second_factor && !opens_without_code(request.uri().path()) {
                return redirect("/admin/account?done=code-needed");
            }
            confirming = (gate.confirm == Confirm::Password).then(|| signed.clone());
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
        let sender = Sender::stranger(address.0);
        let (room, limit) = match gate.access {
            Access::Role(_) => (&gate.state.forms, gate.form),
            Access::Anyone | Access::Half => (&gate.state.strangers_forms, forms::STRANGERS),
        };
        let checked = match forms::check(request, &tied_to, room, limit, &sender).await {
            Ok(checked) => checked,
            Err(error) => return error.into_response(),
        };
        if let Some(signed) = &confirming
            && let Err(response) =
                confirm::check(&gate.state, signed, checked.request.uri(), &checked.bytes).await
        {
            return response;
        }
        (request, _room) = (checked.request, Some(checked.received));
    }
    let mut response = next.run(request).await;
    if let Some(visit) = fresh {
        response.headers_mut().append(header::SET_COOKIE, cookie::set(cookie::VISIT, &visit, None));
    }
    response
}

/// The pages that remain open to a user who still has to turn on one-time codes.
fn opens_without_code(path: &str) -> bool {
    path == "/admin/account"
        || path.starts_with("/admin/account/")
        || path.starts_with("/admin/sign-out")
}

/// The session that a cookie belongs to, with the cookie, unless it is over.
async fn find_session(
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
            "The server does not know your role.",
        ));
    };
    let method = SignInMethod::parse(&row.method).unwrap_or(SignInMethod::Password);
    let second_factor = row.second_factor_roles.as_deref().unwrap_or_default();
    let needs_code = second_factor.split(',').any(|it| it == row.role);
    Ok(Signed {
        confirmed_at: row.confirmed_at,
        // A provider asks for what it asks for; codes here go with passwords here.
        lacks_second_factor: method == SignInMethod::Password && needs_code && !row.totp_on,
        id: row.user_id,
        name: row.user_name,
        role,
        session: row.digest,
        csrf: csrf::token(cookie),
        address: address.0.to_string(),
        method,
        demo: state.store().has_demo_data().await?,
    })
}

fn to_sign_in(request: &Request) -> Response {
    if request.method() == Method::POST {
        return AdminError::new(
            StatusCode::UNAUTHORIZED,
            "You are signed out",
            "Your session has ended, so the server did nothing. Sign in and send the form again.",
        )
        .into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/admin", |path| path.as_str());
    if wanted == "/admin" {
        return redirect("/admin/sign-in");
    }
    let wanted = query::encode(&[("next", wanted)]);
    redirect(&format!("/admin/sign-in?{wanted}"))
}

fn forbidden(signed: &Signed, role: Role) -> Response {
    let text = format!(
        "You need the {role} role for this page. Your role: {}. Ask an administrator.",
        signed.role
    );
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
