//! Changing the signing key.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quash_core::ids::KeyId;
use quash_core::lease::Goal;
use quash_core::planted::{self, Bug};
use quash_core::time::Timestamp;
use quash_jose::Algorithm;
use quash_storage::ports::{Act, KeyRing, KeyStage, Replaced, Store, StoredKey};

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

    /// Signs with the announced key from now on, and announces the next one. Waits first until every verifier that holds
    /// a lease has the announced key, or its lease is over: at most a minute, and no time at all where the key was
    /// announced long ago. The old key stays published until the last token that it signed is over. So no valid token is
    /// refused (I9).
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`], [`Error::Keys`]; the old key signs on then.
    pub async fn rotate_keys(&self, caller: &Caller) -> Result<Rotated, Error> {
        authorize(caller, Verb::RotateKeys)?;
        let act = caller.act(self.now());
        loop {
            if let Some(rotated) = self.try_to_rotate(&act).await? {
                return Ok(rotated);
            }
        }
    }

    /// Rotates the keys when the one that signs has done so for as long as the settings say; `None` when it has not, or
    /// another server on the same store was first. To be called now and then, beside everything else: it waits like
    /// [`Authority::rotate_keys`] does.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Keys`]; the old key signs on then.
    pub async fn rotate_due_keys(&self) -> Result<Option<Rotated>, Error> {
        while self.is_rotation_due() {
            if let Some(rotated) = self.try_to_rotate(&Act::of_system(self.now(), "rotation")).await? {
                return Ok(Some(rotated));
            }
        }
        Ok(None)
    }

    /// Due at exactly the end of the span. A key begins to sign when the next one is announced, so the age of that one is
    /// what counts.
    fn is_rotation_due(&self) -> bool {
        let keys = self.keys.load();
        let announced = keys.infos.iter().find(|key| key.stage == KeyStage::Announced);
        let due = self.settings.rotate_keys_every.zip(announced);
        due.is_some_and(|(every, announced)| announced.created_at.plus(every) <= self.now())
    }

    /// `None` when the announced key was another one's to activate.
    async fn try_to_rotate(&self, act: &Act) -> Result<Option<Rotated>, Error> {
        let announced = self.announce(act).await?;
        if !planted::is(Bug::SignUnannounced) {
            self.await_announced().await;
        }
        self.activate(&announced, act).await
    }

    /// The announced key; one is made where there is none.
    async fn announce(&self, act: &Act) -> Result<KeyId, Error> {
        let _one_at_a_time = self.changing_keys.lock().await;
        loop {
            if let Some(announced) = self.keys.load().announced() {
                return Ok(announced.clone());
            }
            let mut ring = self.store.key_ring().await?;
            if !has(&ring.keys, KeyStage::Announced) {
                ring.keys.push(self.next_key(self.now())?);
                let Some(replaced) = replace(&*self.store, ring.version, ring.keys, act).await? else {
                    continue;
                };
                ring = replaced;
            }
            self.use_ring(&ring)?;
        }
    }

    /// Returns once no verifier that may be accepting tokens is without the announced key.
    async fn await_announced(&self) {
        let version = self.announced_in.load(Ordering::Acquire);
        let now = self.leases.uptime.uptime();
        let waiting = self.leases.table().watch(Goal::Trust(version), now);
        // Nothing but the end of their leases is waited for with those who never acknowledge.
        let _standing = self.leases.settle(&waiting, None).await;
    }

    /// Signs with `announced`; `None` when it is not the announced key any more.
    async fn activate(&self, announced: &KeyId, act: &Act) -> Result<Option<Rotated>, Error> {
        let _one_at_a_time = self.changing_keys.lock().await;
        let now = self.now();
        let last_token = self.not_before_any_issue(now);
        let until = last_token.plus(self.own_time_rules().retention()).plus(OVERLAP_MARGIN);
        let ring = self.store.key_ring().await?;
        let is_announced = |key: &StoredKey| key.id == *announced && key.stage == KeyStage::Announced;
        if !ring.keys.iter().any(is_announced) {
            self.use_ring(&ring)?;
            return Ok(None);
        }
        let retired = ring.keys.iter().find(|key| key.stage == KeyStage::Active).map(|key| key.id.clone());
        // INVARIANT: as in `enforce_up_to`, only what was over at a purge is forgotten.
        let needed = still_needed(ring.keys, self.purged_at());
        let mut keys: Vec<StoredKey> = needed.into_iter().map(|key| move_on(key, until)).collect();
        keys.push(self.next_key(now)?);
        // Verifiers may have been waited for since the call came.
        let act = Act { at: now, ..act.clone() };
        let Some(ring) = replace(&*self.store, ring.version, keys, &act).await? else { return Ok(None) };
        self.use_ring(&ring)?;
        Ok(Some(Rotated { active: announced.clone(), retired }))
    }

    pub(crate) fn next_key(&self, now: Timestamp) -> Result<StoredKey, Error> {
        signing_keys::make(KeyStage::Announced, self.settings.algorithm, now, &self.masters, &*self.entropy)
    }

    /// Drops retired keys whose last token is over, announces a key where none is, and takes notice of what another
    /// server changed.
    pub(crate) async fn maintain_keys(&self, now: Timestamp) -> Result<(), Error> {
        let _one_at_a_time = self.changing_keys.lock().await;
        let mut ring = self.store.key_ring().await?;
        let mut needed = still_needed(ring.keys.clone(), now);
        if !has(&needed, KeyStage::Announced) {
            needed.push(self.next_key(now)?);
        }
        if needed != ring.keys
            && let Some(replaced) =
                replace(&*self.store, ring.version, needed, &Act::of_system(now, "maintenance")).await?
        {
            ring = replaced;
        }
        if ring.version == self.keys.load().version { Ok(()) } else { self.use_ring(&ring) }
    }

    /// INVARIANT: the verifier has the keys before a token is signed with one of them; and whoever reads the version in
    /// which a key is announced finds the key published.
    pub(crate) fn use_ring(&self, ring: &KeyRing) -> Result<(), Error> {
        let keys = SigningKeys::load(ring, &self.masters)?;
        self.enforcement.install_own_keys(keys.verifying.clone());
        let newly_announced = keys.announced() != self.keys.load().announced();
        self.keys.store(Arc::new(keys));
        let version = self.trust_changed();
        if newly_announced {
            self.announced_in.store(version, Ordering::Release);
        }
        Ok(())
    }
}

