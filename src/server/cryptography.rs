//! The cryptography of the server.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The cryptography of all connections.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
