//! Who follows whom.

use std::time::Duration;

use quash_core::revocation::freshness::StalePolicy;

use crate::cluster::node::NodeId;
use crate::rng::Rng;

/// One node beside the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Whom it follows.
    pub(crate) upstream: NodeId,
    pub(crate) relay: bool,
    pub(crate) max_staleness: Duration,
    pub(crate) policy: StalePolicy,
    /// Whether it has a file to keep its state in.
    pub(crate) file: bool,
}

/// The authority is node 0; the others follow in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) places: Vec<Place>,
}

impl Shape {
    /// A relay or a chain of two, and four verifiers along it.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let (first, second) = (NodeId(1), NodeId(2));
        let mut places = vec![relay(rng, NodeId::AUTHORITY)];
        let upstreams = if rng.one_in(3) {
            places.push(relay(rng, first));
            [NodeId::AUTHORITY, first, second, second]
        } else {
            [NodeId::AUTHORITY, NodeId::AUTHORITY, first, first]
        };
        // The first two always refuse on stale knowledge: most rules are about those.
        for (number, upstream) in upstreams.into_iter().enumerate() {
            let policy = if number % 2 == 0 { StalePolicy::Deny } else { policy(rng) };
            places.push(Place { policy, relay: false, ..relay(rng, upstream) });
        }
        Self { places }
    }

    /// All nodes but the authority.
    pub(crate) fn followers(&self) -> impl Iterator<Item = NodeId> {
        (1..=self.places.len()).map(NodeId)
    }

    /// The verifiers.
    pub(crate) fn verifiers(&self) -> impl Iterator<Item = NodeId> {
        self.followers().filter(|node| self.place(*node).is_some_and(|place| !place.relay))
    }

    pub(crate) fn place(&self, node: NodeId) -> Option<&Place> {
        self.places.get(node.0.checked_sub(1)?)
    }

    /// From `node` to the authority, both included.
    pub(crate) fn path(&self, node: NodeId) -> Vec<NodeId> {
        let mut path = vec![node];
        while let Some(place) = path.last().and_then(|node| self.place(*node)) {
            path.push(place.upstream);
        }
        path
    }
}

fn relay(rng: &mut Rng, upstream: NodeId) -> Place {
    Place {
        upstream,
        relay: true,
        max_staleness: Duration::from_millis(rng.between(1_200, 4_000)),
        policy: StalePolicy::Deny,
        file: !rng.one_in(4),
    }
}

fn policy(rng: &mut Rng) -> StalePolicy {
    match rng.below(3) {
        0 => StalePolicy::Deny,
        1 => StalePolicy::Ask,
        _ => StalePolicy::Allow,
    }
}
