//! The pages that lead to the provider and back.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::server::admin::{
    auth::{
        backoff, external,
        flow::Flow,
        secret, sessions,
        visitor::{Browser, Signed, Visit},
    },
    shared::{
        error::AdminError,
        page::{Page, html, redirect},
        query,
        time::now,
    },
    state::Admin,
};
use crate::server::{
    metrics::SignInOutcome,
    sso::{Answer, Identity, Provider, Question, Refusal},
};

#[derive(Template)]
#[template(path = "confirmed.html")]
struct ConfirmedPage {
    page: Page,
}

#[derive(Default, Deserialize)]
pub(crate) struct Where {
    #[serde(default)]
    next: String,
}

/// What the provider gives back (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize)]
pub(crate) struct Back {
    code: Option<String>,
    #[serde(default)]
    state: String,
    iss: Option<String>,
    error: Option<String>,
}

/// Sends the browser to the provider.
pub(crate) async fn start(
    State(admin): State<Admin>,
    visit: Visit,
    Query(to): Query<Where>,
) -> Result<Response, AdminError> {
    if visit.is_signed_in {
        return Ok(redirect(query::local(&to.next).unwrap_or("/admin")));
    }
    limit(&admin, &visit)?;
    away(provider(&admin)?, &Flow::new(None, &to.next)).await
}

/// Sends the browser of somebody who is signed in to the provider, to sign in anew.
pub(crate) async fn confirm(
    State(admin): State<Admin>,
    signed: Signed,
) -> Result<Response, AdminError> {
    // The cookie has the digest of the digest, because the store finds sessions by the digest
    // itself.
    let session = secret::digest(&signed.session);
    away(provider(&admin)?, &Flow::new(Some(session), "")).await
}

/// The page that tells the person to go back to the first tab.
pub(crate) async fn confirmed(signed: Signed) -> Response {
    html(StatusCode::OK, &ConfirmedPage { page: signed.page("", "Confirmed") })
}

/// The page to which the provider leads after signing somebody out.
pub(crate) async fn signed_out() -> Response {
    redirect("/admin/sign-in?done=signed-out")
}

/// Takes the provider's answer.
pub(crate) async fn callback(
    State(admin): State<Admin>,
    visit: Visit,
    Browser(browser): Browser,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, AdminError> {
    let provider = provider(&admin)?;
    limit(&admin, &visit)?;
    let flow = match own_flow(&admin, &headers, &back.state).await? {
        Ok(flow) => flow,
        Err(reason) => {
            let text = format!(
                "This browser did not begin this sign-in, has used it before, or took more than ten minutes \
                 ({reason}). Start again."
            );
            let page = AdminError::new(StatusCode::BAD_REQUEST, "This sign-in is over", text)
                .before_sign_in();
            return Err(external::refuse(&admin, None, reason, visit.address, page).await);
        }
    };
    let done = match identify(&admin, &visit, provider, &flow, back).await {
        Ok(identity) => finish(&admin, &visit, &browser, provider, &flow, identity).await,
        Err(error) => Err(error),
    };
    let mut response = done.unwrap_or_else(AdminError::into_response);
    sessions::set_cookie(&mut response, Flow::clear());
    Ok(response)
}

/// Finds the sign-in that an answer belongs to and removes it, so that nobody can use it again. An
/// error is the code of the reason why no sign-in fits.
async fn own_flow(
    admin: &Admin,
    headers: &HeaderMap,
    state: &str,
) -> Result<Result<Flow, &'static str>, AdminError> {
    let flow = Flow::read(headers).filter(|flow| secret::same(&flow.state(), state));
    let Some(flow) = flow else { return Ok(Err("wrong-state")) };
    if flow.is_over(now()) {
        return Ok(Err("too-late"));
    }
    let is_first = admin.store().take_answer(&flow.digest(), now()).await?;
    Ok(if is_first { Ok(flow) } else { Err("replayed-state") })
}

