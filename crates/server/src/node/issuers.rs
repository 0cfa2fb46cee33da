//! From the configuration to the issuers that the verifier trusts.

use std::path::PathBuf;

use quash_authority::Settings;
use quash_jose::jwks::KeySetError;
use quash_jose::{Algorithm, KeyError, KeySet, Secret};
use quash_storage::ports::Horizons;
use quash_verify::{IssuerConfig as Trusted, Mode, Relaxation};

use super::settings::time_rules;
use crate::config::issuer_keys::{KeySource, SecretAlgorithm};
use crate::config::issuers::{IssuerConfig, Mode as ConfiguredMode};

/// Why a foreign issuer's keys can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The file with the key set can not be read.
    #[error("`{0}` can not be read: {1}")]
    File(PathBuf, std::io::Error),
    /// The key set.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// The shared secret.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Our own authority, without keys: those are installed when it starts.
pub fn own(settings: &Settings, horizons: Horizons) -> Trusted {
    let mut audiences: Vec<String> =
        settings.clients.iter().flat_map(|client| &client.audiences).map(ToString::to_string).collect();
    let mut types: Vec<String> =
        settings.clients.iter().map(|client| client.token_type.name().to_owned()).collect();
    for names in [&mut audiences, &mut types] {
        names.sort_unstable();
        names.dedup();
    }
    let own = Trusted::own(settings.issuer.clone(), audiences, KeySet::default())
        .with_types(types)
        .with_rules(settings.own_time_rules(horizons));
    if settings.allowlist { own.with_allowlist() } else { own }
}

/// A foreign issuer. One whose key set is at a URL has no keys yet: its tokens are undecided until they arrive.
///
/// # Errors
/// [`IssuerError`].
pub fn foreign(issuer: &IssuerConfig) -> Result<Trusted, IssuerError> {
    let (keys, secret) = match &issuer.keys {
        KeySource::File(path) => {
            let text =
                std::fs::read_to_string(path).map_err(|error| IssuerError::File(path.clone(), error))?;
            let found = KeySet::from_jwks(&text)?;
            for refused in &found.refused {
                tracing::warn!(issuer = %issuer.name, place = refused.place, error = %refused.error, "a key of the issuer is not used");
            }
            (found.keys, None)
        }
        KeySource::Url(_) => (KeySet::default(), None),
        KeySource::Secret { secret, algorithm } => (KeySet::default(), Some((secret, *algorithm))),
    };
    let trusted = Trusted::foreign(issuer.name.clone(), issuer.audience.clone(), keys)
        .with_rules(time_rules(issuer))
        .with_mode(match issuer.mode {
            ConfiguredMode::Enforce => Mode::Enforce,
            ConfiguredMode::Observe => Mode::Observe,
        });
    let trusted = relaxations(issuer).into_iter().fold(trusted, Trusted::relax);
    match secret {
        Some((secret, algorithm)) => {
            let secret = Secret::new(secret.expose().to_vec());
            Ok(trusted.with_secret(hmac(algorithm), &secret)?)
        }
        None => Ok(trusted),
    }
}

/// Every relaxation that the configuration states, those that name a claim included.
fn relaxations(issuer: &IssuerConfig) -> Vec<Relaxation> {
    let plain = issuer.allow.iter().filter_map(|allowed| Relaxation::from_name(allowed.word()));
    let subject = issuer.subject_claim.clone().map(Relaxation::SubjectClaim);
    let device = issuer.device_claim.clone().map(Relaxation::DeviceClaim);
    let client = issuer.client_claim.clone().map(Relaxation::ClientClaim);
    plain.chain(subject).chain(device).chain(client).collect()
}

fn hmac(algorithm: SecretAlgorithm) -> Algorithm {
    match algorithm {
        SecretAlgorithm::Hs256 => Algorithm::Hs256,
        SecretAlgorithm::Hs384 => Algorithm::Hs384,
        SecretAlgorithm::Hs512 => Algorithm::Hs512,
    }
}
