//! HTTPS: TLS 1.2 and 1.3 by rustls, HTTP/2 and HTTP/1.1, and certificates that are replaced while serving.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{sync::Notify, time::sleep};

use super::{
    certificate::OwnCertificate, certificate_check, cryptography::provider, error::TlsError,
    metrics::Metrics, options::Transport,
};

/// How often the server looks at the files. A certificate is replaced a few times a year.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The server warns of a certificate with fewer days left.
const RENEW_DAYS: i64 = 30;

/// How often the server looks at its own certificate, which it renews 30 days before the end.
const RENEW_EVERY: Duration = Duration::from_hours(12);

/// The certificate for connections, and its source.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    pub(super) config: RustlsConfig,
    source: Source,
    reload: Arc<Notify>,
}

#[derive(Clone, Debug)]
enum Source {
    Own(OwnCertificate),
    Files { certificate: PathBuf, key: PathBuf },
}

impl Tls {
    /// Loads the certificate. If it is the server's own, the server makes it first. `None` for plain
    /// HTTP.
    pub(super) fn load(
        transport: &Transport,
        state: &Path,
        host: &str,
    ) -> Result<Option<Self>, TlsError> {
        let source = match transport {
            Transport::Plain { .. } => return Ok(None),
            Transport::OwnCertificate => {
                let own = OwnCertificate::new(state, host);
                own.ensure().map_err(|what| TlsError { what })?;
                Source::Own(own)
            }
            Transport::Files { certificate, key } => {
                Source::Files { certificate: certificate.clone(), key: key.clone() }
            }
        };
        let config = RustlsConfig::from_config(source.config()?);
        Ok(Some(Self { config, source, reload: Arc::new(Notify::new()) }))
    }

    /// Whether the server can use the administrator's files, and clients can use the certificate to
    /// reach the server at `host`. Returns a note about what needs attention soon.
    pub(super) fn check(transport: &Transport, host: &str) -> Result<Option<String>, TlsError> {
        let Transport::Files { certificate, key } = transport else { return Ok(None) };
        let source = Source::Files { certificate: certificate.clone(), key: key.clone() };
        source.config()?;
        let leaf = CertificateDer::from_pem_file(certificate)
            .map_err(|error| TlsError { what: format!("{}: {error}", certificate.display()) })?;
        let now = Timestamp::now().as_second();
        certificate_check::check(&leaf, host, now)
            .map_err(|what| TlsError { what: format!("{}: {what}", certificate.display()) })?;
        let days = certificate_check::end(&leaf).map(|end| certificate_check::days_until(end, now));
        Ok(days.filter(|days| *days < RENEW_DAYS).map(|days| {
            format!("warning: the certificate {} ends in {days} days", certificate.display())
        }))
    }

    /// When the certificate in use ends, in seconds since 1970.
    pub(super) fn end(&self) -> Option<i64> {
        let (certificate, _) = self.source.paths();
        certificate_check::end(&CertificateDer::from_pem_file(certificate).ok()?)
    }

    /// Days until the certificate ends; negative after its end.
    fn days_left(&self) -> Option<i64> {
        Some(certificate_check::days_until(self.end()?, Timestamp::now().as_second()))
    }

    /// The file of the certificate that the server made for itself, and the names in it.
    pub(super) fn own(&self) -> Option<(&Path, &[String])> {
        match &self.source {
            Source::Own(own) => Some((&own.certificate, own.names())),
            Source::Files { .. } => None,
        }
    }

    /// Makes the server load the certificate again now.
    pub(super) fn reload_now(&self) {
        self.reload.notify_one();
    }

    /// Loads the certificate again whenever its files have changed. If the new one cannot be used, the server
    /// logs that and keeps the old one.
    pub(super) async fn keep_current(self, metrics: Metrics) {
        let mut seen = self.source.stamp();
        loop {
            if let Some(days) = self.days_left() {
                metrics.certificate_days(days);
            }
            let wait = match self.source {
                Source::Own(_) => RENEW_EVERY,
                Source::Files { .. } => LOOK_EVERY,
            };
            let asked = tokio::select! {
                () = sleep(wait) => false,
                () = self.reload.notified() => true,
            };
            if let Source::Own(own) = &self.source
                && let Err(error) = own.ensure()
            {
                tracing::error!(error, "the certificate could not be renewed");
            }
            let stamp = self.source.stamp();
            if !asked && stamp == seen {
                continue;
            }
            match self.source.config() {
                Ok(config) => {
                    self.config.reload_from_config(config);
                    tracing::info!("the certificate was loaded again");
                }
                Err(error) => {
                    tracing::error!(error = %error, "the new certificate cannot be used; the old one stays");
                }
            }
            seen = stamp;
        }
    }
}

impl Source {
    fn paths(&self) -> (&Path, &Path) {
        match self {
            Self::Own(own) => (&own.certificate, &own.key),
            Self::Files { certificate, key } => (certificate, key),
        }
    }

    /// A value that changes when the files do.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        let (certificate, key) = self.paths();
        [stamp(certificate), stamp(key)]
    }

    fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let (certificate, key) = self.paths();
        let cannot = |path: &Path, error: &dyn fmt::Display| TlsError {
            what: format!("cannot use {}: {error}", path.display()),
        };
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|error| cannot(certificate, &error))?;
        if chain.is_empty() {
            return Err(cannot(certificate, &"there is no certificate (PEM) in it"));
        }
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| cannot(key, &error))?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| cannot(certificate, &error))?;
        let config = builder.with_no_client_auth().with_single_cert(chain, private);
        let mut config = config.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                cannot(key, &format!("it is not the key of {}", certificate.display()))
            }
            other => cannot(certificate, &other),
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
