//! The signing keys in memory: one that signs, all that verify.

use std::sync::Arc;

use quash_core::ids::KeyId;
use quash_core::session::grant::MasterId;
use quash_core::time::Timestamp;
use quash_jose::wrap::NONCE_LENGTH;
use quash_jose::{Algorithm, KeyError, KeySet, SigningKey, VerificationKey, jwks};
use quash_storage::ports::{KeyRing, KeyStage, StoredKey};
use serde::Serialize;

use crate::entropy::{Entropy, random};
use crate::error::Error;
use crate::masters::Masters;
use crate::plain_token::PlainToken;
use crate::rotate_keys::KeyInfo;

/// One version of the key ring, ready for use. Never changed: a new version takes its place whole.
pub(crate) struct SigningKeys {
    pub(crate) version: u64,
    /// None while the ring is empty.
    active: Option<SigningKey>,
    /// What verifies: every key that is in the ring.
    pub(crate) verifying: KeySet,
    /// The public key set as it is published.
    pub(crate) published: Arc<str>,
    pub(crate) infos: Vec<KeyInfo>,
}

impl SigningKeys {
    /// The keys of `ring`, the active one unwrapped.
    pub(crate) fn load(ring: &KeyRing, masters: &Masters) -> Result<Self, Error> {
        let active = ring.keys.iter().find(|key| key.stage == KeyStage::Active);
        let verifying = ring.keys.iter().map(|key| VerificationKey::from_jwk(&key.public_jwk));
        let verifying = verifying.collect::<Result<Vec<_>, KeyError>>().map_err(unreadable)?;
        let verifying =
            KeySet::new(verifying).map_err(|_| Error::Keys("two keys have the same id".into()))?;
        Ok(Self {
            version: ring.version,
            active: active.map(|key| unwrap(key, masters)).transpose()?,
            published: jwks::publish(verifying.iter()).into(),
            verifying,
            infos: ring.keys.iter().map(info).collect(),
        })
    }

    /// A signed token in the compact form.
    pub(crate) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<PlainToken, Error> {
        let active = self.active.as_ref().ok_or_else(|| Error::Keys("there is no active key".into()))?;
        mint(active, typ, claims)
    }

    /// The key that is to sign next.
    pub(crate) fn announced(&self) -> Option<&KeyId> {
        let announced = |info: &&KeyInfo| info.stage == KeyStage::Announced;
        self.infos.iter().find(announced).map(|info| &info.id)
    }

    /// Whether `id` is the key that signs, or the one that is to sign next.
    pub(crate) fn is_to_sign(&self, id: &KeyId) -> bool {
        self.active.as_ref().and_then(SigningKey::key_id) == Some(id) || self.announced() == Some(id)
    }
}

/// A token that `key` signed, in the compact form.
pub(crate) fn mint(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<PlainToken, Error> {
    let token = key.mint(typ, claims).map_err(|_| Error::Keys("a token could not be signed".into()))?;
    Ok(PlainToken::new(token))
}

fn info(key: &StoredKey) -> KeyInfo {
    KeyInfo {
        id: key.id.clone(),
        algorithm: key.algorithm.clone(),
        stage: key.stage,
        created_at: key.created_at,
    }
}

fn unreadable(error: KeyError) -> Error {
    Error::Keys(format!("a stored key can not be read: {error}").into())
}

fn unwrap(key: &StoredKey, masters: &Masters) -> Result<SigningKey, Error> {
    let algorithm = Algorithm::from_name(&key.algorithm).ok_or_else(|| unreadable(KeyError::Unsupported))?;
    let wrapping = masters.key_wrapping(key.master)?;
    let private = wrapping
        .unwrap(key.id.as_str().as_bytes(), &key.wrapped)
        .map_err(|_| Error::Keys("a stored key does not open with its master".into()))?;
    SigningKey::from_private_bytes(algorithm, private.expose(), Some(key.id.clone())).map_err(unreadable)
}

/// A new key at `stage`, wrapped under the current master.
pub(crate) fn make(
    stage: KeyStage,
    algorithm: Algorithm,
    now: Timestamp,
    masters: &Masters,
    entropy: &dyn Entropy,
) -> Result<StoredKey, Error> {
    let id = KeyId::mint(now, random(entropy)?);
    let key = generate(algorithm, &id, entropy)?;
    let failed = |_| Error::Keys("a new key could not be made".into());
    let master: MasterId = masters.current();
    let nonce = random::<NONCE_LENGTH>(entropy)?;
    let private = key.private_bytes().map_err(failed)?;
    let wrapped = masters.key_wrapping(master)?.wrap(nonce, id.as_str().as_bytes(), private.expose());
    Ok(StoredKey {
        algorithm: algorithm.name().into(),
        stage,
        created_at: now,
        public_jwk: public_jwk(&key.verification_key().map_err(failed)?)?,
        wrapped: wrapped.map_err(failed)?,
        master,
        id,
    })
}

/// Ed25519 keys come from the injected source, so that a simulation has the same ones every time; the library
/// makes the others from the operating system's source.
fn generate(algorithm: Algorithm, id: &KeyId, entropy: &dyn Entropy) -> Result<SigningKey, Error> {
    let key = match algorithm {
        Algorithm::EdDsa => SigningKey::ed25519_from_seed(&random(entropy)?, Some(id.clone())),
        _ => SigningKey::generate(algorithm, Some(id.clone())),
    };
    key.map_err(|_| Error::Keys("a new key could not be made".into()))
}

/// The key as a JWK: the only entry of a key set with nothing else in it.
fn public_jwk(key: &VerificationKey) -> Result<Box<str>, Error> {
    let set: serde_json::Value = serde_json::from_str(&jwks::publish([key])).unwrap_or_default();
    let jwk = set.pointer("/keys/0").map(ToString::to_string);
    jwk.map(Into::into).ok_or_else(|| Error::Keys("a new key can not be published".into()))
}
