//! Signing in, in one step or two, and out.

use std::time::Instant;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Admin,
    access::{Browser, Signed, Visit},
    auth::{
        backoff::{self, Origin},
        cookie, second_factor, secret,
    },
    error::AdminError,
    page::{Page, html, now, see, span},
    query,
};
use crate::server::client_address::ClientAddress;
use crate::store::{AuditEntry, Failures, NewSession, UserRow};

/// A browser is remembered for so many days after it was last used.
pub(super) const BROWSER_DAYS: i64 = 180;

const DAY_S: u64 = 86_400;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    name: String,
    next: String,
    /// Nobody can sign in yet.
    is_new: bool,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    page: Page,
    next: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Where {
    #[serde(default)]
    next: String,
    done: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Code {
    code: String,
    #[serde(default)]
    next: String,
}

/// The form.
pub(super) async fn show(
    State(admin): State<Admin>,
    visit: Visit,
    Query(to): Query<Where>,
) -> Result<Response, AdminError> {
    if visit.is_signed_in {
        return Ok(see(query::local(&to.next).unwrap_or("/admin")));
    }
    let page = visit.page("Sign in").with_notice(to.done.as_deref());
    let is_new = admin.store().has_no_user().await?;
    let form = SignInPage { page, name: String::new(), next: to.next, is_new };
    Ok(html(StatusCode::OK, &form))
}

/// Name and password.
pub(super) async fn submit(
    State(admin): State<Admin>,
    visit: Visit,
    Browser(browser): Browser,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let user = store.user_by_name(&form.name).await?;
    let known = known_browser(&admin, &headers, user.as_ref()).await?;
    if known.is_none() {
        // Whatever names it gives, before anything is written or computed for it.
        let network = backoff::network(Some(visit.address.0));
        if let Err(wait) = admin.sign_ins.take(&network, Instant::now()) {
            return Ok(too_early(&visit, form, i64::try_from(wait.as_millis()).unwrap_or(60_000)));
        }
    }
    let key = failures_key(&form.name, known.as_deref(), visit.address);
    if let Err(wait_ms) = take_turn(&admin, &key).await? {
        return Ok(too_early(&visit, form, wait_ms));
    }
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let password = form.password.clone();
    let right = if known.is_some() {
        admin.passwords().verify(password, hash).await
    } else {
        match admin.passwords().verify_stranger(password, hash).await {
            Some(right) => right,
            None => return Ok(too_early(&visit, form, 2_000)),
        }
    };
    let Some(user) = user.filter(|user| right && !user.disabled) else {
        // Not the name: people type their password into the wrong field.
        tracing::info!("a sign-in to the dashboard failed");
        let page = visit.page("Sign in").with_problem("The name or the password is not right.");
        let page = SignInPage { page, name: form.name, next: form.next, is_new: false };
        return Ok(html(StatusCode::UNAUTHORIZED, &page));
    };
    if user.totp_on {
        let session = begin(&admin, &user, true, visit.address, &browser).await?;
        let next = query::encode(&[("next", &form.next)]);
        let mut response = see(&format!("/admin/sign-in/code?{next}"));
        set_cookie(&mut response, cookie::set(cookie::SESSION, &session, None));
        return Ok(response);
    }
    store.forget_failures(&key).await?;
    finish(&admin, &user, &headers, visit.address, &browser, &form.next).await
}

/// The form for the code.
pub(super) async fn show_code(signed: Signed, Query(to): Query<Where>) -> Response {
    html(StatusCode::OK, &CodePage { page: code_page(&signed), next: to.next })
}

/// The code after the password, or a recovery code.
pub(super) async fn submit_code(
    State(admin): State<Admin>,
    signed: Signed,
    address: ClientAddress,
    Browser(browser): Browser,
    headers: HeaderMap,
    Form(form): Form<Code>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let Some(user) = store.user(&signed.id).await? else { return Ok(see("/admin/sign-in")) };
    let known = known_browser(&admin, &headers, Some(&user)).await?;
    let key = failures_key(&user.name, known.as_deref(), address);
    // Only who has the password comes here, from as many networks as they like: a code has six digits.
    let everywhere = known.is_none().then(|| backoff::key(&user.name, &Origin::Anywhere));
    let mut turn = take_turn(&admin, &key).await?;
    if let (Ok(()), Some(key)) = (turn, &everywhere) {
        turn = take_turn(&admin, key).await?;
    }
    if let Err(wait_ms) = turn {
        let text = format!("Too many tries. Wait {} and try again.", span(wait_ms));
        let page = code_page(&signed).with_problem(text);
        let response = html(StatusCode::TOO_MANY_REQUESTS, &CodePage { page, next: form.next });
        return Ok(retry_after(response, wait_ms));
    }
    let step = user.totp_secret.as_deref().and_then(|secret| {
        second_factor::step(secret, &form.code, u64::try_from(now() / 1000).unwrap_or_default())
    });
    let taken = match (step, second_factor::recovery_digest(&form.code)) {
        (Some(step), _) => {
            store.take_step(&user.id, i64::try_from(step).unwrap_or(i64::MAX)).await?
        }
        (None, Some(digest)) => store.take_recovery(&user.id, &digest).await?,
        (None, None) => false,
    };
    if !taken {
        let page = code_page(&signed)
            .with_problem("That code is not right, or was used before. Wait for the next one.");
        return Ok(html(StatusCode::UNAUTHORIZED, &CodePage { page, next: form.next }));
    }
    store.forget_failures(&key).await?;
    if let Some(key) = &everywhere {
        store.forget_failures(key).await?;
    }
    store.end_session(&signed.session).await?;
    finish(&admin, &user, &headers, address, &browser, &form.next).await
}

/// Ends this session.
pub(super) async fn sign_out(
    State(admin): State<Admin>,
    signed: Signed,
) -> Result<Response, AdminError> {
    admin.store().end_session(&signed.session).await?;
    Ok(left("/admin/sign-in?done=signed-out"))
}

/// Ends every session of this user.
pub(super) async fn sign_out_everywhere(
    State(admin): State<Admin>,
    signed: Signed,
) -> Result<Response, AdminError> {
    let entry = signed.entry("signed-out-everywhere", &signed.name, "");
    admin.store().end_sessions_of(&signed.id, &entry).await?;
    Ok(left("/admin/sign-in?done=signed-out-everywhere"))
}

/// Leads to the form, without the session's cookie.
pub(super) fn left(path: &str) -> Response {
    let mut response = see(path);
    set_cookie(&mut response, cookie::clear(cookie::SESSION));
    response
}

/// Begins a whole session, remembers the browser and leads on.
pub(super) async fn finish(
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
    let mut response = see(query::local(next).unwrap_or("/admin"));
    set_cookie(&mut response, cookie::set(cookie::SESSION, &session, None));
    let days = u64::try_from(BROWSER_DAYS).unwrap_or_default();
    set_cookie(&mut response, cookie::set(cookie::BROWSER, &known, Some(days * DAY_S)));
    Ok(response)
}

async fn begin(
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
    };
    admin.store().create_session(new, now()).await?;
    Ok(session)
}

