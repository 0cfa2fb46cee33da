//! One client's share of a session: what its refresh tokens name.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, GrantId, SessionId};
use crate::position::Position;
use crate::session::device::Device;
use crate::session::session::Session;
use crate::time::Timestamp;

/// Which master secret a grant's refresh tokens are made under, for the grant's whole life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MasterId(pub u32);

/// How often a grant's refresh token was rotated: the number inside the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    /// The generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// How many recent rotations a grant remembers the time of.
pub const REMEMBERED_ROTATIONS: usize = 32;

/// One client's share of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id, inside every refresh token of it.
    pub id: GrantId,
    /// The session it belongs to.
    pub session: SessionId,
    /// The client.
    pub client: ClientId,
    /// The scope granted, as in `scope` of RFC 6749 section 3.3; empty when none.
    pub scope: Box<str>,
    /// The master secret of its refresh tokens.
    pub master: MasterId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The log position it was opened at. A renewal is judged by this one, never by a later token's.
    pub opened_position: Position,
    /// The generation whose refresh token is the live one.
    pub generation: Generation,
    /// When each of the latest generations was rotated away, oldest first: the last one belongs to
    /// `generation - 1`. At most [`REMEMBERED_ROTATIONS`].
    pub rotations: Vec<Timestamp>,
    /// The sign-in that it came from, where that one shares the session of an earlier one.
    pub sign_in: Option<Box<SharedSignIn>>,
}

/// A sign-in that shares the session of an earlier one (S23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedSignIn {
    /// When its user proved who they are.
    pub authenticated_at: Timestamp,
    /// On which device.
    pub device: Device,
}

/// What a presented generation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presented {
    /// The live one: rotate.
    Current,
    /// Rotated away less than the grace ago: a lost reply, a parallel tab, a late duplicate. Answer with the
    /// current one again; change nothing.
    Repeat,
    /// Rotated away longer ago: two parties hold tokens of one family.
    Reuse,
    /// Ahead of the row, with a good MAC: the store lost writes. Adopt it, rotate, raise an alarm.
    Ahead,
}

impl Grant {
    /// `session`, which this grant belongs to, as the grant's own sign-in has it: its `auth_time` and its device.
    ///
    /// INVARIANT: whatever judges or issues for a grant goes by this. A breach window or a cutoff of a device must reach
    /// the sign-in it names, and no other, when several share one session.
    pub fn sign_in_of<'s>(&self, session: &'s Session) -> Cow<'s, Session> {
        let Some(own) = &self.sign_in else { return Cow::Borrowed(session) };
        let mut seen = session.clone();
        seen.authenticated_at = own.authenticated_at;
        seen.device = own.device.clone();
        Cow::Owned(seen)
    }

    /// What it means that `presented` is used at `now`.
    ///
    /// The grace counts from the rotation that replaced `presented`, and never slides. At exactly the grace
    /// it is over.
    pub fn judge(&self, presented: Generation, now: Timestamp, grace: Duration) -> Presented {
        if presented == self.generation {
            return Presented::Current;
        }
        if presented > self.generation {
            return Presented::Ahead;
        }
        // How many rotations lie between: 1 when `presented` is the one just before the current.
        let steps = self.generation.0 - presented.0;
        let place = usize::try_from(steps).ok().and_then(|steps| self.rotations.len().checked_sub(steps));
        let rotated_at = place.and_then(|place| self.rotations.get(place));
        match rotated_at {
            Some(rotated_at) if now < rotated_at.plus(grace) => Presented::Repeat,
            _ => Presented::Reuse,
        }
    }

    /// The grant after `presented`, the current generation or one ahead of it, was rotated away at `now`.
    #[must_use]
    pub fn rotate(mut self, presented: Generation, now: Timestamp) -> Self {
        if presented != self.generation {
            // Generations that the store lost: when they were rotated away is unknown, so none of them has grace.
            self.rotations.clear();
        }
        self.generation = presented.max(self.generation).next();
        self.rotations.push(now);
        let surplus = self.rotations.len().saturating_sub(REMEMBERED_ROTATIONS);
        self.rotations.drain(..surplus);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn grant() -> Grant {
        Grant {
            id: GrantId::new("gra_1").unwrap(),
            session: SessionId::new("ses_1").unwrap(),
            client: ClientId::new("web").unwrap(),
            scope: "".into(),
            master: MasterId(1),
            opened_at: Timestamp::EPOCH,
            opened_position: Position::ZERO,
            generation: Generation(0),
            rotations: Vec::new(),
            sign_in: None,
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn an_old_generation_repeats_within_the_grace_and_is_reuse_at_its_end() {
        // S02, S03
        let grant = grant().rotate(Generation(0), at(100));
        assert_eq!(grant.judge(Generation(1), at(100), GRACE), Presented::Current);
        assert_eq!(
            grant.judge(Generation(0), Timestamp::from_milliseconds(129_999), GRACE),
            Presented::Repeat
        );
        assert_eq!(grant.judge(Generation(0), at(130), GRACE), Presented::Reuse);
    }

    #[test]
    fn the_grace_of_a_generation_counts_from_its_own_rotation_and_never_slides() {
        // S03: generation 0 was rotated away at 100, generation 1 at 120.
        let grant = grant().rotate(Generation(0), at(100)).rotate(Generation(1), at(120));
        assert_eq!(grant.judge(Generation(0), at(129), GRACE), Presented::Repeat);
        assert_eq!(grant.judge(Generation(0), at(130), GRACE), Presented::Reuse);
        assert_eq!(grant.judge(Generation(1), at(149), GRACE), Presented::Repeat);
    }

    #[test]
    fn a_generation_ahead_of_the_row_is_adopted_and_the_lost_ones_have_no_grace() {
        // seen elsewhere: a fail-over that lost writes must not kill sessions.
        let grant = grant().rotate(Generation(0), at(100));
        assert_eq!(grant.judge(Generation(5), at(101), GRACE), Presented::Ahead);
        let adopted = grant.rotate(Generation(5), at(101));
        assert_eq!(adopted.generation, Generation(6));
        assert_eq!(adopted.judge(Generation(5), at(102), GRACE), Presented::Repeat);
        assert_eq!(adopted.judge(Generation(0), at(102), GRACE), Presented::Reuse);
    }

    #[test]
    fn remembered_rotations_are_bounded() {
        let mut grant = grant();
        for step in 0..100 {
            let current = grant.generation;
            grant = grant.rotate(current, at(step));
        }
        assert_eq!(grant.rotations.len(), REMEMBERED_ROTATIONS);
        assert_eq!(grant.judge(Generation(99), at(99), GRACE), Presented::Repeat);
    }
}