/// The person who has signed in, by the provider's answer.
async fn identify(
    admin: &Admin,
    visit: &Visit,
    provider: &Arc<Provider>,
    flow: &Flow,
    back: Back,
) -> Result<Identity, AdminError> {
    let name = provider.name();
    let Some(code) = back.code.filter(|_| back.error.is_none()) else {
        let error = back.error.unwrap_or_default();
        let is_plain =
            error.len() < 64 && error.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
        let error = if is_plain && !error.is_empty() { error } else { "no code".to_owned() };
        let text = format!("{name} did not sign you in ({error}). Start again.");
        let page =
            AdminError::new(StatusCode::FORBIDDEN, "You are not signed in", text).before_sign_in();
        return Err(external::refuse(admin, None, "provider-error", visit.address, page).await);
    };
    let is_anew = flow.confirms.is_some();
    let answer = Answer {
        code,
        issuer: back.iss,
        nonce: flow.nonce(),
        verifier: flow.verifier(),
        now: admin.app().options.clock.says() / 1000,
        signed_in_since: is_anew.then_some(flow.began_at / 1000),
    };
    match provider.identify(answer).await {
        Ok(identity) => Ok(identity),
        Err(refusal) => Err(refused(admin, visit, name, &refusal).await),
    }
}

async fn refused(admin: &Admin, visit: &Visit, name: &str, refusal: &Refusal) -> AdminError {
    let reason = refusal.code();
    if !refusal.detail().is_empty() {
        tracing::warn!(
            reason,
            detail = refusal.detail(),
            "the sign-in provider's answer is refused"
        );
    }
    match refusal {
        // This failure is not the visitor's fault.
        Refusal::Provider(_) => unavailable(name),
        Refusal::NoTime => {
            let text = format!(
                "{name} does not say when you signed in. Its administrator has to add the claim auth_time to the \
                 ID token."
            );
            let page = AdminError::new(StatusCode::FORBIDDEN, "You are not confirmed", text);
            external::refuse(admin, None, reason, visit.address, page).await
        }
        _ => {
            let text = format!(
                "The server does not accept the answer of {name} ({reason}). Start again. If it happens again, \
                 tell an administrator the word in brackets."
            );
            let page = AdminError::new(StatusCode::FORBIDDEN, "You are not signed in", text)
                .before_sign_in();
            external::refuse(admin, None, reason, visit.address, page).await
        }
    }
}

/// Begins a session, or confirms the session in which the sign-in began.
async fn finish(
    admin: &Admin,
    visit: &Visit,
    browser: &str,
    provider: &Provider,
    flow: &Flow,
    identity: Identity,
) -> Result<Response, AdminError> {
    let person = external::Person::of_provider(provider.issuer(), provider.name(), identity);
    if let Some(session) = &flow.confirms {
        external::confirm(admin, &person, session, visit.address).await?;
        return Ok(sessions::onward("Confirmed", "/admin/account/confirmed"));
    }
    let session = external::admit(admin, &person, visit.address, browser).await?;
    Ok(sessions::begun(&session, &flow.next))
}

async fn away(provider: &Arc<Provider>, flow: &Flow) -> Result<Response, AdminError> {
    let (state, nonce, challenge) = (flow.state(), flow.nonce(), flow.challenge());
    let question = Question {
        state: &state,
        nonce: &nonce,
        challenge: &challenge,
        anew: flow.confirms.is_some(),
    };
    let address = provider.address(question).await;
    let address = address.map_err(|_| unavailable(provider.name()))?;
    let mut response = redirect(&address);
    sessions::set_cookie(&mut response, flow.cookie());
    Ok(response)
}

fn provider(admin: &Admin) -> Result<&Arc<Provider>, AdminError> {
    admin.app().provider.as_ref().ok_or_else(|| {
        AdminError::new(
            StatusCode::NOT_FOUND,
            "Not found",
            "This server has no sign-in provider. Its administrator can name one with oidc-issuer.",
        )
    })
}

fn unavailable(name: &str) -> AdminError {
    AdminError::new(
        StatusCode::BAD_GATEWAY,
        "The sign-in provider is not available",
        format!(
            "{name} does not answer, or gives a wrong answer. Try again in a moment; the server's log says more."
        ),
    )
    .before_sign_in()
}

/// Limits how often one network makes the server ask the provider.
fn limit(admin: &Admin, visit: &Visit) -> Result<(), AdminError> {
    let network = backoff::network(Some(visit.address.0));
    admin.sign_ins.take(&network, Instant::now()).map_err(|_| {
        admin.app().metrics.sign_in(SignInOutcome::Limited);
        AdminError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many attempts from your network",
            "Wait a minute and try again.",
        )
    })
}
