//! Asks for the password again before changes that a borrowed or stolen session must not make.

use askama::Template;
use axum::{
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{
    super::{
        shared::{
            error::AdminError,
            page::{Page, html},
            time::{now, span},
        },
        state::Admin,
    },
    attempts, backoff,
    sign_in_method::SignInMethod,
    visitor::Signed,
};

/// A password that was given in the last ten minutes is enough.
const GOOD_FOR_MS: i64 = 10 * 60 * 1000;

/// The member of a form that holds the password.
pub(super) const MEMBER: &str = "confirm-password";

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    page: Page,
    /// The address that the form was sent to before, and goes to again.
    action: String,
    /// The fields of the form, to be sent again.
    members: Vec<(String, String)>,
    /// The provider at which the person signs in again; without one, the page asks for the
    /// password.
    provider: Option<String>,
}

/// Lets a form through if the person gave the password lately, or gives it now. The error is the page that asks for
/// it; it holds the fields of the form, so that nobody has to type them twice.
pub(crate) async fn check(
    admin: &Admin,
    signed: &Signed,
    uri: &Uri,
    form: &[u8],
) -> Result<(), Response> {
    // The proxy names the person in this very request, and decides itself how often it asks for a
    // password.
    let is_said = signed.method == SignInMethod::Proxy;
    if is_said || (0..GOOD_FOR_MS).contains(&(now() - signed.confirmed_at)) {
        return Ok(());
    }
    let members: Vec<(String, String)> = form_urlencoded::parse(form).into_owned().collect();
    let given = members.iter().find(|(name, _)| name == MEMBER).map(|(_, value)| value.clone());
    let problem = match given {
        None => None,
        // Nobody who signs in elsewhere has a password to compare with.
        Some(_) if signed.method == SignInMethod::Oidc => None,
        Some(password) => match judge(admin, signed, password).await {
            Ok(None) => return Ok(()),
            Ok(Some(problem)) => Some(problem),
            Err(error) => return Err(error.into_response()),
        },
    };
    let provider = provider(admin, signed);
    let title = if provider.is_some() { "Confirm that it is you" } else { "Confirm your password" };
    let mut page = signed.page("", title);
    let mut status = StatusCode::FORBIDDEN;
    if let Some(problem) = problem {
        page = page.with_problem(problem);
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let members = members.into_iter().filter(|(name, _)| name != MEMBER && name != "csrf");
    let (action, members) = (uri.path().to_owned(), members.collect());
    let page = ConfirmPage { page, action, members, provider };
    Err(html(status, &page))
}

/// What people call the provider that the session came from.
fn provider(admin: &Admin, signed: &Signed) -> Option<String> {
    let provider = admin.app().provider.as_ref()?;
    (signed.method == SignInMethod::Oidc).then(|| provider.name().to_owned())
}

/// Why the password is refused; `None` if it is right, in which case the session remembers the
/// time.
async fn judge(
    admin: &Admin,
    signed: &Signed,
    password: String,
) -> Result<Option<String>, AdminError> {
    let store = admin.store();
    let user = store.user(&signed.id).await?.ok_or_else(|| AdminError::missing("user"))?;
    let key = backoff::key(&user.name, &backoff::Origin::Browser("signed in"));
    if let Err(wait_ms) = attempts::take_turn(admin, &key).await? {
        return Ok(Some(format!("Too many attempts. Wait {} and try again.", span(wait_ms))));
    }
    if !admin.passwords().verify(password, user.password_hash).await {
        return Ok(Some("That is not your password. The server did nothing.".to_owned()));
    }
    store.forget_failures(&key).await?;
    store.confirm_session(&signed.session, now()).await?;
    Ok(None)
}
