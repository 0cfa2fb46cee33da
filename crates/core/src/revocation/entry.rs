//! The entry: one fact of the revocation log.

use crate::ids::{Issuer, SessionId, TokenId};
use crate::position::Position;
use crate::revocation::reason::Reason;
use crate::revocation::record::{ExceptionKey, Record};
use crate::revocation::spread::Spread;
use crate::revocation::target::{Target, TargetKind};
use crate::revocation::target_key::LogKey;
use crate::time::Timestamp;

/// What an entry does to the tokens it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Effect {
    /// The session lives; this access token is stale and is to be renewed silently.
    Refresh,
    /// It is over: sign in again. Wins over [`Effect::Refresh`].
    End,
}

/// Narrows a cutoff to what happened between two instants, both included, in whole seconds:
/// the sign-in (`auth_time`) for [`Effect::End`], the issue (`iat`) for [`Effect::Refresh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from: u64,
    to: u64,
}

/// A window that ends before it begins, or after the entry was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a window starts at or before its end, and ends at or before the present")]
pub struct NotAWindow;

impl Window {
    /// The window `from..=to` of an entry recorded at `recorded_at`.
    ///
    /// # Errors
    /// [`NotAWindow`] when `from > to` or `to > recorded_at`, compared in whole seconds.
    pub fn new(from: Timestamp, to: Timestamp, recorded_at: Timestamp) -> Result<Self, NotAWindow> {
        let (from, to) = (from.seconds(), to.seconds());
        if from > to || to > recorded_at.seconds() { Err(NotAWindow) } else { Ok(Self { from, to }) }
    }

    /// The window between two seconds that were checked when the entry was made.
    pub const fn from_stored(from: u64, to: u64) -> Self {
        Self { from, to }
    }

    /// First second, Unix time.
    pub const fn from(&self) -> u64 {
        self.from
    }

    /// Last second, Unix time.
    pub const fn to(&self) -> u64 {
        self.to
    }

    /// Whether `second` lies inside; both ends do.
    pub const fn contains(&self, second: u64) -> bool {
        self.from <= second && second <= self.to
    }
}

/// What an entry spares: "everything but this one".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exception {
    /// The tokens of this session.
    Session(SessionId),
    /// This token.
    Token(TokenId),
}

/// An entry that has no place in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// When it was decided, by the authority's clock.
    pub recorded_at: Timestamp,
    /// Whose tokens it is about.
    pub issuer: Issuer,
    /// What it hits.
    pub target: Target,
    /// What it does to them.
    pub effect: Effect,
    /// Over how long a cutoff that says [`Effect::Refresh`] comes to its tokens; at once when `None`.
    pub spread: Option<Spread>,
    /// Narrows a cutoff.
    pub window: Option<Window>,
    /// What it spares.
    pub exception: Option<Exception>,
    /// The entry that it takes back, one of the same issuer and target. An entry that undoes hits nothing.
    pub undoes: Option<Position>,
    /// Until when a verifier must hold it: no access token it can hit is alive at this instant or after.
    pub retain_until: Timestamp,
    /// Until when the store must enforce it: no session it can hit could be renewed at this instant or after.
    pub enforce_until: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Who: the id of a service credential, a client or a subject.
    pub actor: Box<str>,
    /// What it was caused by: a request id.
    pub cause: Box<str>,
}

impl NewEntry {
    /// As [`Record::revokes`].
    pub fn revokes(&self) -> bool {
        self.undoes.is_none() && self.target.kind() != TargetKind::Registration
    }
}

/// A fact of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// What it says.
    pub fact: NewEntry,
}

impl Entry {
    /// The entry as a verifier holds it, ids replaced by keyed digests.
    pub fn record(&self, keys: &LogKey) -> Record {
        let fact = &self.fact;
        let issuer = keys.issuer_key(&fact.issuer);
        Record {
            position: self.position,
            recorded_at: fact.recorded_at,
            retain_until: fact.retain_until,
            issuer,
            kind: fact.target.kind(),
            key: issuer.of(&fact.target),
            effect: fact.effect,
            spread: fact.spread,
            window: fact.window,
            exception: fact.exception.as_ref().map(|exception| match exception {
                Exception::Session(id) => {
                    ExceptionKey::Session(issuer.of_id(TargetKind::Session, id.as_str()))
                }
                Exception::Token(id) => ExceptionKey::Token(issuer.of_id(TargetKind::Token, id.as_str())),
            }),
            undoes: fact.undoes,
            reason: fact.reason.clone(),
        }
    }
}
