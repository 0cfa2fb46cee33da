//! The connections of whoever serves the feed, over the real sources of an authority's feed and of a relay's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quash_core::time::Uptime;
use quash_http::{FeedSource, FeedTrust, FollowerLease};
use quash_verify::feed::{Limits, Publication};

use crate::cluster::network::ConnectionId;
use crate::cluster::tick::Tick;

/// Small pages and a short memory, so that little is enough to be much.
const LIMITS: Limits = Limits {
    heartbeat: Duration::from_millis(250),
    silence: Duration::from_secs(3),
    furthest_behind: 6,
    page: 8,
};

/// The connections that were accepted.
#[derive(Default)]
pub(crate) struct Serving {
    pub(crate) connections: BTreeMap<ConnectionId, Accepted>,
    /// When it will look at its clock next.
    pub(crate) beats_at: Option<Tick>,
}

/// One connection.
pub(crate) struct Accepted {
    pub(crate) publication: Publication,
    pub(crate) source: Arc<dyn FeedSource>,
    /// The lease of whom it is, once they said so.
    pub(crate) lease: Option<Box<dyn FollowerLease>>,
    generation: u64,
    /// The version of the trust that was told last.
    told: u64,
}

impl Accepted {
    pub(crate) fn new(source: Arc<dyn FeedSource>, now: Uptime) -> Self {
        let mut accepted = Self {
            publication: Publication::new(LIMITS, now),
            lease: None,
            generation: source.generation(),
            told: 0,
            source,
        };
        accepted.tell_trust(0);
        accepted
    }

    /// Tells the follower whom to trust, if it was told of no version as late as `at_least` and of no later one.
    pub(crate) fn tell_trust(&mut self, at_least: u64) {
        let changed = *self.source.trust_changes().borrow();
        if changed.max(at_least) == self.told {
            return;
        }
        if let Some(FeedTrust { version, document }) = self.source.trust()
            && version != self.told
        {
            self.told = version;
            self.publication.trust(version, &document);
        }
    }

    /// Whether the log is another one than it was when the connection was accepted.
    pub(crate) fn is_of_the_past(&self) -> bool {
        self.source.generation() != self.generation
    }
}

impl Serving {
    pub(crate) fn get(&mut self, connection: ConnectionId) -> Option<&mut Accepted> {
        self.connections.get_mut(&connection)
    }

    /// When the first of them has to look at the clock.
    pub(crate) fn wake_at(&self) -> Option<Uptime> {
        self.connections.values().map(|accepted| accepted.publication.wake_at()).min()
    }
}
