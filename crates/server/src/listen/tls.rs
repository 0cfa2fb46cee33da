//! TLS on a listener: certificate and key from files, read again on request.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::secret_file::{self, SecretFileError};
use crate::config::tls::TlsConfig;

/// Why certificate and key are not usable. Shows nothing of the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificates can not be read.
    #[error("`{0}` can not be read as certificates: {1}")]
    Certificates(PathBuf, pem::Error),
    /// There is no certificate in the file.
    #[error("`{0}` holds no certificate")]
    NoCertificate(PathBuf),
    /// The key file is no secret file.
    #[error("`{0}`: {1}")]
    KeyFile(PathBuf, SecretFileError),
    /// The key can not be read.
    #[error("`{0}` can not be read as a private key")]
    Key(PathBuf),
    /// Key and certificate do not fit, or are of no supported kind.
    #[error("certificate and key are not usable: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The certificate and key in use.
#[derive(Debug)]
pub struct Tls {
    files: TlsConfig,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(files: TlsConfig) -> Result<Self, TlsError> {
        let current = ArcSwap::new(Arc::new(read(&files)?));
        Ok(Self { files, current })
    }

    /// Reads both files again, for the connections from now on.
    ///
    /// # Errors
    /// [`TlsError`]; then what was in use stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }
}

fn read(files: &TlsConfig) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates(&files.cert_file)?, key(&files.key_file)?)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates in the PEM file at `path`: at least one.
///
/// # Errors
/// [`TlsError`].
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |error| TlsError::Certificates(path.to_owned(), error);
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(found) }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let secret = secret_file::read(path).map_err(|error| TlsError::KeyFile(path.to_owned(), error))?;
    PrivateKeyDer::from_pem_slice(secret.expose()).map_err(|_| TlsError::Key(path.to_owned()))
}
