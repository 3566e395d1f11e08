//! What a user does with their own account.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{
        attempts, backoff, new_password, password, second_factor, secret, sessions,
        visitor::{Browser, Signed},
    },
    shared::{
        error::AdminError,
        page::{Done, Page, html, redirect},
        time::{Moment, now, span},
    },
    state::Admin,
};
use crate::server::client_address::ClientAddress;
use crate::store::{UserChange, UserRow};

const SECTION: &str = "/admin/account";

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    /// Whether the account has a password; otherwise a provider or a proxy says who the person is.
    has_password: bool,
    totp_on: bool,
    recovery_left: i64,
    sessions: Vec<Session>,
    min: usize,
}

struct Session {
    id: String,
    is_this: bool,
    network: String,
    browser: String,
    created_at: Moment,
    seen_at: Moment,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    page: Page,
    secret: String,
    address: String,
    path: String,
    size: i32,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryPage {
    page: Page,
    codes: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    current: String,
    password: String,
    again: String,
}

#[derive(Deserialize)]
pub(crate) struct Current {
    current: String,
}

#[derive(Deserialize)]
pub(crate) struct Confirm {
    code: String,
}

/// Shows the page.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let page = signed.page(SECTION, "Your account").with_notice(done.code());
    account(&admin, &signed, StatusCode::OK, page).await
}

/// Changes the password. All sessions end, and this one begins anew.
pub(crate) async fn change_password(
    State(admin): State<Admin>,
    signed: Signed,
    address: ClientAddress,
    Browser(browser): Browser,
    headers: HeaderMap,
    Form(form): Form<NewPassword>,
) -> Result<Response, AdminError> {
    let user = confirm_password(&admin, &signed, form.current).await?;
    if let Some(problem) = new_password::problem(&user.name, &form.password, &form.again) {
        let page = signed.page(SECTION, "Your account").with_problem(problem);
        return account(&admin, &signed, StatusCode::UNPROCESSABLE_ENTITY, page).await;
    }
    let hash = new_password::hash(&admin, form.password).await?;
    let entry = signed.entry("password-changed", &user.name, "");
    match admin.store().set_password(&user.id, &hash, false, &entry).await? {
        UserChange::Done => {
            let next = "/admin/account?done=password";
            sessions::finish(&admin, &user, &headers, address, &browser, next).await
        }
        UserChange::Refused | UserChange::LastAdmin => Err(AdminError::missing("user")),
    }
}

/// Ends another session of this user.
pub(crate) async fn end_session(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let own = admin.store().sessions_of(&signed.id).await?;
    let session = own.iter().find(|session| secret::digest(&session.digest) == id);
    let session = session.ok_or_else(|| AdminError::missing("session"))?;
    admin.store().end_session(&session.digest).await?;
    if session.digest == signed.session {
        return Ok(sessions::left("/admin/sign-in?done=signed-out"));
    }
    Ok(redirect("/admin/account?done=session-ended"))
}

/// Shows a new secret for one-time codes. The secret is in force once the user has typed a code
/// from it.
pub(crate) async fn offer_code(
    State(admin): State<Admin>,
    signed: Signed,
    headers: HeaderMap,
    Form(form): Form<Current>,
) -> Result<Response, AdminError> {
    let user = confirm_password(&admin, &signed, form.current).await?;
    if user.totp_on {
        return Err(AdminError::bad_request("One-time codes are on already."));
    }
    let secret = second_factor::generate();
    admin.store().offer_second_factor(&user.id, &secret).await?;
    let page = signed.page(SECTION, "Turn on one-time codes");
    Ok(html(StatusCode::OK, &offered(page, &secret, &user.name, host(&headers))?))
}

