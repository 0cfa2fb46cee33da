//! A verifier or a relay: the real follower, verifier and gauge, and what a driver keeps beside them.

use std::sync::Arc;

use quash_core::lease::Instance;
use quash_core::position::Position;
use quash_verify::feed::frame::ToFollower;
use quash_verify::feed::{Backoff, Follower, FollowerConfig};
use quash_verify::{Gauge, Verifier};

use super::NodeId;
use super::file::LocalFile;
use super::relaying::Relaying;
use crate::cluster::invariants::i1_order::Watermark;
use crate::cluster::invariants::i6_no_resurrection::Refused;
use crate::cluster::network::ConnectionId;
use crate::cluster::plan::Place;
use crate::cluster::run::Watched;
use crate::cluster::tick::Tick;
use crate::violation::Violation;

/// A node that follows, whether its process runs or not.
pub(crate) struct FollowerNode {
    pub(crate) node: NodeId,
    pub(crate) place: Place,
    /// Whether it, or somebody who follows from it, accepts on stale knowledge.
    pub(crate) unfenced: bool,
    pub(crate) file: LocalFile,
    /// The highest position that any process of it acknowledged with its file behind it.
    pub(crate) acknowledged: Position,
    pub(crate) process: Option<Process>,
}

/// A process.
pub(crate) struct Process {
    pub(crate) follower: Follower,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) gauge: Arc<Gauge>,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) backoff: Backoff,
    /// When it will look at its clock next.
    pub(crate) wakes_at: Option<Tick>,
    pub(crate) relaying: Option<Relaying>,
    pub(crate) watermark: Watermark,
    pub(crate) refused: Refused,
    pub(crate) watched: Vec<Watched>,
    /// Whether the next message with entries is left out by whom it follows.
    pub(crate) misses_entries: bool,
}

impl FollowerNode {
    pub(crate) fn new(node: NodeId, place: Place, unfenced: bool) -> Self {
        let (file, acknowledged) = (LocalFile::default(), Position::ZERO);
        Self { node, place, unfenced, file, acknowledged, process: None }
    }

    /// A process that knows nothing yet.
    ///
    /// # Errors
    /// When the real parts do not let themselves be put together.
    pub(crate) fn begin(&self, instance: Instance) -> Result<Process, Violation> {
        let verifier = Verifier::builder().cached_tokens(256).build_cold().map_err(Violation::stuck)?;
        let verifier = Arc::new(verifier);
        let gauge = Arc::new(Gauge::new(self.place.max_staleness).policy(self.place.policy));
        let config = FollowerConfig {
            instance,
            name: self.node.to_string().into(),
            max_staleness: self.place.max_staleness,
            relay: self.place.relay,
            unfenced: self.unfenced,
            learn: true,
        };
        let follower = Follower::new(config, Arc::clone(&verifier), Arc::clone(&gauge));
        let (follower, relaying) = if self.place.relay {
            let relaying = Relaying::new(Arc::clone(&gauge));
            (follower.relaying(Arc::clone(&relaying.log)), Some(relaying))
        } else {
            (follower, None)
        };
        Ok(Process {
            follower,
            verifier,
            gauge,
            connection: None,
            backoff: Backoff::new(),
            wakes_at: None,
            relaying,
            watermark: Watermark::default(),
            refused: Refused::default(),
            watched: Vec::new(),
            misses_entries: false,
        })
    }
}

impl Process {
    /// Whether `frame` is the one that is left out.
    pub(crate) fn misses(&mut self, frame: &[u8]) -> bool {
        let key = self.verifier.log_key();
        let has_entries = matches!(ToFollower::decode(frame, key.as_ref()), Ok(ToFollower::Entries(_)));
        let misses = self.misses_entries && has_entries;
        self.misses_entries &= !misses;
        misses
    }
}
