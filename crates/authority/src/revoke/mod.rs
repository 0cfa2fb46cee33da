//! Somebody who may revoke appends an entry to the log.

mod append;
mod entry;
mod event;
mod request;
mod retention;
mod target;
mod token_text;
mod undo;

use quash_core::revocation::entry::NewEntry;
use quash_storage::ports::{Append, Appended};

pub(crate) use append::Fact;
pub use event::{EventOutcome, SubjectEvent};
pub use request::{RevocationRequest, RevokeOutcome, Revoked, TargetRequest};
pub(crate) use target::Named;
pub use undo::{UndoOutcome, UndoRefusal, UndoRequest};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::idempotency;
use crate::permissions::{Verb, authorize};

impl Authority {
    /// Appends an entry to the log, or counts what it would hit. When it returns, the entry is durable and this
    /// server refuses what it hits. O(1) whatever the number of tokens, unless something is counted.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Request`] naming the field, [`Error::Store`]: then nothing is acknowledged;
    /// repeat the call with the same idempotency key.
    pub async fn revoke(&self, caller: &Caller, request: RevocationRequest) -> Result<RevokeOutcome, Error> {
        authorize(caller, Verb::Revoke)?;
        let now = self.now();
        let named = self.named(&request)?;
        self.check_reach(caller, &named.target).await?;
        let digest = || request.digest(&named);
        let idempotency = idempotency::of(caller, "revoke", request.idempotency.as_deref(), digest)?;
        let entry = self.entry(caller, &request, named.clone(), now)?;
        if request.dry_run {
            return self.count(&entry).await;
        }
        self.append(Append { idempotency, expect_max: request.expect_max, ..Append::new(entry) }).await
    }

    async fn count(&self, entry: &NewEntry) -> Result<RevokeOutcome, Error> {
        let matched = self.store.count_matching(entry).await?;
        Ok(RevokeOutcome::Revoked(Revoked { position: None, matched_sessions: Some(matched) }))
    }

    /// Appends durably, then enforces: in this order, and only then is anything acknowledged.
    async fn append(&self, append: Append) -> Result<RevokeOutcome, Error> {
        let (position, matched) = match self.store.append(append).await? {
            Appended::At { position, matched } => {
                self.counters.revocations.add_one();
                (position, matched)
            }
            Appended::Before { position, matched } => (position, matched),
            Appended::TooMany { matched } => return Ok(RevokeOutcome::TooMany { matched }),
            Appended::ClaimsTooLarge => {
                let budget = self.settings.claims_budget_bytes;
                let expected = format!("at most {budget} bytes of JSON together with what a session carries");
                return Err(RequestError::new("detail.claims", expected).into());
            }
            _ => return Ok(RevokeOutcome::KeyUsedOtherwise),
        };
        self.enforce_up_to(position).await?;
        Ok(RevokeOutcome::Revoked(Revoked { position: Some(position), matched_sessions: matched }))
    }
}