/// Turns one-time codes on with the first code.
pub(crate) async fn turn_on_code(
    State(admin): State<Admin>,
    signed: Signed,
    headers: HeaderMap,
    Form(form): Form<Confirm>,
) -> Result<Response, AdminError> {
    let user = own(&admin, &signed).await?;
    let secret = user.totp_secret.filter(|_| !user.totp_on);
    let secret = secret.ok_or_else(|| {
        AdminError::bad_request("Nothing awaits confirmation. Start again on your account page.")
    })?;
    let seconds = u64::try_from(now() / 1000).unwrap_or_default();
    let step = second_factor::step(&secret, &form.code, seconds);
    let taken = match step {
        Some(step) => {
            let step = i64::try_from(step).unwrap_or(i64::MAX);
            admin.store().take_step(&user.id, step).await?
        }
        None => false,
    };
    if !taken {
        let page = signed.page(SECTION, "Turn on one-time codes").with_problem(
            "That code is wrong. Check the clock of your device, and try the next code.",
        );
        let page = offered(page, &secret, &user.name, host(&headers))?;
        return Ok(html(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let codes = second_factor::recovery_codes();
    let digests = digests(&codes);
    let entry = signed.entry("one-time-codes-on", &signed.name, "");
    admin.store().turn_on_second_factor(&user.id, &signed.session, &digests, &entry).await?;
    let page = signed.page(SECTION, "Recovery codes").with_notice(Some("code-on"));
    Ok(html(StatusCode::OK, &RecoveryPage { page, codes }))
}

/// Makes new recovery codes.
pub(crate) async fn renew_recovery(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Current>,
) -> Result<Response, AdminError> {
    let user = confirm_password(&admin, &signed, form.current).await?;
    if !user.totp_on {
        return Err(AdminError::bad_request(
            "One-time codes are off, so you need no recovery codes.",
        ));
    }
    let codes = second_factor::recovery_codes();
    let entry = signed.entry("recovery-codes-renewed", &signed.name, "");
    admin.store().renew_recovery(&user.id, &digests(&codes), &entry).await?;
    let page = signed.page(SECTION, "Recovery codes");
    Ok(html(StatusCode::OK, &RecoveryPage { page, codes }))
}

/// Turns one-time codes off.
pub(crate) async fn turn_off_code(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Current>,
) -> Result<Response, AdminError> {
    let user = confirm_password(&admin, &signed, form.current).await?;
    let entry = signed.entry("one-time-codes-off", &signed.name, "");
    admin.store().turn_off_second_factor(&user.id, &entry).await?;
    Ok(redirect("/admin/account?done=code-off"))
}

/// Asks for the password again before changes that a borrowed session must not make. The error is
/// the page to show instead. Wrong guesses count for the user, in all sessions together.
async fn confirm_password(
    admin: &Admin,
    signed: &Signed,
    current: String,
) -> Result<UserRow, AdminError> {
    let user = own(admin, signed).await?;
    let key = backoff::key(&user.name, &backoff::Origin::Browser("signed in"));
    let page = signed.page(SECTION, "Your account");
    if let Err(wait_ms) = attempts::take_turn(admin, &key).await? {
        let page = page.with_problem(format!("Too many attempts. Wait {}.", span(wait_ms)));
        let page = account(admin, signed, StatusCode::TOO_MANY_REQUESTS, page).await?;
        return Err(AdminError::instead(page));
    }
    if !admin.passwords().verify(current, user.password_hash.clone()).await {
        let page = page.with_problem("Your current password is wrong. The server changed nothing.");
        let page = account(admin, signed, StatusCode::UNPROCESSABLE_ENTITY, page).await?;
        return Err(AdminError::instead(page));
    }
    admin.store().forget_failures(&key).await?;
    Ok(user)
}

async fn own(admin: &Admin, signed: &Signed) -> Result<UserRow, AdminError> {
    admin.store().user(&signed.id).await?.ok_or_else(|| AdminError::missing("user"))
}

async fn account(
    admin: &Admin,
    signed: &Signed,
    status: StatusCode,
    page: Page,
) -> Result<Response, AdminError> {
    let user = own(admin, signed).await?;
    let sessions = admin.store().sessions_of(&signed.id).await?;
    let sessions = sessions.into_iter().map(|session| Session {
        // A digest of the digest: the page must not hold the value by which the store finds sessions.
        id: secret::digest(&session.digest),
        is_this: session.digest == signed.session,
        network: session.network,
        browser: session.browser,
        created_at: Moment(session.created_at),
        seen_at: Moment(session.seen_at),
    });
    let sessions = sessions.collect();
    let recovery_left = admin.store().recovery_left(&signed.id).await?;
    let (totp_on, has_password) = (user.totp_on, user.password_hash.is_some());
    let min = password::MIN;
    let page = AccountPage { page, has_password, totp_on, recovery_left, sessions, min };
    Ok(html(status, &page))
}

fn offered(
    page: Page,
    secret: &str,
    user: &str,
    host: &str,
) -> Result<SecondFactorPage, AdminError> {
    let address = second_factor::address(secret, user, host);
    let drawn = address.and_then(|address| Some((second_factor::picture(&address)?, address)));
    let ((path, size), address) =
        drawn.ok_or_else(|| AdminError::bad_request("The server cannot draw the QR code."))?;
    Ok(SecondFactorPage { page, secret: secret.to_owned(), address, path, size })
}

fn digests(codes: &[String]) -> Vec<String> {
    codes.iter().filter_map(|code| second_factor::recovery_digest(code)).collect()
}

/// What the authenticator calls this server.
fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("server")
}
