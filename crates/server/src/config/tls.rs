//! `[server.tls]`: certificate and key, when TLS ends here.

use std::path::PathBuf;

use super::secret_file;
use super::section::Section;

/// Where certificate and key lie. Read again on SIGHUP.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TlsConfig {
    /// The certificate chain, PEM, the server's own first.
    pub cert_file: PathBuf,
    /// Its private key, PEM; a secret file.
    pub key_file: PathBuf,
}

impl TlsConfig {
    /// These two files.
    pub fn new(cert_file: PathBuf, key_file: PathBuf) -> Self {
        Self { cert_file, key_file }
    }

    /// Reads the section; none unless both files are named.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let cert_file: Option<PathBuf> =
            section.optional("cert_file", "the certificate chain, PEM, the server's own first");
        let key_file: Option<PathBuf> =
            section.optional("key_file", "the private key, PEM; readable by its owner alone");
        if let Some(file) = &cert_file
            && let Err(error) = std::fs::metadata(file)
        {
            section.problem("cert_file", format!("can not be read: {error}"));
        }
        if let Some(file) = &key_file
            && let Err(problem) = secret_file::read(file)
        {
            section.problem("key_file", problem.to_string());
        }
        match (cert_file, key_file) {
            (Some(cert_file), Some(key_file)) => Some(Self { cert_file, key_file }),
            (None, None) => None,
            (Some(_), None) => missing(section, "key_file", "cert_file"),
            (None, Some(_)) => missing(section, "cert_file", "key_file"),
        }
    }
}

fn missing(section: &mut Section<'_>, name: &str, other: &str) -> Option<TlsConfig> {
    section.problem(name, format!("is missing: `{other}` is given, and TLS needs both"));
    None
}
