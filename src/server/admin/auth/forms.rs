//! Reads forms of bounded size that our pages sent, and refuses NUL characters in them.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::StatusCode,
};

use super::{super::shared::error::AdminError, csrf};
use crate::server::limits::{Bodies, Received, Sender};

/// The largest form, except for policies.
pub(crate) const LARGEST: usize = 64 << 10;

/// The largest form of somebody who is not signed in: a name and a password.
pub(crate) const STRANGERS: usize = 8 << 10;

/// A policy within its limits has 200,000 patterns; in a form each may be three times as long.
pub(crate) const POLICY: usize = 16 << 20;

/// A form that a page of ours sent.
pub(crate) struct Checked {
    /// The request, with its body.
    pub(crate) request: Request,
    /// A copy of the request's body.
    pub(crate) bytes: Bytes,
    /// The form's share of the room for bodies, until it is dropped.
    pub(crate) received: Received,
}

/// Why a form is refused.
pub(crate) enum Refused {
    /// The token of the form is of another session, or missing.
    Stale(Received),
    Other(AdminError),
}

impl From<AdminError> for Refused {
    fn from(error: AdminError) -> Self {
        Self::Other(error)
    }
}

/// A form with the token of another session.
pub(crate) fn out_of_date() -> AdminError {
    AdminError::new(
        StatusCode::FORBIDDEN,
        "This form is out of date",
        "The server did nothing. Go back, reload the page and send the form again.",
    )
}

/// Refuses a form that no page of ours sent to this browser. The body keeps its share of `room` until it is dropped.
pub(crate) async fn check(
    request: Request,
    tied_to: &str,
    room: &Bodies,
    limit: usize,
    sender: &Sender,
) -> Result<Checked, Refused> {
    let (parts, body) = request.into_parts();
    if !csrf::is_same_origin(&parts.headers) {
        let text = "The server did nothing. Open the dashboard and use its own forms.";
        let error =
            AdminError::new(StatusCode::FORBIDDEN, "This form came from another site", text);
        return Err(error.into());
    }
    let mut read =
        room.read(body, limit, sender).await.map_err(|problem| match problem.status() {
            StatusCode::PAYLOAD_TOO_LARGE => AdminError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The form is too large",
                "The server did nothing. Send less at a time.",
            ),
            StatusCode::TOO_MANY_REQUESTS => AdminError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "The server is busy",
                "The server did nothing. Try again in a moment.",
            ),
            status => AdminError::new(status, "The form did not arrive", "The server did nothing."),
        })?;
    if std::str::from_utf8(&read.bytes).is_ok_and(holds_zero) {
        return Err(no_zero().into());
    }
    let sent = token_of(&read.bytes);
    if !sent.is_some_and(|sent| csrf::is_token(tied_to, &sent)) {
        return Err(Refused::Stale(read));
    }
    let bytes = Bytes::from(std::mem::take(&mut read.bytes));
    Ok(Checked {
        request: Request::from_parts(parts, Body::from(bytes.clone())),
        bytes,
        received: read,
    })
}

/// Whether a form holds a NUL character, which no text needs and PostgreSQL cannot store.
pub(crate) fn holds_zero(encoded: &str) -> bool {
    encoded.contains("%00") || encoded.contains('\0')
}

pub(crate) fn no_zero() -> AdminError {
    AdminError::bad_request("The request contains a NUL character.")
}

/// The member `csrf` of a form. It is hexadecimal, so nothing in it needs decoding.
fn token_of(form: &[u8]) -> Option<String> {
    let token = form.split(|&byte| byte == b'&').find_map(|pair| pair.strip_prefix(b"csrf="))?;
    std::str::from_utf8(token).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_the_fields_of_a_form() {
        let token = |form: &str| token_of(form.as_bytes());
        assert_eq!(token("a=b&csrf=c0ffee&d=e").as_deref(), Some("c0ffee"));
        assert_eq!(token("xcsrf=c0ffee"), None);
        assert_eq!(token(""), None);
    }
}
