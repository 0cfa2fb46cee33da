//! The entry as verifiers hold it.

use crate::position::Position;
use crate::revocation::entry::{Effect, Window};
use crate::revocation::reason::Reason;
use crate::revocation::spread::Spread;
use crate::revocation::target::TargetKind;
use crate::revocation::target_key::{IssuerKey, TargetKey};
use crate::time::Timestamp;

/// What an entry spares, as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExceptionKey {
    /// The tokens of one session.
    Session(TargetKey),
    /// One token.
    Token(TargetKey),
}

/// An entry with its ids replaced by keyed digests: enough to decide, useless for finding out about whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log.
    pub position: Position,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// Until when it must be held.
    pub retain_until: Timestamp,
    /// Whose tokens it is about.
    pub issuer: IssuerKey,
    /// What kind of thing it hits.
    pub kind: TargetKind,
    /// What it hits.
    pub key: TargetKey,
    /// What it does to them.
    pub effect: Effect,
    /// Over how long it comes to its tokens; at once when `None`.
    pub spread: Option<Spread>,
    /// Narrows a cutoff.
    pub window: Option<Window>,
    /// What it spares.
    pub exception: Option<ExceptionKey>,
    /// The entry that it takes back, one about the same target. A record that undoes hits nothing.
    pub undoes: Option<Position>,
    /// Why.
    pub reason: Reason,
}

impl Record {
    /// Whether it refuses something: it neither takes an entry back nor registers a session. Nobody but the log itself
    /// may say what does not.
    pub fn revokes(&self) -> bool {
        self.undoes.is_none() && self.kind != TargetKind::Registration
    }

    /// The same for those who know nothing of user keys: what it ends, without the rotation. They verify no token that is
    /// signed with such a key (S20).
    #[must_use]
    pub fn without_rotation(self) -> Self {
        match self.kind {
            TargetKind::UserKey => Self { kind: TargetKind::Subject, key: self.key.turned(), ..self },
            TargetKind::UserKeys => {
                Self { kind: TargetKind::Issuer, key: self.issuer.of_id(TargetKind::Issuer, ""), ..self }
            }
            _ => self,
        }
    }
}
