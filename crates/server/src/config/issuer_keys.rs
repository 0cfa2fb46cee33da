//! What a foreign issuer's signatures are checked with.

use std::path::PathBuf;
use std::time::Duration;

use super::names::HttpUrl;
use super::secret_file;
use super::section::Section;
use super::words::words;
use crate::secret::Secret;

words! {
    /// The algorithm of a shared secret.
    SecretAlgorithm, "one of `HS256`, `HS384`, `HS512`", {
        /// HMAC with SHA-256.
        Hs256 = "HS256",
        /// HMAC with SHA-384.
        Hs384 = "HS384",
        /// HMAC with SHA-512.
        Hs512 = "HS512",
    }
}

impl SecretAlgorithm {
    /// The shortest secret that the standard allows, in bytes (RFC 7518 section 3.2).
    pub const fn shortest_secret(self) -> usize {
        match self {
            Self::Hs256 => 32,
            Self::Hs384 => 48,
            Self::Hs512 => 64,
        }
    }
}

/// Where the keys come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// A JWKS in a file.
    File(PathBuf),
    /// A JWKS at a URL.
    Url(KeyUrl),
    /// One secret that the issuer shares.
    Secret {
        /// The secret.
        secret: Secret,
        /// What it is used with.
        algorithm: SecretAlgorithm,
    },
}

/// A JWKS at a URL.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyUrl {
    /// Where.
    pub url: HttpUrl,
    /// Certificates of the authorities to trust besides the public ones, PEM.
    pub ca_file: Option<PathBuf>,
    /// Whether the host may have a private address, and plain HTTP may be spoken on loopback.
    pub allow_private_addresses: bool,
    /// At most one fetch in this time, whatever tokens come in.
    pub cooldown: Duration,
    /// How often it is fetched without being asked.
    pub refresh: Duration,
}

impl KeySource {
    /// Reads the keys of an issuer's table that say where its keys are. `None`: a problem was reported.
    pub(super) fn read(section: &mut Section<'_>, short_secret: bool) -> Option<Self> {
        let file: Option<PathBuf> = section.optional("jwks_file", "a file with its JWKS (RFC 7517)");
        let url: Option<HttpUrl> = section.optional("jwks_url", "where its JWKS (RFC 7517) is fetched");
        let ca_file = section
            .optional("ca_file", "certificates to trust at `jwks_url` besides the public authorities, PEM");
        let allow_private_addresses = section.value(
            "allow_private_addresses",
            "whether `jwks_url` may lead to a private address, and speak plain HTTP on loopback",
            false,
        );
        let cooldown = section.bounded(
            "cooldown",
            "at most one fetch of `jwks_url` in this time, whatever tokens come in",
            Duration::from_secs(30),
            Duration::from_secs(1)..=Duration::from_secs(3600),
        );
        let refresh = section.bounded(
            "refresh",
            "how often `jwks_url` is fetched without being asked",
            Duration::from_secs(600),
            Duration::from_secs(10)..=Duration::from_secs(86_400),
        );
        let secret: Option<PathBuf> =
            section.optional("secret_file", "a file with the secret that it shares");
        let algorithm =
            section.value("algorithm", "what the shared secret is used with", SecretAlgorithm::Hs256);
        match (file, url, secret) {
            (Some(file), None, None) => Self::file(section, file),
            (None, Some(url), None) => {
                check_url(section, &url, allow_private_addresses);
                Some(Self::Url(KeyUrl { url, ca_file, allow_private_addresses, cooldown, refresh }))
            }
            (None, None, Some(file)) => Self::secret(section, &file, algorithm, short_secret),
            _ => {
                section.problem("jwks_url", "expected exactly one of `jwks_file`, `jwks_url`, `secret_file`");
                None
            }
        }
    }

    fn file(section: &mut Section<'_>, file: PathBuf) -> Option<Self> {
        if let Err(error) = std::fs::metadata(&file) {
            section.problem("jwks_file", format!("can not be read: {error}"));
            return None;
        }
        Some(Self::File(file))
    }

    fn secret(
        section: &mut Section<'_>,
        file: &std::path::Path,
        algorithm: SecretAlgorithm,
        short_secret: bool,
    ) -> Option<Self> {
        let secret = secret_file::read(file);
        let secret = secret.map_err(|problem| section.problem("secret_file", problem.to_string())).ok()?;
        let shortest = algorithm.shortest_secret();
        if secret.len() < shortest && !short_secret {
            let message = format!(
                "found {} bytes, expected at least {shortest} for `{}`, or `short_secret` in `allow`",
                secret.len(),
                algorithm.word()
            );
            section.problem("secret_file", message);
        }
        Some(Self::Secret { secret, algorithm })
    }
}

fn check_url(section: &mut Section<'_>, url: &HttpUrl, allow_private_addresses: bool) {
    if !url.is_https() && !allow_private_addresses {
        section
            .problem("jwks_url", "found plain http, expected https: who sits between would choose the keys");
    }
}
