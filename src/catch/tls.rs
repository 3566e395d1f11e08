//! STARTTLS. Mail servers encrypt if they can, and check no authority (RFC 7435), so a certificate made at the
//! start suffices.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

/// # Errors
///
/// A sentence, when the certificate cannot be made or read.
pub(super) fn acceptor(
    host: &str,
    files: Option<&(PathBuf, PathBuf)>,
) -> Result<TlsAcceptor, String> {
    let (chain, key) = match files {
        Some((certificate, key)) => read(certificate, key)?,
        None => make(host).map_err(|error| format!("cannot make a certificate: {error}"))?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| format!("cannot use the certificate: {error}"))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read(certificate: &Path, key: &Path) -> Result<Identity, String> {
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| format!("cannot use {}: {error}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("cannot use {}: {error}", key.display()))?;
    Ok((chain, key))
}

fn make(host: &str) -> Result<Identity, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, host);
    params.distinguished_name = name;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
    Ok((vec![certificate.der().clone()], key))
}