/// The stored keys, with a first and a next one made where there is none. Two servers that start at once end with one
/// ring.
pub(crate) async fn load_or_make(
    store: &dyn Store,
    masters: &Masters,
    entropy: &dyn Entropy,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<SigningKeys, Error> {
    loop {
        let ring = store.key_ring().await?;
        let mut keys = ring.keys.clone();
        // What was announced for another algorithm, or under an older master secret, has signed nothing yet.
        let fits = |key: &StoredKey| *key.algorithm == *algorithm.name() && key.master == masters.current();
        keys.retain(|key| key.stage != KeyStage::Announced || fits(key));
        for stage in [KeyStage::Active, KeyStage::Announced] {
            if !has(&keys, stage) {
                keys.push(signing_keys::make(stage, algorithm, now, masters, entropy)?);
            }
        }
        if keys == ring.keys {
            return SigningKeys::load(&ring, masters);
        }
        if let Some(ring) = replace(store, ring.version, keys, &Act::of_system(now, "start")).await? {
            return SigningKeys::load(&ring, masters);
        }
    }
}

fn has(keys: &[StoredKey], stage: KeyStage) -> bool {
    keys.iter().any(|key| key.stage == stage)
}

/// The ring as it was stored, or `None` when somebody else changed it first.
pub(crate) async fn replace(
    store: &dyn Store,
    expected: u64,
    keys: Vec<StoredKey>,
    act: &Act,
) -> Result<Option<KeyRing>, Error> {
    match store.replace_key_ring(expected, keys.clone(), act.clone()).await? {
        Replaced::Stored { version } => Ok(Some(KeyRing { version, keys })),
        _ => Ok(None),
    }
}

/// The active key retires, the announced one becomes active.
fn move_on(key: StoredKey, until: Timestamp) -> StoredKey {
    let stage = match key.stage {
        KeyStage::Active => KeyStage::Retired { until },
        KeyStage::Announced => KeyStage::Active,
        retired => retired,
    };
    StoredKey { stage, ..key }
}

/// At `until` exactly a retired key is over.
fn still_needed(keys: Vec<StoredKey>, now: Timestamp) -> Vec<StoredKey> {
    let over = |key: &StoredKey| matches!(key.stage, KeyStage::Retired { until } if until <= now);
    keys.into_iter().filter(|key| !over(key)).collect()
}
