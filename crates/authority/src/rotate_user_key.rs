//! Somebody who may revoke rotates the key that one subject's tokens are signed with (S20).

use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, NewEntry};
use quash_core::revocation::reason::Reason;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use quash_jose::{KeyOwner, SigningKey};
use quash_storage::ports::{Append, Appended};
use serde_json::json;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::idempotency;
use crate::permissions::{Verb, authorize};

/// A key to rotate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKeyRotation {
    /// Whose.
    pub subject: Subject,
    /// What becomes of the sessions: they end, or they live and their access tokens are renewed silently.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// Makes a retry one entry; 1 to 256 bytes, the caller's own.
    pub idempotency: Option<Box<str>>,
    /// What caused it: a request id, at most 256 bytes.
    pub cause: Box<str>,
}

/// What became of a [`UserKeyRotation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserKeyOutcome {
    /// It is rotated by the entry at this position, durably, and this server refuses every token of a key before.
    Rotated(Position),
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
}

impl Authority {
    /// Rotates the key that a subject's tokens are signed with. When it returns, that is durable, and this server refuses
    /// every token that was signed with a key before, whatever else it says. For good: such an entry is not undone.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since the key is the same at all of them;
    /// [`Error::Request`] naming the field, also where no such keys are in use; [`Error::Store`]: then nothing is
    /// acknowledged; repeat the call with the same idempotency key.
    pub async fn rotate_user_key(
        &self,
        caller: &Caller,
        request: UserKeyRotation,
    ) -> Result<UserKeyOutcome, Error> {
        authorize(caller, Verb::Revoke)?;
        if caller.client().is_some() {
            return Err(Error::Forbidden(Verb::Revoke));
        }
        if self.masters.user_secrets().is_empty() {
            let expected = "one whose tokens are signed with a key of its own; no `user_keys` are configured";
            return Err(RequestError::new("subject", expected).into());
        }
        if request.cause.len() > 256 {
            return Err(RequestError::new("cause", "at most 256 bytes").into());
        }
        let ends = request.effect == Effect::End;
        let digest = || idempotency::digest(&json!([request.subject, ends, request.reason]));
        let idempotency = idempotency::of(caller, "user_key", request.idempotency.as_deref(), digest)?;
        let entry = self.rotation(caller, request);
        let position = match self.store.append(Append { idempotency, ..Append::new(entry) }).await? {
            Appended::At { position, .. } => {
                self.counters.revocations.add_one();
                position
            }
            Appended::Before { position, .. } => position,
            _ => return Ok(UserKeyOutcome::KeyUsedOtherwise),
        };
        self.enforce_up_to(position).await?;
        Ok(UserKeyOutcome::Rotated(position))
    }

    /// INVARIANT: held for ever, by verifiers and by the store: its position is the generation that is in force.
    fn rotation(&self, caller: &Caller, request: UserKeyRotation) -> NewEntry {
        let UserKeyRotation { subject, effect, reason, cause, .. } = request;
        NewEntry {
            recorded_at: self.now(),
            issuer: self.settings.issuer.clone(),
            target: Target::UserKey(subject),
            effect,
            spread: None,
            window: None,
            exception: None,
            retain_until: Timestamp::FOREVER,
            enforce_until: Timestamp::FOREVER,
            undoes: None,
            reason,
            actor: caller.id().as_str().into(),
            cause,
        }
    }

    /// The key that the subject's tokens are signed with now; none where the issuer's own key signs.
    ///
    /// INVARIANT: to be called after the position of the token was read. A rotation between the two gives the token a key
    /// that is newer than its position, and the same rotation hits it by that position.
    pub(crate) async fn user_key(&self, subject: &Subject) -> Result<Option<SigningKey>, Error> {
        let secrets = self.masters.user_secrets();
        if secrets.is_empty() {
            return Ok(None);
        }
        let generation = self.store.user_key_generation(subject).await?;
        let log = self.store.identity().await?.key;
        let owner =
            KeyOwner { log: &log, issuer: &self.settings.issuer, subject: subject.as_str(), generation };
        secrets
            .signing_key(&owner)
            .map_err(|_| Error::Keys("the key of a subject could not be derived".into()))
    }
}
