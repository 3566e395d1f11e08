//! How sessions begin and end, and which browsers are known.

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    super::{
        shared::{
            error::AdminError,
            page::{Page, html, redirect},
            query,
            time::now,
        },
        state::Admin,
    },
    cookie, secret,
    sign_in_method::SignInMethod,
};
use crate::server::{client_address::ClientAddress, metrics::SignInOutcome};
use crate::store::{AuditEntry, NewSession, UserRow};

/// The server remembers a browser for this many days after its last use.
pub(crate) const BROWSER_DAYS: i64 = 180;

const DAY_S: u64 = 86_400;

/// Redirects to `path`, and deletes the cookie of the session.
pub(crate) fn left(path: &str) -> Response {
    let mut response = redirect(path);
    set_cookie(&mut response, cookie::clear(cookie::SESSION));
    response
}

#[derive(Template)]
#[template(path = "onward.html")]
struct OnwardPage {
    page: Page,
    to: String,
}

/// A page that opens another by itself. After a visit to another site, a browser would follow a redirect without the
/// session's cookie, which is `SameSite=Strict`; and a form may lead to no other site.
pub(crate) fn onward(title: &str, to: &str) -> Response {
    let page = Page { title: title.to_owned(), ..Page::default() };
    html(StatusCode::OK, &OnwardPage { page, to: to.to_owned() })
}

/// Hands out the cookie of a session that a provider or a proxy vouches for, and opens the next page.
pub(crate) fn begun(session: &str, next: &str) -> Response {
    let mut response = onward("You are signed in", query::local(next).unwrap_or("/admin"));
    set_cookie(&mut response, cookie::set(cookie::SESSION, session, None));
    response
}

/// Begins a whole session, remembers the browser and redirects to the next page.
pub(crate) async fn finish(
    admin: &Admin,
    user: &UserRow,
    headers: &HeaderMap,
    address: ClientAddress,
    browser: &str,
    next: &str,
) -> Result<Response, AdminError> {
    let session = begin(admin, user, false, address, browser).await?;
    let known = cookie::read(headers, cookie::BROWSER).map_or_else(secret::generate, str::to_owned);
    let store = admin.store();
    let digest = secret::digest_for("browser", &known);
    store.remember_browser(&digest, &user.id, now()).await?;
    let from = address.0.to_string();
    let entry = AuditEntry {
        at: now(),
        actor: &user.name,
        address: &from,
        action: "signed-in",
        target: &user.name,
        detail: "",
    };
    store.note_sign_in(&user.id, now(), &entry).await?;
    admin.app().metrics.sign_in(SignInOutcome::Succeeded);
    let mut response = redirect(query::local(next).unwrap_or("/admin"));
    set_cookie(&mut response, cookie::set(cookie::SESSION, &session, None));
    let days = u64::try_from(BROWSER_DAYS).unwrap_or_default();
    set_cookie(&mut response, cookie::set(cookie::BROWSER, &known, Some(days * DAY_S)));
    Ok(response)
}

/// Begins a session, whole or waiting for its code, and gives the secret for its cookie.
pub(crate) async fn begin(
    admin: &Admin,
    user: &UserRow,
    half: bool,
    address: ClientAddress,
    browser: &str,
) -> Result<String, AdminError> {
    let session = secret::generate();
    let new = NewSession {
        digest: &secret::digest(&session),
        user_id: &user.id,
        half,
        network: &address.0.to_string(),
        browser,
        method: SignInMethod::Password.as_str(),
        id_token: None,
        confirmed_at: now(),
    };
    admin.store().create_session(new, now()).await?;
    Ok(session)
}

/// The digest of the browser, if this user has signed in with it before.
pub(crate) async fn known_browser(
    admin: &Admin,
    headers: &HeaderMap,
    user: Option<&UserRow>,
) -> Result<Option<String>, AdminError> {
    let (Some(cookie), Some(user)) = (cookie::read(headers, cookie::BROWSER), user) else {
        return Ok(None);
    };
    let digest = secret::digest_for("browser", cookie);
    let is_known = admin.store().knows_browser(&digest, &user.id).await?;
    Ok(is_known.then_some(digest))
}

/// Adds a cookie to a response.
pub(crate) fn set_cookie(response: &mut Response, cookie: HeaderValue) {
    response.headers_mut().append(header::SET_COOKIE, cookie);
}
