//! A key that verifies, prepared once.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
};
use quash_core::defect::Defect;
use quash_core::ids::KeyId;

use super::secret::check_secret;
use super::{KeyError, PublicMaterial, ShortSecret, pem};
use crate::alg::Algorithm;
use crate::jwk;

/// A key that verifies signatures of one algorithm, checked and prepared when it was loaded.
///
/// INVARIANT: the algorithm is fixed here and never taken from a token, so a public key can not be turned
/// into an HMAC secret (attack row 2).
#[derive(Clone)]
pub struct VerificationKey {
    algorithm: Algorithm,
    key_id: Option<KeyId>,
    prepared: Prepared,
}

#[derive(Clone)]
enum Prepared {
    Shared(Box<hmac::Key>),
    Public { key: ParsedPublicKey, material: PublicMaterial },
}

impl VerificationKey {
    /// A shared secret, for an HMAC `algorithm`. Whoever holds it can sign as well.
    ///
    /// # Errors
    /// [`KeyError::EmptySecret`], [`KeyError::ShortSecret`] unless `short` allows it, or
    /// [`KeyError::Contradiction`] when `algorithm` is not an HMAC.
    pub fn from_secret(
        algorithm: Algorithm,
        secret: &[u8],
        key_id: Option<KeyId>,
        short: ShortSecret,
    ) -> Result<Self, KeyError> {
        check_secret(algorithm, secret, short)?;
        let key = hmac::Key::new(hmac_of(algorithm).ok_or(KeyError::Contradiction)?, secret);
        Ok(Self { algorithm, key_id, prepared: Prepared::Shared(Box::new(key)) })
    }

    /// A public key as JSON (RFC 7517). An RSA key that names no `alg` is bound to RS256.
    ///
    /// # Errors
    /// Any [`KeyError`]; `oct` keys and private members are refused with [`KeyError::Private`].
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        jwk::read(json)
    }

    /// A public key as PEM (`-----BEGIN PUBLIC KEY-----`, RFC 7468 section 13), bound to `algorithm`.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn from_pem(text: &str, algorithm: Algorithm, key_id: Option<KeyId>) -> Result<Self, KeyError> {
        Self::from_material(algorithm, pem::read(text, algorithm)?, key_id)
    }

    pub(crate) fn from_material(
        algorithm: Algorithm,
        material: PublicMaterial,
        key_id: Option<KeyId>,
    ) -> Result<Self, KeyError> {
        material.check()?;
        if !material.fits(algorithm) {
            return Err(KeyError::Contradiction);
        }
        let key = match &material {
            PublicMaterial::Rsa { n, e } => {
                let parameters = rsa_of(algorithm).ok_or(KeyError::Contradiction)?;
                let components = PublicKeyComponents { n, e };
                components.to_parsed_public_key(parameters).map_err(|_| KeyError::Malformed)?
            }
            PublicMaterial::Ec { curve, x, y } => curve.prepare(x, y)?,
            PublicMaterial::Ed25519 { x } => {
                ParsedPublicKey::new(&ED25519, x).map_err(|_| KeyError::Malformed)?
            }
        };
        Ok(Self { algorithm, key_id, prepared: Prepared::Public { key, material } })
    }

    /// The one algorithm this key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name within its issuer.
    pub fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// The numbers of a public key; none for a shared secret.
    pub(crate) fn material(&self) -> Option<&PublicMaterial> {
        match &self.prepared {
            Prepared::Shared(_) => None,
            Prepared::Public { material, .. } => Some(material),
        }
    }

    /// Checks `signature` over `message`. ECDSA signatures are the two numbers side by side (RFC 7518
    /// section 3.4), never DER; the library takes no length but the one of the key.
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), Defect> {
        let fits = match &self.prepared {
            Prepared::Shared(key) => hmac::verify(key, message, signature).is_ok(),
            Prepared::Public { key, .. } => key.verify_sig(message, signature).is_ok(),
        };
        if fits { Ok(()) } else { Err(Defect::BadSignature) }
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The HMAC of an algorithm that is one.
pub(super) fn hmac_of(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::Hs256 => Some(hmac::HMAC_SHA256),
        Algorithm::Hs384 => Some(hmac::HMAC_SHA384),
        Algorithm::Hs512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa_of(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
        _ => None,
    }
}
