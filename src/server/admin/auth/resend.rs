//! Keeps a policy that somebody wrote while their session ended.
//!
//! The form arrives without a session, so the server does nothing and says: sign in in another tab,
//! then reload. The browser sends the form again, with the token of the session that has ended.
//! Where the browser says that a page of this server sent it, the answer holds the fields once
//! more, with the new token: one click sends them on. The server does so only for the editor and
//! the review of a policy, which change nothing; a form that publishes leads to the review.

use askama::Template;
use axum::{
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{confirm, csrf, forms, visitor::Signed};
use crate::server::admin::shared::{
    error::AdminError,
    page::{Page, html},
};

#[derive(Template)]
#[template(path = "resend.html")]
struct ResendPage {
    page: Page,
    action: String,
    /// The fields of the form, to be sent again.
    members: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    page: Page,
    /// Whether the form can be sent again.
    keeps: bool,
}

/// The answer to a form of somebody who is no longer signed in.
pub(super) fn signed_out(request: &Request) -> Response {
    let page = Page { title: "You are signed out".to_owned(), ..Page::default() };
    let keeps = repeatable(request).is_some();
    html(StatusCode::UNAUTHORIZED, &SignedOutPage { page, keeps })
}

/// A form that may turn out to belong to another session.
pub(super) struct Stale {
    signed: Option<Signed>,
    action: Option<String>,
}

impl Stale {
    pub(super) fn of(request: &Request) -> Self {
        Self { signed: request.extensions().get().cloned(), action: repeatable(request) }
    }

    /// The page from which the person can send the form again, or the page that refuses the form.
    pub(super) fn answer(self, form: &[u8]) -> Response {
        let (Some(signed), Some(action)) = (self.signed, self.action) else {
            return forms::out_of_date().into_response();
        };
        let members = form_urlencoded::parse(form).into_owned();
        // A password must not come back in a page.
        let members = members.filter(|(name, _)| name != "csrf" && name != confirm::MEMBER);
        let members = members.collect();
        let page = signed.page("/admin/policy", "Continue with this policy?");
        html(StatusCode::FORBIDDEN, &ResendPage { page, action, members })
    }
}

/// Where the form of this request may go again, if the browser says that a page of this server sent it.
fn repeatable(request: &Request) -> Option<String> {
    (csrf::says_same_origin(request.headers()) == Some(true))
        .then(|| action(request.uri().path()))?
}

/// Where a form that was sent to `path` may go again: only to pages that change nothing.
fn action(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/admin/policy/")?;
    let (group, page) = rest.split_once('/')?;
    let page = match page {
        "edit" => "edit",
        "review" | "publish" => "review",
        _ => return None,
    };
    Some(format!("/admin/policy/{group}/{page}"))
}

/// The answer to a request for an address that takes forms alone.
pub(super) async fn no_page() -> AdminError {
    AdminError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "There is no page here",
        "This address takes a form from a page of the dashboard, and shows nothing by itself. The server did nothing.",
    )
}
