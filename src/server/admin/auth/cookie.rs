//! Cookies, all with the prefix `__Host-`: a browser takes them over HTTPS from this very host alone
//! (RFC 6265bis §4.1.3.2), so that a sibling host cannot plant one.

use axum::http::{HeaderMap, HeaderValue, header};

use super::secret;

/// The cookie that identifies a session.
pub(crate) const SESSION: &str = "__Host-milguard-session";

/// The cookie that ties the forms before sign-in to one browser.
pub(crate) const VISIT: &str = "__Host-milguard-visit";

/// The cookie by which the server recognises a browser that has signed in before.
pub(crate) const BROWSER: &str = "__Host-milguard-browser";

/// The value of a cookie, if it has the form of this server's secrets. Where a name appears twice,
/// the first counts.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = read_any(headers, name)?;
    let ours = value.len() == secret::LENGTH
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    ours.then_some(value)
}

/// The value of a cookie, whatever it holds. Where a name appears twice, the first counts.
pub(crate) fn read_any<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    Some(value.trim())
}

/// Sets a cookie that lasts `max_age` seconds or, without `max_age`, until the browser closes.
pub(crate) fn set(name: &str, value: &str, max_age: Option<u64>) -> HeaderValue {
    let age = max_age.map_or(String::new(), |age| format!("; Max-Age={age}"));
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{age}");
    // Names are constants and values are secrets of ours, so a header can hold them.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Sets a cookie that the browser also sends when another site leads here, for `max_age` seconds.
pub(crate) fn set_lax(name: &str, value: &str, max_age: u64) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={max_age}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Deletes a cookie in the browser.
pub(crate) fn clear(name: &str) -> HeaderValue {
    set(name, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_only_if_it_has_the_form_of_a_secret() {
        let secret = secret::generate();
        let read = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(line).unwrap());
            read(&headers, SESSION).map(str::to_owned)
        };
        assert_eq!(read(&format!("a=b; {SESSION}={secret}; c=d")), Some(secret.clone()));
        assert_eq!(read(&format!("{SESSION}={secret};{SESSION}=x")), Some(secret.clone()));
        for line in [
            String::new(),
            SESSION.to_owned(),
            format!("{SESSION}="),
            format!("{SESSION}={secret}x"),
            format!("x{SESSION}={secret}"),
            format!("{SESSION}={}", "'".repeat(secret::LENGTH)),
        ] {
            assert_eq!(read(&line), None, "{line}");
        }
    }

    #[test]
    fn a_cookie_is_sent_to_this_host_over_https_and_hidden_from_scripts() {
        let set = set(SESSION, "x", None);
        assert_eq!(
            set.to_str().unwrap(),
            "__Host-milguard-session=x; Path=/; Secure; HttpOnly; SameSite=Strict"
        );
        assert!(clear(SESSION).to_str().unwrap().ends_with("; Max-Age=0"));
    }
}
