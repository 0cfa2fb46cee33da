//! Changing the signing key.

use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::KeyId;
use quash_core::time::Timestamp;
use quash_jose::Algorithm;
use quash_storage::ports::{KeyRing, KeyStage, Replaced, Store, StoredKey};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::masters::Masters;
use crate::permissions::{Verb, authorize};
use crate::signing_keys::{self, SigningKeys};

/// A signing key, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// `kid`.
    pub id: KeyId,
    /// `alg`.
    pub algorithm: Box<str>,
    /// Where it stands.
    pub stage: KeyStage,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key that signs now.
    pub active: KeyId,
    /// The key that signed before and stays published until its last token is over.
    pub retired: Option<KeyId>,
}

/// How long beyond its last token's end a retired key stays published: servers on the same store may sign with it
/// until they have noticed the rotation.
const OVERLAP_MARGIN: Duration = Duration::from_secs(600);

impl Authority {
    /// The public keys as a JWK set (RFC 7517 section 5): those that sign or whose tokens may be alive. From
    /// memory.
    pub fn published_keys(&self) -> Arc<str> {
        Arc::clone(&self.keys.load().published)
    }

    /// The signing keys, oldest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn list_keys(&self, caller: &Caller) -> Result<Vec<KeyInfo>, Error> {
        authorize(caller, Verb::ReadKeys)?;
        Ok(self.keys.load().infos.clone())
    }

    /// Makes a new key and signs with it from now on. The old one stays published until the last token that it
    /// signed is over, so no valid token is refused (I9).
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`], [`Error::Keys`]; the old key signs on then.
    pub async fn rotate_keys(&self, caller: &Caller) -> Result<Rotated, Error> {
        authorize(caller, Verb::RotateKeys)?;
        let _one_at_a_time = self.changing_keys.lock().await;
        let now = self.now();
        let last_token = self.not_before_any_issue(now);
        let until = last_token.plus(self.own_time_rules().retention()).plus(OVERLAP_MARGIN);
        loop {
            let ring = self.store.key_ring().await?;
            let retired =
                ring.keys.iter().find(|key| key.stage == KeyStage::Active).map(|key| key.id.clone());
            let new = signing_keys::make(self.settings.algorithm, now, &self.masters, &*self.entropy)?;
            let active = new.id.clone();
            // INVARIANT: as in `enforce_up_to`, only what was over at a purge is forgotten.
            let needed = still_needed(ring.keys, self.purged_at());
            let mut keys: Vec<StoredKey> = needed.into_iter().map(|key| retire(key, until)).collect();
            keys.push(new);
            if let Some(ring) = replace(&*self.store, ring.version, keys).await? {
                self.use_ring(&ring)?;
                return Ok(Rotated { active, retired });
            }
        }
    }

    /// Drops retired keys whose last token is over, and takes notice of what another server changed.
    pub(crate) async fn maintain_keys(&self, now: Timestamp) -> Result<(), Error> {
        let _one_at_a_time = self.changing_keys.lock().await;
        let mut ring = self.store.key_ring().await?;
        let needed = still_needed(ring.keys.clone(), now);
        if needed.len() < ring.keys.len()
            && let Some(replaced) = replace(&*self.store, ring.version, needed).await?
        {
            ring = replaced;
        }
        if ring.version == self.keys.load().version { Ok(()) } else { self.use_ring(&ring) }
    }

    /// INVARIANT: the verifier has the keys before a token is signed with one of them.
    fn use_ring(&self, ring: &KeyRing) -> Result<(), Error> {
        let keys = SigningKeys::load(ring, &self.masters)?;
        self.enforcement.install_own_keys(keys.verifying.clone());
        self.keys.store(Arc::new(keys));
        Ok(())
    }
}

/// The stored keys, with a first one made where there is none. Two servers that start at once end with one ring.
pub(crate) async fn load_or_make(
    store: &dyn Store,
    masters: &Masters,
    entropy: &dyn Entropy,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<SigningKeys, Error> {
    loop {
        let ring = store.key_ring().await?;
        if ring.keys.iter().any(|key| key.stage == KeyStage::Active) {
            return SigningKeys::load(&ring, masters);
        }
        let mut keys = ring.keys;
        keys.push(signing_keys::make(algorithm, now, masters, entropy)?);
        if let Some(ring) = replace(store, ring.version, keys).await? {
            return SigningKeys::load(&ring, masters);
        }
    }
}

/// The ring as it was stored, or `None` when somebody else changed it first.
async fn replace(store: &dyn Store, expected: u64, keys: Vec<StoredKey>) -> Result<Option<KeyRing>, Error> {
    match store.replace_key_ring(expected, keys.clone()).await? {
        Replaced::Stored { version } => Ok(Some(KeyRing { version, keys })),
        _ => Ok(None),
    }
}

fn retire(key: StoredKey, until: Timestamp) -> StoredKey {
    match key.stage {
        KeyStage::Active => StoredKey { stage: KeyStage::Retired { until }, ..key },
        _ => key,
    }
}

/// At `until` exactly a retired key is over.
fn still_needed(keys: Vec<StoredKey>, now: Timestamp) -> Vec<StoredKey> {
    let over = |key: &StoredKey| matches!(key.stage, KeyStage::Retired { until } if until <= now);
    keys.into_iter().filter(|key| !over(key)).collect()
}
