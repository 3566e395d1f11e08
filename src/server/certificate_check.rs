//! Finds errors in an administrator's certificate before clients do.

use rustls::{
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName},
    server::ParsedCertificate,
};
use x509_parser::parse_x509_certificate;

const DAY_S: i64 = 86_400;

/// The time of a certificate's end, in seconds since 1970. `None` if the bytes are not a certificate.
pub(super) fn end(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

/// Days until `end`, rounded down; negative once it has passed.
pub(super) fn days_until(end: i64, now: i64) -> i64 {
    (end - now).div_euclid(DAY_S)
}

/// Whether clients can use a certificate to reach `host` at `now` (seconds since 1970).
///
/// # Errors
///
/// The error is a sentence that says why clients cannot use it.
pub(super) fn check(certificate: &CertificateDer<'_>, host: &str, now: i64) -> Result<(), String> {
    let (_, parsed) = parse_x509_certificate(certificate)
        .map_err(|error| format!("it is not a certificate: {error}"))?;
    let validity = parsed.validity();
    if now > validity.not_after.timestamp() {
        return Err(format!("the certificate ended on {}", validity.not_after));
    }
    if now < validity.not_before.timestamp() {
        return Err(format!("the certificate begins on {}", validity.not_before));
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare).map_err(|_| format!("{host} is not a host name"))?;
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| error.to_string())?;
    verify_server_name(&parsed, &name)
        .map_err(|_| format!("the certificate is not for {host}, where clients reach this server"))
}
