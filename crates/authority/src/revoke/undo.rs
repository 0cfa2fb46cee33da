//! Somebody who may revoke takes one entry back (S29).

use quash_core::position::Position;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::undo::{NotUndoable, Undoer};
use quash_core::time::Timestamp;
use quash_storage::ports::{Undo, Undone};
use serde_json::json;

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::idempotency;
use crate::permissions::{Verb, authorize};

/// An entry to take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoRequest {
    /// Where it stands.
    pub position: Position,
    /// Why.
    pub reason: Reason,
    /// Makes a retry one entry; 1 to 256 bytes, the caller's own.
    pub idempotency: Option<Box<str>>,
    /// What caused it: a request id, at most 256 bytes.
    pub cause: Box<str>,
}

/// What became of an [`UndoRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndoOutcome {
    /// It is taken back by the entry at this position, durably, and this server enforces it no longer.
    Undone(Position),
    /// There is no such entry, or it is forgotten already.
    Unknown,
    /// It is not taken back. Nothing was done.
    Refused(UndoRefusal),
    /// The idempotency key was used for another request. Nothing was done.
    KeyUsedOtherwise,
}

/// Why an entry is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UndoRefusal {
    /// Such an entry never is.
    #[error("the entry can not be undone: {0}")]
    Never(NotUndoable),
    /// Another entry took it back.
    #[error("the entry is undone already, by the one at {0}")]
    Already(Position),
    /// Its time was over at this instant.
    #[error("the time to undo the entry is over")]
    Over(Timestamp),
}

impl Authority {
    /// Takes one entry back, and no other: an older one about the same target still holds. When it returns, that is
    /// durable, and this server no longer refuses what only that entry hit.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since an entry tells about everybody;
    /// [`Error::Request`] naming the field, [`Error::Store`]: then nothing is acknowledged; repeat the call with the same
    /// idempotency key.
    pub async fn undo(&self, caller: &Caller, request: UndoRequest) -> Result<UndoOutcome, Error> {
        authorize(caller, Verb::Undo)?;
        if request.cause.len() > 256 {
            return Err(RequestError::new("cause", "at most 256 bytes").into());
        }
        let digest = || idempotency::digest(&json!([request.position.number(), request.reason]));
        let idempotency = idempotency::of(caller, "undo", request.idempotency.as_deref(), digest)?;
        let undoer = Undoer {
            at: self.now(),
            reason: request.reason,
            actor: caller.id().as_str().into(),
            cause: request.cause,
        };
        let window = self.settings.undo_window;
        let undo = Undo { position: request.position, undoer, window, idempotency };
        let gaps = self.open_gaps().await?;
        let position = match self.store.undo(undo).await? {
            Undone::At(position) | Undone::Before(position) => position,
            refused => {
                self.close_gaps(gaps, None).await?;
                return Ok(refusal_of(refused));
            }
        };
        self.enforce_up_to(position).await?;
        self.close_gaps(gaps, Some(position)).await?;
        Ok(UndoOutcome::Undone(position))
    }
}

/// What an undo that was not made comes to.
fn refusal_of(undone: Undone) -> UndoOutcome {
    match undone {
        Undone::Never(never) => UndoOutcome::Refused(UndoRefusal::Never(never)),
        Undone::Already(by) => UndoOutcome::Refused(UndoRefusal::Already(by)),
        Undone::Over(at) => UndoOutcome::Refused(UndoRefusal::Over(at)),
        Undone::KeyUsedOtherwise => UndoOutcome::KeyUsedOtherwise,
        _ => UndoOutcome::Unknown,
    }
}
