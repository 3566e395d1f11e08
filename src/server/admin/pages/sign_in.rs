//! Signing in, in one step or two, and signing out.

use std::time::Instant;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{
        attempts,
        backoff::{self, Origin},
        cookie, external, password_link, second_factor, sessions,
        sign_in_method::SignInMethod,
        visitor::{Browser, Signed, Visit},
    },
    shared::{
        error::AdminError,
        page::{Page, html, redirect},
        query,
        time::{now, span},
    },
    state::Admin,
};
use crate::server::{client_address::ClientAddress, metrics::SignInOutcome, sso::SignInSource};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    name: String,
    next: String,
    /// Nobody can sign in yet.
    is_new: bool,
    passwords: bool,
    /// Users can ask for a link that sets a new password.
    resets: bool,
    /// What people call the provider.
    provider: Option<String>,
    /// The address that leads to the provider and then to the page that the person wanted.
    query: String,
    /// The person whom the proxy names.
    named: Option<String>,
}

impl SignInPage {
    fn new(admin: &Admin, visit: &Visit, page: Page, name: String, next: String) -> Self {
        let app = admin.app();
        Self {
            page,
            name,
            query: query::encode(&[("next", &next)]),
            next,
            is_new: false,
            passwords: app.options.sign_in.passwords,
            resets: password_link::is_offered(admin),
            provider: app.provider.as_ref().map(|provider| provider.name().to_owned()),
            named: visit.named.as_ref().map(|named| named.subject.clone()),
        }
    }
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    page: Page,
    next: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct Where {
    #[serde(default)]
    next: String,
    done: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
    #[serde(default)]
    next: String,
}

/// Shows the form.
pub(crate) async fn show(
    State(admin): State<Admin>,
    visit: Visit,
    Browser(browser): Browser,
    Query(to): Query<Where>,
) -> Result<Response, AdminError> {
    if visit.is_signed_in {
        return Ok(redirect(query::local(&to.next).unwrap_or("/admin")));
    }
    // Without the check of `done`, a person who has just signed out would be signed in again at
    // once.
    if let (Some(named), None) = (&visit.named, &to.done) {
        let person = external::Person::of_proxy(named.clone());
        let session = external::admit(&admin, &person, visit.address, &browser).await?;
        return Ok(sessions::begun(&session, &to.next));
    }
    let page = visit.page("Sign in").with_notice(to.done.as_deref());
    let is_new = admin.store().has_no_user().await?;
    let form =
        SignInPage { is_new, ..SignInPage::new(&admin, &visit, page, String::new(), to.next) };
    Ok(html(StatusCode::OK, &form))
}

/// Name and password.
pub(crate) async fn submit(
    State(admin): State<Admin>,
    visit: Visit,
    Browser(browser): Browser,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, AdminError> {
    if !admin.app().options.sign_in.passwords {
        return Err(AdminError::new(
            StatusCode::FORBIDDEN,
            "Nobody signs in with a password here",
            "The server did nothing. Use the button on the sign-in page. If it does not work, run `milguard \
             admin-link` on the server.",
        ));
    }
    let store = admin.store();
    let user = store.user_by_name(&form.name).await?;
    let known = sessions::known_browser(&admin, &headers, user.as_ref()).await?;
    if known.is_none() {
        // This limit counts whatever names the network tries, before the server writes or computes
        // anything for them.
        let network = backoff::network(Some(visit.address.0));
        if let Err(wait) = admin.sign_ins.take(&network, Instant::now()) {
            return Ok(too_early(
                &admin,
                &visit,
                form,
                i64::try_from(wait.as_millis()).unwrap_or(60_000),
            ));
        }
    }
    let key = failures_key(&form.name, known.as_deref(), visit.address);
    let failures = match attempts::take_turn(&admin, &key).await? {
        Ok(failures) => failures,
        Err(wait_ms) => return Ok(too_early(&admin, &visit, form, wait_ms)),
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let password = form.password.clone();
    let right = if known.is_some() {
        admin.passwords().verify(password, hash).await
    } else {
        match admin.passwords().verify_stranger(password, hash).await {
            Some(right) => right,
            None => return Ok(too_early(&admin, &visit, form, 2_000)),
        }
    };
    let name = user.as_ref().map(|user| user.name.clone());
    let Some(user) = user.filter(|user| right && !user.disabled) else {
        attempts::note_failure(&admin, name.as_deref(), visit.address, failures).await?;
        let page = visit.page("Sign in").with_problem("The user name or the password is wrong.");
        let page = SignInPage::new(&admin, &visit, page, form.name, form.next);
        return Ok(html(StatusCode::UNAUTHORIZED, &page));
    };
    if user.totp_on {
        let session = sessions::begin(&admin, &user, true, visit.address, &browser).await?;
        let next = query::encode(&[("next", &form.next)]);
        let mut response = redirect(&format!("/admin/sign-in/code?{next}"));
        sessions::set_cookie(&mut response, cookie::set(cookie::SESSION, &session, None));
        return Ok(response);
    }
    store.forget_failures(&key).await?;
    sessions::finish(&admin, &user, &headers, visit.address, &browser, &form.next).await
}

/// The form for the code.
pub(crate) async fn show_code(signed: Signed, Query(to): Query<Where>) -> Response {
    html(StatusCode::OK, &CodePage { page: code_page(&signed), next: to.next })
}

/// The code after the password, or a recovery code.
pub(crate) async fn submit_code(
    State(admin): State<Admin>,
    signed: Signed,
    address: ClientAddress,
    Browser(browser): Browser,
    headers: HeaderMap,
    Form(form): Form<Code>,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let Some(user) = store.user(&signed.id).await? else { return Ok(redirect("/admin/sign-in")) };
    let known = sessions::known_browser(&admin, &headers, Some(&user)).await?;
    let key = failures_key(&user.name, known.as_deref(), address);
    // Only a person who has the password gets here, from any number of networks, and a code has just
    // six digits: so all tries count together.
    let everywhere = known.is_none().then(|| backoff::key(&user.name, &Origin::Anywhere));
    let mut turn = attempts::take_turn(&admin, &key).await?;
    if let (Ok(_), Some(key)) = (turn, &everywhere) {
        turn = attempts::take_turn(&admin, key).await?;
    }
    let failures = turn.unwrap_or_default();
    if let Err(wait_ms) = turn {
        admin.app().metrics.sign_in(SignInOutcome::Limited);
        let text = format!("Too many attempts. Wait {} and try again.", span(wait_ms));
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
        attempts::note_failure(&admin, Some(&user.name), address, failures).await?;
        let page = code_page(&signed).with_problem(
            "That code is wrong, or you have used it before. Wait for the next code.",
        );
        return Ok(html(StatusCode::UNAUTHORIZED, &CodePage { page, next: form.next }));
    }
    store.forget_failures(&key).await?;
    if let Some(key) = &everywhere {
        store.forget_failures(key).await?;
    }
    store.end_session(&signed.session).await?;
    sessions::finish(&admin, &user, &headers, address, &browser, &form.next).await
}

/// Ends this session.
pub(crate) async fn sign_out(
    State(admin): State<Admin>,
    signed: Signed,
) -> Result<Response, AdminError> {
    let token = admin.store().id_token(&signed.session).await?;
    admin.store().end_session(&signed.session).await?;
    Ok(leave(&admin, &signed, token, "signed-out").await)
}

/// Ends every session of this user.
pub(crate) async fn sign_out_everywhere(
    State(admin): State<Admin>,
    signed: Signed,
) -> Result<Response, AdminError> {
    let token = admin.store().id_token(&signed.session).await?;
    let entry = signed.entry("signed-out-everywhere", &signed.name, "");
    admin.store().end_access_of(&signed.id, &entry).await?;
    Ok(leave(&admin, &signed, token, "signed-out-everywhere").await)
}

/// Redirects somebody whose session has ended to the page of the provider or proxy that signs them
/// out there, or to the form.
async fn leave(admin: &Admin, signed: &Signed, token: Option<String>, done: &str) -> Response {
    let elsewhere = match (signed.method, &admin.app().options.sign_in.source) {
        // The session here has ended, even if the provider does not answer.
        (SignInMethod::Oidc, _) => match &admin.app().provider {
            Some(provider) => provider.sign_out(token.as_deref()).await.ok().flatten(),
            None => None,
        },
        (SignInMethod::Proxy, Some(SignInSource::Proxy(proxy))) => proxy.sign_out.clone(),
        _ => None,
    };
    let Some(elsewhere) = elsewhere else {
        return sessions::left(&format!("/admin/sign-in?done={done}"));
    };
    let mut response = sessions::onward("You are signed out", &elsewhere);
    sessions::set_cookie(&mut response, cookie::clear(cookie::SESSION));
    response
}

/// The keys under which failures count.
fn failures_key(name: &str, known: Option<&str>, address: ClientAddress) -> String {
    let origin = known.map_or(Origin::Network(Some(address.0)), Origin::Browser);
    backoff::key(name, &origin)
}

fn too_early(admin: &Admin, visit: &Visit, form: SignIn, wait_ms: i64) -> Response {
    admin.app().metrics.sign_in(SignInOutcome::Limited);
    let text =
        format!("Too many attempts from your network. Wait {} and try again.", span(wait_ms));
    let page = visit.page("Sign in").with_problem(text);
    let page = SignInPage::new(admin, visit, page, form.name, form.next);
    retry_after(html(StatusCode::TOO_MANY_REQUESTS, &page), wait_ms)
}

fn retry_after(mut response: Response, wait_ms: i64) -> Response {
    let seconds = HeaderValue::from((wait_ms / 1000 + 1).max(1));
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response.into_response()
}

/// The page for the code, without the menu: this person is not signed in yet.
fn code_page(signed: &Signed) -> Page {
    Page { user: None, ..signed.page("", "One-time code") }
}
