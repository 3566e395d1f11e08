//! The certificate that a server makes for itself, so that HTTPS works before anyone has set it up.
//!
//! The certificate is signed with its own key: a browser asks once whether to trust it. It covers
//! the names by which a machine reaches itself, lasts 397 days (the longest that all browsers take)
//! and is made anew 30 days before it ends, or when the names change.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SerialNumber,
};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use super::{cryptography::provider, folder::write_private};

/// How long a certificate lasts.
const DAYS: i64 = 397;

/// How long before the end of a certificate the server makes a new one. With a shorter time, the
/// certificate could expire while the server cannot write to its state folder; with a longer one,
/// clients would have to trust a new certificate more often.
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// Where the certificate and its key are in the state folder.
#[derive(Clone, Debug)]
pub(super) struct OwnCertificate {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    names: Vec<String>,
}

impl OwnCertificate {
    /// A certificate for the names of this machine and for `host`, the name that clients use.
    pub(super) fn new(state: &Path, host: &str) -> Self {
        let mut names = vec![
            "localhost".to_owned(),
            Ipv4Addr::LOCALHOST.to_string(),
            Ipv6Addr::LOCALHOST.to_string(),
        ];
        let machine = machine_name();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        for name in machine.into_iter().chain([host]) {
            if !names.contains(&name) && ServerName::try_from(name.as_str()).is_ok() {
                names.push(name);
            }
        }
        let folder = state.join("tls");
        Self { certificate: folder.join("certificate.pem"), key: folder.join("key.pem"), names }
    }

    /// The names that the certificate is for.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Makes a certificate, unless the one on disk is still valid for some time. Returns whether it made
    /// one.
    ///
    /// # Errors
    ///
    /// If the state folder cannot be written to or the key cannot be made; the error is a sentence.
    pub(super) fn ensure(&self) -> Result<bool, String> {
        if self.key.exists() && self.is_good(RENEW_BEFORE) {
            return Ok(false);
        }
        let (certificate, key) = self.make().map_err(|error| error.to_string())?;
        let write = |path: &Path, text: &str| {
            path.parent().map_or(Ok(()), super::folder::create_folder)?;
            write_private(path, text.as_bytes())
        };
        write(&self.key, &key)
            .and_then(|()| write(&self.certificate, &certificate))
            .map_err(|error| format!("cannot write {}: {error}", self.certificate.display()))?;
        Ok(true)
    }

    /// Whether the certificate on disk covers all names, now and after `remaining`.
    fn is_good(&self, remaining: Duration) -> bool {
        let Ok(certificate) = CertificateDer::from_pem_file(&self.certificate) else {
            return false;
        };
        let mut roots = RootCertStore::empty();
        if roots.add(certificate.clone()).is_err() {
            return false;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let Ok(verifier) = verifier.build() else { return false };
        let now = UnixTime::now();
        let then = UnixTime::since_unix_epoch(
            Duration::from_secs(now.as_secs()).saturating_add(remaining),
        );
        self.names.iter().all(|name| {
            let Ok(name) = ServerName::try_from(name.as_str()) else { return false };
            [now, then].into_iter().all(|time| {
                verifier.verify_server_cert(&certificate, &[], &name, &[], time).is_ok()
            })
        })
    }

    /// A certificate and its key, both as PEM.
    fn make(&self) -> Result<(String, String), rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(self.names.clone())?;
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        // The certificate begins a day earlier, for clients whose clock is behind.
        let from = now.checked_sub(1.day()).unwrap_or_else(|_| now.clone()).date();
        let until = now.checked_add((DAYS - 1).days()).unwrap_or(now).date();
        let midnight = |date: Date| {
            let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
            rcgen::date_time_ymd(i32::from(date.year()), month, day)
        };
        params.not_before = midnight(from);
        params.not_after = midnight(until);
        params.serial_number = Some(SerialNumber::from_slice(uuid::Uuid::new_v4().as_bytes()));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "Milguard, made on this machine");
        params.distinguished_name = name;
        let certificate = params.self_signed(&key)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

/// The name of this machine, where it has one that a certificate can carry.
fn machine_name() -> Option<String> {
    let name = gethostname::gethostname().into_string().ok()?.to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}
