//! Taking a signing key away (S21): one that nothing needs any more, or one that somebody else may have.

use quash_core::ids::KeyId;
use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_storage::ports::{Act, KeyStage, StoredKey};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::Error;
use crate::permissions::{Verb, authorize};
use crate::revoke::Fact;
use crate::rotate_keys::replace;

/// What became of the removal of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRemoval {
    /// It is gone. No token that it signed was alive.
    Removed,
    /// It was compromised: it is gone, and every token that it signed is refused from now on, whenever it was issued.
    Killed {
        /// The entry that refuses them, for ever.
        position: Position,
    },
    /// Tokens that it signed may be alive until then. Nothing was done.
    Needed {
        /// From then on nothing needs it.
        until: Timestamp,
    },
    /// It signs, or is to sign next. Nothing was done.
    InUse,
    /// There is no such key.
    Unknown,
}

impl Authority {
    /// Removes a key that nothing needs; or, where it is `compromised`, any key at once: the announced key signs in its
    /// place from now on, without waiting for verifiers that do not know it yet (they leave its tokens undecided until they
    /// do), and one entry refuses whatever the removed key signed or will be made to sign. Everybody whose token it signed
    /// renews silently where their session lives.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`], [`Error::Keys`]: repeat the call. A compromised key that is gone already is
    /// killed all the same.
    pub async fn remove_key(
        &self,
        caller: &Caller,
        id: &KeyId,
        compromised: bool,
    ) -> Result<KeyRemoval, Error> {
        authorize(caller, Verb::RotateKeys)?;
        if !compromised {
            return self.remove_unneeded(caller, id).await;
        }
        // The key goes first: a token of the key that takes its place is good whatever happens in between.
        self.take_away(id, &caller.act(self.now())).await?;
        let reason = Reason::known(Reason::KEY_COMPROMISED);
        let fact = Fact { once: true, ..self.doing_of(caller, reason) };
        let position = self.end_identity(&self.settings.issuer, Target::Key(id.clone()), fact).await?;
        tracing::warn!(key = %id, "a signing key was compromised: whatever it signed is refused");
        Ok(KeyRemoval::Killed { position })
    }

    async fn remove_unneeded(&self, caller: &Caller, id: &KeyId) -> Result<KeyRemoval, Error> {
        let now = self.now();
        let stage = self.store.key_ring().await?.keys.into_iter().find(|key| key.id == *id);
        match stage.map(|key| key.stage) {
            None => Ok(KeyRemoval::Unknown),
            Some(KeyStage::Retired { until }) if until <= now => {
                // INVARIANT: from here on nothing is judged before `now`, over a restart either: a clock that was ahead and
                // goes back finds no token alive whose key is gone (I9, I10).
                self.raise_ratchet(now);
                self.store.purge(now, self.settings.keep_ended).await?;
                self.take_away(id, &caller.act(now)).await?;
                Ok(KeyRemoval::Removed)
            }
            Some(KeyStage::Retired { until }) => Ok(KeyRemoval::Needed { until }),
            Some(_) => Ok(KeyRemoval::InUse),
        }
    }

    /// The ring without this key: where it signed, the announced one signs; where it was announced, another one is.
    async fn take_away(&self, id: &KeyId, act: &Act) -> Result<(), Error> {
        let _one_at_a_time = self.changing_keys.lock().await;
        loop {
            let ring = self.store.key_ring().await?;
            if !ring.keys.iter().any(|key| key.id == *id) {
                return self.use_ring(&ring);
            }
            let mut keys: Vec<StoredKey> = ring.keys.into_iter().filter(|key| key.id != *id).collect();
            if !keys.iter().any(|key| key.stage == KeyStage::Active) {
                let announced = keys.iter_mut().find(|key| key.stage == KeyStage::Announced);
                match announced {
                    Some(announced) => announced.stage = KeyStage::Active,
                    None => keys.push(StoredKey { stage: KeyStage::Active, ..self.next_key(self.now())? }),
                }
            }
            if !keys.iter().any(|key| key.stage == KeyStage::Announced) {
                keys.push(self.next_key(self.now())?);
            }
            if let Some(ring) = replace(&*self.store, ring.version, keys, act).await? {
                return self.use_ring(&ring);
            }
        }
    }
}
