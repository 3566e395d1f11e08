//! TLS for syslog (RFC 5425): the trusted authorities, and this server's own certificate.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::client::{TrustError, roots};

/// A client that trusts the system's authorities and those in `ca`, and shows the certificate in `own` if the
/// receiver asks for one.
///
/// # Errors
///
/// If a file cannot be used.
pub(super) fn client(
    ca: Option<&Path>,
    own: Option<(&PathBuf, &PathBuf)>,
) -> Result<Arc<ClientConfig>, TrustError> {
    let mut store = RootCertStore::empty();
    // The system's store may contain certificates that rustls does not accept.
    store.add_parsable_certificates(roots(ca)?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |path: &Path, what: String| TrustError { path: path.to_owned(), what };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(ca.unwrap_or(Path::new("TLS")), error.to_string()))?
        .with_root_certificates(store);
    let Some((certificate, key)) = own else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(certificate, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|it| unusable(key, it.to_string()))?;
    let config = builder.with_client_auth_cert(chain, secret);
    Ok(Arc::new(config.map_err(|error| unusable(certificate, error.to_string()))?))
}
