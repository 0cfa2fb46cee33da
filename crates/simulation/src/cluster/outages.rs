//! How long each verifier had been cut off, by the faults that were made: nobody asks the verifier.

use std::collections::BTreeMap;
use std::time::Duration;

use super::node::NodeId;
use super::tick::Tick;

/// How old the knowledge of a verifier is when nothing is wrong, for each node between it and the authority: a ping
/// comes every 250 ms, and its answer takes a while.
const USUAL_AGE: Duration = Duration::from_millis(320);

/// How long it takes at most until all is well again after an outage that nobody noticed. After one that was, it takes
/// as long again as the outage took, for that is how attempts to connect are spaced, and no more than two seconds.
const SHORTEST_RECOVERY: Duration = Duration::from_millis(1_500);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is in the way of each node.
#[derive(Debug, Default)]
pub(crate) struct Outages(BTreeMap<NodeId, Outage>);

#[derive(Clone, Copy, Debug)]
struct Outage {
    /// When it began; `None` for a process that was never in order.
    from: Option<Tick>,
    until: Tick,
}

impl Outage {
    /// When all is well again at the latest.
    fn over_at(self) -> Tick {
        let length = self.from.map_or(LONGEST_PAUSE, |from| self.until.since(from));
        self.until.plus(length.min(LONGEST_PAUSE)).plus(SHORTEST_RECOVERY)
    }
}

impl Outages {
    /// Something is in the way of `node` from now on, for `span`.
    pub(crate) fn disturb(&mut self, node: NodeId, now: Tick, span: Duration) {
        let until = now.plus(span);
        let begun = self.0.get(&node).filter(|outage| outage.over_at() > now);
        let from = begun.map_or(Some(now), |outage| outage.from);
        let until = begun.map_or(until, |outage| outage.until.max(until));
        self.0.insert(node, Outage { from, until });
    }

    /// The process of `node` begins anew in `span`, knowing nothing of its age.
    pub(crate) fn begin(&mut self, node: NodeId, now: Tick, span: Duration) {
        let earlier = self.0.get(&node).map_or(now, |outage| outage.until);
        self.0.insert(node, Outage { from: None, until: earlier.max(now.plus(span)) });
    }

    /// How old the knowledge of `node` can be, `hops` away from the authority; `None` when it can have none.
    pub(crate) fn age(&self, node: NodeId, now: Tick, hops: u32) -> Option<Duration> {
        let usual = USUAL_AGE * hops;
        match self.0.get(&node).filter(|outage| outage.over_at().plus(usual) > now) {
            None => Some(usual),
            Some(outage) => outage.from.map(|from| now.since(from) + usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Tick {
        Tick::START.plus(Duration::from_millis(milliseconds))
    }

    #[test]
    fn outages_that_follow_closely_are_one() {
        let node = NodeId(3);
        let mut outages = Outages::default();
        assert_eq!(outages.age(node, at(0), 1), Some(USUAL_AGE));
        outages.disturb(node, at(1_000), Duration::from_millis(500));
        outages.disturb(node, at(3_000), Duration::from_millis(500));
        assert_eq!(outages.age(node, at(4_000), 1), Some(Duration::from_secs(3) + USUAL_AGE));
        outages.disturb(node, at(60_000), Duration::from_millis(500));
        assert_eq!(outages.age(node, at(60_100), 1), Some(Duration::from_millis(100) + USUAL_AGE));
        outages.begin(node, at(70_000), Duration::ZERO);
        assert_eq!(outages.age(node, at(71_000), 1), None);
    }
}
