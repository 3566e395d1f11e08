//! Why a page cannot be shown.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::page::{Page, html};
use crate::store::StoreError;

/// What a person is told instead of the page.
#[derive(Debug)]
pub(crate) struct AdminError {
    status: StatusCode,
    title: &'static str,
    text: String,
    page: Option<Box<Page>>,
    /// Whether the page links to the sign-in.
    signs_in: bool,
    /// A page to show instead of the error page.
    instead: Option<Box<Response>>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    text: String,
    signs_in: bool,
}

impl AdminError {
    pub(crate) fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Self {
        Self { status, title, text: text.into(), page: None, signs_in: false, instead: None }
    }

    /// The page's address names something that does not exist, or no longer does.
    pub(crate) fn missing(what: &str) -> Self {
        let text = format!("The server knows no such {what}. Somebody may have deleted it.");
        Self::new(StatusCode::NOT_FOUND, "Not found", text)
    }

    /// An action that is not possible, and that the pages of the dashboard do not normally offer.
    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "This action is not possible", text)
    }

    /// An error that shows this page instead, such as the form once more with a notice about the
    /// error.
    pub(crate) fn instead(page: Response) -> Self {
        let error = Self::new(page.status(), "", "");
        Self { instead: Some(Box::new(page)), ..error }
    }

    /// The error with a link to signing in.
    pub(crate) fn before_sign_in(self) -> Self {
        Self { signs_in: true, ..self }
    }

    /// The error in the frame of the person's other pages.
    pub(crate) fn on(mut self, page: Page) -> Self {
        self.page = Some(Box::new(page));
        self
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(text) => Self::new(StatusCode::NOT_FOUND, "Not found", text),
            StoreError::Conflict(text) => {
                Self::new(StatusCode::CONFLICT, "Somebody else changed this first", text)
            }
            StoreError::Invalid(text) => Self::bad_request(text),
            error if error.is_temporary() => {
                tracing::warn!(%error, "the dashboard has no database");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The database is not available",
                    "Nothing was changed. Try again in a moment; the server's log says more.",
                )
            }
            error => {
                tracing::error!(%error, "the dashboard cannot use the database");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "This action failed",
                    "The server has a fault. Its log says more.",
                )
            }
        }
    }
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        if let Some(page) = self.instead {
            return *page;
        }
        let page = Page {
            title: self.title.to_owned(),
            ..self.page.map(|page| *page).unwrap_or_default()
        };
        html(self.status, &ErrorPage { page, text: self.text, signs_in: self.signs_in })
    }
}
