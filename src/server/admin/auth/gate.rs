//! The one place that decides who may open a page.
//!
//! Every page is added through [`Pages`], together with the requirement for opening it; there is no
//! other way to add a page. Before a handler runs, the gate has found the session, compared the
//! role and, for a form, checked that a page of ours sent it. A handler takes [`Signed`] or
//! [`Visit`], which only the gate gives out. Users with a role for one group can open only the
//! pages whose rule allows that, and nothing of other groups (`within`).

use axum::{
    Router,
    extract::{Request, State},
    handler::Handler,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};

use super::{
    super::{
        shared::{error::AdminError, page::redirect, query, role::Role},
        state::Admin,
    },
    confirm, cookie, csrf,
    forms::{self, Refused},
    proxy::Named,
    resend, secret,
    visitor::{Signed, Visit, find_session, signed},
    within,
};
use crate::server::{client_address::ClientAddress, limits::Sender};

/// The requirement for opening a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// No requirement: anybody may open the page.
    Anyone,
    /// A given password, without the code that has to follow.
    Half,
    /// A session with this role, or a higher one, for the whole organisation.
    Role(Role),
    /// A session with this role, or a higher one, for the organisation or for one group.
    Within(Role),
}

/// Whether a form asks for the password again when it was not given lately.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confirm {
    /// A session is enough.
    No,
    /// The form makes a change that a borrowed or stolen session must not make.
    Password,
}

/// A page and its requirement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// `GET` or `POST`.
    pub method: Method,
    /// The path as axum writes it, with `{name}` for parts that vary.
    pub path: &'static str,
    /// Who may open the page.
    pub access: Access,
    /// Whether the form of the page also asks for the password again.
    pub confirm: Confirm,
}

/// All pages, each with its gate.
pub(crate) struct Pages {
    /// `None` for a list of the rules without handlers.
    state: Option<Admin>,
    router: Router<Admin>,
    rules: Vec<Rule>,
}

impl Pages {
    pub(crate) fn new(state: Admin) -> Self {
        Self { state: Some(state), router: Router::new(), rules: Vec::new() }
    }

    /// The rules of all pages, without their handlers.
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

    /// Adds a page's form handler.
    pub(crate) fn post<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        let rule = Rule { method: Method::POST, path, access, confirm: Confirm::No };
        self.add(rule, forms::LARGEST, on(MethodFilter::POST, handler))
    }

    /// Adds a form handler that asks for the password again, unless the person gave it in the last
    /// ten minutes.
    pub(crate) fn post_confirmed<H, T>(self, access: Access, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Admin>,
        T: 'static,
    {
        let rule = Rule { method: Method::POST, path, access, confirm: Confirm::Password };
        self.add(rule, forms::LARGEST, on(MethodFilter::POST, handler))
    }

    /// Adds a form handler for a whole policy, which may be large.
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
        self.router.method_not_allowed_fallback(resend::no_page)
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

/// The gate. Its answers are for this person at this moment, so no cache may give them to the next person
/// at this browser.
async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let mut response = decide(gate, request, next).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[expect(
    clippy::too_many_lines,
    reason = "one check after the other, in the order in which a request has to pass them"
)]
async fn decide(gate: Gate, mut request: Request, next: Next) -> Response {
    let address = ClientAddress::from_request_parts_of(&request);
    let cookie = cookie::read(request.headers(), cookie::SESSION).map(str::to_owned);
    let named = Named::of(&request, &gate.state.app().options.sign_in);
    let session = match find_session(&gate.state, cookie, named.as_ref()).await {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    let mut confirming = None;
    // The person, if their role is for one group.
    let mut limited = None;
    // The cookie to which the forms of this visitor are tied, if it is new.
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
        Access::Role(role) | Access::Within(role) => {
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
            if !signed.scope.is_everything() {
                if !matches!(gate.access, Access::Within(_)) {
                    return forbidden_within(&signed);
                }
                limited = Some(signed.clone());
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
    if let Some(signed) = &limited
        && let Err(error) = within::check_address(&gate.state, signed, &mut request).await
    {
        return error.into_response();
    }
    // Holds the room for the form until the handler has ended.
    let mut _room = None;
    if request.method() == Method::POST {
        let sender = Sender::stranger(address.0);
        let (room, limit) = match gate.access {
            Access::Role(_) | Access::Within(_) => (&gate.state.forms, gate.form),
            Access::Anyone | Access::Half => (&gate.state.strangers_forms, forms::STRANGERS),
        };
        let stale = resend::Stale::of(&request);
        let checked = match forms::check(request, &tied_to, room, limit, &sender).await {
            Ok(checked) => checked,
            Err(Refused::Stale(form)) => return stale.answer(&form.bytes),
            Err(Refused::Other(error)) => return error.into_response(),
        };
        if let Some(signed) = &limited
            && let Err(error) = within::check_members(signed, &checked.bytes)
        {
            return error.into_response();
        }
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

fn to_sign_in(request: &Request) -> Response {
    if request.method() == Method::POST {
        return resend::signed_out(request);
    }
    let wanted = request.uri().path_and_query().map_or("/admin", |path| path.as_str());
    if wanted == "/admin" {
        return redirect("/admin/sign-in");
    }
    let wanted = query::encode(&[("next", wanted)]);
    redirect(&format!("/admin/sign-in?{wanted}"))
}

/// The answer to a user with a role for one group: the page is about the whole organisation.
fn forbidden_within(signed: &Signed) -> Response {
    let text = format!(
        "This page is about the whole organisation, and your role ({}) is for one group. Ask an administrator.",
        signed.role
    );
    AdminError::new(StatusCode::FORBIDDEN, "Not allowed", text)
        .on(signed.page("", "Not allowed"))
        .into_response()
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
