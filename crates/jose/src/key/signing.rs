//! A key that signs.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use quash_core::ids::KeyId;

use super::elliptic::Curve;
use super::secret::check_secret;
use super::verification::hmac_of;
use super::{KeyError, PublicMaterial, Secret, ShortSecret, VerificationKey, rsa};
use crate::alg::Algorithm;

/// A key that signs with one algorithm. Its private part is wiped when it is dropped, and never printed.
pub struct SigningKey {
    algorithm: Algorithm,
    key_id: Option<KeyId>,
    private: Private,
}

enum Private {
    Shared { secret: Secret, key: Box<hmac::Key> },
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A new key for `algorithm`, from the operating system's random source. RSA keys have 2,048 bits and take
    /// a good part of a second; secrets are as long as the hash.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when the random source fails.
    pub fn generate(algorithm: Algorithm, key_id: Option<KeyId>) -> Result<Self, KeyError> {
        let private = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                let length = hmac_of(algorithm).ok_or(KeyError::Contradiction)?.tag_len();
                let mut secret = vec![0; length];
                aws_lc_rs::rand::fill(&mut secret).map_err(|_| KeyError::Crypto)?;
                return Self::from_private_bytes(algorithm, Secret::new(secret).expose(), key_id);
            }
            Algorithm::Rs256 | Algorithm::Ps256 => {
                RsaKeyPair::generate(KeySize::Rsa2048).map(Private::Rsa).map_err(|_| KeyError::Crypto)?
            }
            Algorithm::Es256 | Algorithm::Es384 => {
                let curve = ecdsa_of(algorithm).ok_or(KeyError::Contradiction)?;
                EcdsaKeyPair::generate(curve).map(Private::Ecdsa).map_err(|_| KeyError::Crypto)?
            }
            Algorithm::EdDsa => {
                Ed25519KeyPair::generate().map(Private::Ed25519).map_err(|_| KeyError::Crypto)?
            }
        };
        Ok(Self { algorithm, key_id, private })
    }

    /// The Ed25519 key that follows from `seed` (RFC 8032 section 5.1.5): the same seed gives the same key and
    /// the same signatures, which simulations need.
    ///
    /// # Errors
    /// [`KeyError::Crypto`], which no seed is known to cause.
    pub fn ed25519_from_seed(seed: &[u8; 32], key_id: Option<KeyId>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Crypto)?;
        Ok(Self { algorithm: Algorithm::EdDsa, key_id, private: Private::Ed25519(pair) })
    }

    /// The key that [`SigningKey::private_bytes`] wrote: PKCS#8 (RFC 5958), for an HMAC the secret itself.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when `bytes` are no key for `algorithm`, [`KeyError::EmptySecret`] or
    /// [`KeyError::ShortSecret`] for too little of a secret, or what is wrong with the public part.
    pub fn from_private_bytes(
        algorithm: Algorithm,
        bytes: &[u8],
        key_id: Option<KeyId>,
    ) -> Result<Self, KeyError> {
        let private = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                check_secret(algorithm, bytes, ShortSecret::Refuse)?;
                let key = hmac::Key::new(hmac_of(algorithm).ok_or(KeyError::Contradiction)?, bytes);
                Private::Shared { secret: Secret::new(bytes.to_vec()), key: Box::new(key) }
            }
            Algorithm::Rs256 | Algorithm::Ps256 => {
                RsaKeyPair::from_pkcs8(bytes).map(Private::Rsa).map_err(|_| KeyError::Malformed)?
            }
            Algorithm::Es256 | Algorithm::Es384 => {
                let curve = ecdsa_of(algorithm).ok_or(KeyError::Contradiction)?;
                EcdsaKeyPair::from_pkcs8(curve, bytes).map(Private::Ecdsa).map_err(|_| KeyError::Malformed)?
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
                .map(Private::Ed25519)
                .map_err(|_| KeyError::Malformed)?,
        };
        let key = Self { algorithm, key_id, private };
        key.material().map_or(Ok(()), |material| material?.check())?;
        Ok(key)
    }

    /// The private key: PKCS#8 (RFC 5958), for an HMAC the secret itself. To be wrapped before it is stored.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when the library can not write it.
    pub fn private_bytes(&self) -> Result<Secret, KeyError> {
        let bytes = match &self.private {
            Private::Shared { secret, .. } => return Ok(secret.clone()),
            Private::Rsa(pair) => {
                let der: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| KeyError::Crypto)?;
                der.as_ref().to_vec()
            }
            Private::Ecdsa(pair) => pair.to_pkcs8v1().map_err(|_| KeyError::Crypto)?.as_ref().to_vec(),
            Private::Ed25519(pair) => pair.to_pkcs8v1().map_err(|_| KeyError::Crypto)?.as_ref().to_vec(),
        };
        Ok(Secret::new(bytes))
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name.
    pub fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// The same key under the name `key_id`.
    #[must_use]
    pub fn named(self, key_id: KeyId) -> Self {
        Self { key_id: Some(key_id), ..self }
    }

    /// The key that verifies what this one signs. For an HMAC that is the same secret.
    ///
    /// # Errors
    /// What is wrong with the key; keys made by [`SigningKey::generate`] have nothing wrong.
    pub fn verification_key(&self) -> Result<VerificationKey, KeyError> {
        let key_id = self.key_id.clone();
        match (&self.private, self.material()) {
            (_, Some(material)) => VerificationKey::from_material(self.algorithm, material?, key_id),
            (Private::Shared { secret, .. }, None) => {
                VerificationKey::from_secret(self.algorithm, secret.expose(), key_id, ShortSecret::Refuse)
            }
            (_, None) => Err(KeyError::Malformed),
        }
    }

    /// The numbers of the public part; none for a secret.
    fn material(&self) -> Option<Result<PublicMaterial, KeyError>> {
        match &self.private {
            Private::Shared { .. } => None,
            Private::Rsa(pair) => Some(rsa::from_der(pair.public_key().as_ref())),
            Private::Ecdsa(pair) => Some(ecdsa_material(self.algorithm, pair.public_key().as_ref())),
            Private::Ed25519(pair) => {
                let x = <[u8; 32]>::try_from(pair.public_key().as_ref());
                Some(x.map(|x| PublicMaterial::Ed25519 { x }).map_err(|_| KeyError::Malformed))
            }
        }
    }

    /// The signature over `message`: for ECDSA the two numbers side by side (RFC 7518 section 3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.private {
            Private::Shared { key, .. } => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Private::Rsa(pair) => {
                let padding =
                    if self.algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).map_err(|_| KeyError::Crypto)?;
                Ok(signature)
            }
            Private::Ecdsa(pair) => {
                let signature = pair.sign(&random, message).map_err(|_| KeyError::Crypto)?;
                Ok(signature.as_ref().to_vec())
            }
            Private::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

fn ecdsa_of(algorithm: Algorithm) -> Option<&'static EcdsaSigningAlgorithm> {
    match algorithm {
        Algorithm::Es256 => Some(&ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es384 => Some(&ECDSA_P384_SHA384_FIXED_SIGNING),
        _ => None,
    }
}

fn ecdsa_material(algorithm: Algorithm, point: &[u8]) -> Result<PublicMaterial, KeyError> {
    let curve = Curve::of(algorithm).ok_or(KeyError::Contradiction)?;
    let (x, y) = curve.split(point)?;
    Ok(PublicMaterial::Ec { curve, x, y })
}
