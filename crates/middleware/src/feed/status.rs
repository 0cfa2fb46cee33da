//! How a follower stands.

use std::sync::Arc;
use std::time::Duration;

use quash_core::position::{LogId, Position};
use quash_core::time::Uptime;
use quash_verify::feed::{Follower, TrustDocument};

use super::address::Address;

/// How a follower stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedStatus {
    /// Whom it is connected to.
    pub connected_to: Option<Address>,
    /// Whether entries follow one another on that connection.
    pub following: bool,
    /// Whether the state is complete. It may be old.
    pub complete: bool,
    /// The log that is held.
    pub log: Option<LogId>,
    /// Up to where it is held.
    pub position: Option<Position>,
    /// The server's head as it was last heard of.
    pub head: Option<Position>,
    /// How many connections were opened since the start.
    pub connections: u64,
    /// The instant that the state is fresh as of, on this machine's clock.
    pub fresh_as_of: Option<Uptime>,
    /// The lease that was granted last.
    pub lease: Option<Duration>,
    /// How long after its recording an entry can still hit a living token, as was said last.
    pub horizon: Option<Duration>,
}

/// Whom the authority trusts, as it was learnt last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedTrust {
    /// Its version.
    pub version: u64,
    /// What it says.
    pub document: Arc<TrustDocument>,
}

impl FeedStatus {
    /// How `follower` stands. What it says of a connection is kept when that is gone.
    pub(super) fn update(
        &mut self,
        follower: &Follower,
        connected_to: Option<&Address>,
        connections: u64,
        as_of: Option<Uptime>,
    ) -> bool {
        let now = Self {
            connected_to: connected_to.cloned(),
            following: follower.is_following(),
            complete: follower.is_complete(),
            log: follower.log(),
            position: follower.position(),
            head: follower.head().or(self.head),
            connections,
            fresh_as_of: as_of,
            lease: follower.lease().or(self.lease),
            horizon: follower.horizon().or(self.horizon),
        };
        let changed = now != *self;
        *self = now;
        changed
    }
}
