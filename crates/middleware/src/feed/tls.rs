//! Whom a follower trusts to be the authority.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// Trusts the public authorities: unless a builder is given something else.
///
/// # Errors
/// The TLS library has no protocol version in common with itself: never with the versions that it is built with.
pub(super) fn public() -> Result<Arc<ClientConfig>, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
