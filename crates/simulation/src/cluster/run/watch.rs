//! Streams that began with a token, and are to end with it.

use std::sync::Arc;

use quash_core::revocation::entry::Effect;
use quash_verify::{Checked, Moment, Watch};

use super::Cluster;
use crate::cluster::invariants::i11_channels_are_cut as i11;
use crate::cluster::node::NodeId;
use crate::cluster::tick::Tick;
use crate::oracle::Known;
use crate::plan::Pick;
use crate::violation::Violation;

/// A stream.
pub(crate) struct Watched {
    /// Its token, by its place in the oracle.
    pub(crate) token: usize,
    pub(crate) watch: Watch,
}

impl Cluster {
    pub(super) fn begin_watch(&mut self, node: NodeId, pick: Pick) -> Result<(), Violation> {
        let wall = self.wall(node)?;
        let place = pick.index(self.oracle.lists.tokens.len());
        let token = place.and_then(|place| self.oracle.lists.tokens.get(place));
        let Some(text) = token.map(|token| token.text.clone()) else { return Ok(()) };
        if self.machine(node)?.is_frozen() {
            return Ok(());
        }
        let Some(process) = self.process(node) else { return Ok(()) };
        let verifier = Arc::clone(&process.verifier);
        let Ok(Checked::Accepted(token)) = verifier.check(&text, Moment::fresh(wall)) else { return Ok(()) };
        let watch = verifier.watch(&token);
        process.watched.extend(place.map(|token| Watched { token, watch }));
        self.coverage.count("watch: begun");
        self.look_at_watched(node)
    }

    /// A stream ends as soon as its verifier has reached an entry that ends its token, and for nothing else.
    pub(super) fn look_at_watched(&mut self, node: NodeId) -> Result<(), Violation> {
        let Some(process) = self.followers.get_mut(&node).and_then(|follower| follower.process.as_mut())
        else {
            return Ok(());
        };
        let watermark = process.verifier.watermark();
        for watched in std::mem::take(&mut process.watched) {
            let Some(token) = self.oracle.lists.tokens.get(watched.token) else { continue };
            let end = |(entry, _): &(&Known, Tick)| entry.said.effect == Effect::End;
            // One that was undone since may have ended it.
            let mut ends = self.oracle.hits(token).filter(end);
            let standing = self.oracle.standing(token, watermark).filter(end);
            let mut standing = standing.map(|(entry, _)| entry.position);
            match watched.watch.ended() {
                Some(end) if ends.next().is_none() => {
                    return Err(i11::ended(node, token, &format!("{end:?}")));
                }
                Some(_) => self.coverage.count("rule: I11"),
                None if standing.any(|position| position <= watermark) => {
                    return Err(i11::goes_on(node, token, &format!("what is in force up to {watermark}")));
                }
                None => process.watched.push(watched),
            }
        }
        Ok(())
    }
}
