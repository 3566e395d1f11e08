//! Whether a form was sent by a page of ours.
//!
//! The server checks two things, and each alone stops a page of another site: the browser must not
//! say that another site sent the form (`Sec-Fetch-Site`, else `Origin`), and the form must hold a
//! token that only pages of this session have. The token is a digest of the session's secret, so the
//! server stores nothing for it.

use axum::http::{HeaderMap, header};

use super::secret;

/// The token for the forms of one session, or of one visit before sign-in.
pub(crate) fn token(cookie: &str) -> String {
    secret::digest_for("form", cookie)
}

/// Whether `sent` is the token of `cookie`.
pub(crate) fn is_token(cookie: &str, sent: &str) -> bool {
    secret::same(&token(cookie), sent)
}

/// Whether the browser says that the request comes from a page of this server, or says nothing.
///
/// Browsers send `Origin: null` for a form of a page with the referrer policy `no-referrer`; then
/// `Sec-Fetch-Site` tells, and in browsers before it (2023) the token alone.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(is_own) = says_same_origin(headers) {
        return is_own;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    if origin == "null" {
        return true;
    }
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|it| it.1);
    let own = [text("x-forwarded-host"), text("host")];
    host.is_some_and(|host| own.into_iter().flatten().any(|own| own.eq_ignore_ascii_case(host)))
}

/// Whether the browser says that a page of this server sent the request; `None` if it says nothing, since it may be too
/// old to know.
pub(super) fn says_same_origin(headers: &HeaderMap) -> Option<bool> {
    headers.get("sec-fetch-site").map(|site| site == "same-origin")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_request_from_another_site_is_refused() {
        for (lines, same) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://mail.example.mil")], false),
            (&[("origin", "https://mail.example.mil")], true),
            (&[("origin", "https://MAIL.example.mil")], true),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "https://mail.example.mil.evil.example")], false),
            (&[("origin", "https://mail.example.mil:444")], false),
            (&[("origin", "mail.example.mil")], false),
            (&[("origin", "")], false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("mail.example.mil"));
            for &(name, value) in lines {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_same_origin(&headers), same, "{lines:?}");
        }
    }

    #[test]
    fn a_form_token_is_valid_only_for_its_own_session() {
        let (one, other) = (secret::generate(), secret::generate());
        assert!(is_token(&one, &token(&one)));
        for wrong in [token(&other), one.clone(), secret::digest(&one), String::new()] {
            assert!(!is_token(&one, &wrong), "{wrong}");
        }
    }
}
