//! A subject gets another id (S22).

use quash_core::ids::Subject;
use quash_core::position::Position;
use quash_storage::ports::{Alias, Aliased, NewAlias};

use crate::authority::Authority;
use crate::caller::Caller;
use crate::error::{Error, RequestError};
use crate::permissions::{Verb, authorize};

/// An id to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasRequest {
    /// The id until now.
    pub old: Subject,
    /// The id from now on.
    pub new: Subject,
    /// What caused it: a request id, at most 256 bytes.
    pub cause: Box<str>,
}

/// What became of an [`AliasRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AliasOutcome {
    /// It is changed, by this call or by the same one before: the entry at this position ended the sessions of the old
    /// id, durably, and this server refuses them.
    Changed(Position),
    /// The old id was changed to this other one before. Nothing was done.
    Otherwise(Subject),
    /// The new id was itself left, for this one. Nothing was done.
    NewIsOld(Subject),
}

impl Authority {
    /// Changes the id of a subject. When it returns, that is durable: the sessions of the old id are ended and refused
    /// here, its bans hold for the new id, and nobody signs in as the old id any more. The same call again changes nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`], also for a credential of one client, since an id is the same at all of them;
    /// [`Error::Request`] for an id that is changed to itself; [`Error::Store`]: then nothing is acknowledged, and the
    /// same call is safe to repeat.
    pub async fn change_alias(&self, caller: &Caller, request: AliasRequest) -> Result<AliasOutcome, Error> {
        authorize(caller, Verb::ChangeAlias)?;
        let AliasRequest { old, new, cause } = request;
        if cause.len() > 256 {
            return Err(RequestError::new("cause", "at most 256 bytes").into());
        }
        if old == new {
            return Err(RequestError::new("new", "another id than the one that it has").into());
        }
        let at = self.now();
        let alias = NewAlias {
            old,
            new,
            at,
            by: caller.id().as_str().into(),
            retain_until: self.session_end_retained_until(at),
            enforce_until: self.sessions_cut_until(at),
            cause,
        };
        let position = match self.store.change_alias(alias).await? {
            Aliased::At(position) => {
                self.counters.revocations.add_one();
                position
            }
            Aliased::Before(position) => position,
            Aliased::Otherwise(alias) => return Ok(AliasOutcome::Otherwise(alias.new)),
            Aliased::NewIsOld(alias) => return Ok(AliasOutcome::NewIsOld(alias.new)),
            _ => return Err(Error::Keys("the store answered what was not asked".into())),
        };
        self.enforce_up_to(position).await?;
        Ok(AliasOutcome::Changed(position))
    }

    /// What an id was changed to, if it was.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub async fn alias(&self, caller: &Caller, subject: &Subject) -> Result<Option<Alias>, Error> {
        authorize(caller, Verb::ReadSubjects)?;
        Ok(self.store.alias(subject).await?)
    }
}
