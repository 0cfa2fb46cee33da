//! Waiting until every verifier has done something, or can not accept without it any more.

use std::time::Duration;

use super::Instance;
use crate::position::Position;
use crate::time::{Timestamp, Uptime};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Goal {
    /// Every entry up to this position is in force.
    Watermark(Position),
    /// This version of the trust document, or a later one, is in use.
    Trust(u64),
}

impl From<Position> for Goal {
    fn from(position: Position) -> Self {
        Self::Watermark(position)
    }
}

/// Whom somebody waits for: the verifiers that may have been accepting when the wait began, each with the end of its
/// lease as it was then.
///
/// Leases that are extended later do not count. INVARIANT: whoever is given an answer after the wait began is told of
/// the goal with it, and is not fresh before it has reached it.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub(super) goal: Goal,
    pub(super) rows: Vec<Watched>,
}

/// One verifier that is waited for.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) instance: Instance,
    pub(super) name: Box<str>,
    pub(super) unfenced: bool,
    pub(super) runs_until: Uptime,
}

/// How things stand for somebody who waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Who has done it.
    pub applied: Vec<Applied>,
    /// Who has not, and may be accepting without it until its lease is over.
    pub pending: Vec<Pending>,
    /// Who has not, and whose lease is over: it accepts nothing until it has.
    pub fenced: Vec<Named>,
    /// Who has not, and may be accepting without it however long that takes. Those whose lease runs are among the
    /// pending too.
    pub unfenced: Vec<Named>,
    /// The earliest instant at which time alone changes this.
    pub changes_at: Option<Uptime>,
}

impl Standing {
    /// Whether nothing is left that waiting could bring.
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether nobody accepts any more without having done it.
    pub fn is_complete(&self) -> bool {
        self.pending.is_empty() && self.unfenced.is_empty()
    }
}

/// A verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub instance: Instance,
    /// What people call it.
    pub name: Box<str>,
}

/// A verifier that has done it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Which.
    pub instance: Instance,
    /// What people call it.
    pub name: Box<str>,
    /// The position that it has acknowledged.
    pub watermark: Position,
    /// When it did.
    pub at: Timestamp,
}

/// A verifier that has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub instance: Instance,
    /// What people call it.
    pub name: Box<str>,
    /// How long its lease still runs.
    pub ends_in: Duration,
}
