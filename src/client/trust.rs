//! Which servers the client trusts, and how it sends HTTP requests.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, http};

/// Why a certificate cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot use {}: {what}", .path.display())]
pub struct TrustError {
    /// The file of the certificate.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
}

/// The authorities that the system trusts, and those in a file (PEM).
///
/// # Errors
///
/// If the file cannot be read, or is not a certificate.
pub(crate) fn roots(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let mut roots = rustls_native_certs::load_native_certs().certs;
    let Some(path) = ca else { return Ok(roots) };
    let cannot =
        |what: &dyn fmt::Display| TrustError { path: path.to_owned(), what: what.to_string() };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| cannot(&error))? {
        roots.push(certificate.map_err(|error| cannot(&error))?);
    }
    if roots.len() == before {
        return Err(cannot(&"it holds no certificate"));
    }
    Ok(roots)
}

/// An HTTP client that follows no redirects and gives up after `timeout`.
///
/// # Errors
///
/// The same as those of [`roots`].
pub(crate) fn agent(ca: Option<&Path>, timeout: Duration) -> Result<Agent, TrustError> {
    let roots = roots(ca)?;
    let roots = roots.iter().map(|root| Certificate::from_der(root.as_ref()).to_owned());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots.collect())))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(timeout))
        .user_agent(concat!("milguard/", env!("CARGO_PKG_VERSION")));
    Ok(config.build().new_agent())
}

/// HTTPS, or HTTP within this machine, because a secret must not cross a network unencrypted.
pub(crate) fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let is_local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => is_local,
        _ => false,
    }
}

/// How long a server asks the client to wait (RFC 9110, section 10.2.3): seconds or a date.
pub(crate) fn retry_after(headers: &http::HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_ask_for_seconds_or_for_a_date() {
        let now = "1994-11-06T08:49:30Z".parse().expect("a time");
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert("retry-after", text.parse().expect("a header"));
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&http::HeaderMap::new(), now), None);
    }
}