/// The digest of the browser, if this user has signed in with it before.
async fn known_browser(
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

/// What failures count under.
fn failures_key(name: &str, known: Option<&str>, address: ClientAddress) -> String {
    let origin = known.map_or(Origin::Network(Some(address.0)), Origin::Browser);
    backoff::key(name, &origin)
}

/// Counts a try as failed before it is judged, so that many at once are no way around; a success
/// forgets it. The error is how many ms to wait.
pub(super) async fn take_turn(admin: &Admin, key: &str) -> Result<Result<(), i64>, AdminError> {
    let forget = i64::try_from(backoff::FORGET.as_millis()).unwrap_or(i64::MAX);
    for _ in 0..20 {
        let now = now();
        let old = admin.store().failures(key).await?;
        if old.not_before > now {
            return Ok(Err(old.not_before - now));
        }
        let count = if now - old.last_at > forget { 1 } else { old.count.saturating_add(1) };
        let pause = i64::try_from(backoff::pause(count).as_millis()).unwrap_or(i64::MAX);
        // Two tries in one millisecond still differ.
        let last_at = now.max(old.last_at + 1);
        let new = Failures { count, not_before: now + pause, last_at };
        if admin.store().count_failure(key, old, new).await? {
            return Ok(Ok(()));
        }
    }
    // So many at once are no person.
    Ok(Err(1_000))
}

fn too_early(visit: &Visit, form: SignIn, wait_ms: i64) -> Response {
    let text = format!("Too many tries from here. Wait {} and try again.", span(wait_ms));
    let page = visit.page("Sign in").with_problem(text);
    let page = SignInPage { page, name: form.name, next: form.next, is_new: false };
    retry_after(html(StatusCode::TOO_MANY_REQUESTS, &page), wait_ms)
}

fn retry_after(mut response: Response, wait_ms: i64) -> Response {
    let seconds = HeaderValue::from((wait_ms / 1000 + 1).max(1));
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response.into_response()
}

/// Without the menu: this person is not in yet.
fn code_page(signed: &Signed) -> Page {
    Page { user: None, ..signed.page("", "One-time code") }
}

fn set_cookie(response: &mut Response, cookie: HeaderValue) {
    response.headers_mut().append(header::SET_COOKIE, cookie);
}
