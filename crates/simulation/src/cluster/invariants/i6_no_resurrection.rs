//! I6. Of the design: *no resurrection through purge, compaction, restart, migration, restore.*

use std::collections::BTreeMap;

use quash_core::position::Position;
use quash_core::revocation::rejection::Rejection;

use crate::cluster::answered::{Answer, Answered};
use crate::cluster::oracle::Oracle;
use crate::cluster::tick::Tick;
use crate::invariants::i6_no_resurrection::RULE;
use crate::oracle::Token;
use crate::violation::Violation;

/// What one process refused for a revocation, and when first and for which entry last, by the tokens' places in the oracle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused(BTreeMap<usize, (Tick, Position)>);

impl Refused {
    /// Takes in an answer. What was refused for a revocation once is never accepted again, unless that was undone. Whether
    /// it had been.
    pub(crate) fn observe(
        &mut self,
        oracle: &Oracle,
        token: &Token,
        answered: &Answered,
    ) -> Result<bool, Violation> {
        let refused = self.0.get(&answered.token).filter(|(at, _)| *at < answered.began_at);
        let before = refused.is_some_and(|(_, position)| !oracle.is_undone(*position, answered.watermark));
        match &answered.answer {
            Answer::Rejected(Rejection::Revoked(hit)) => {
                self.0.entry(answered.token).or_insert((answered.at, hit.position)).1 = hit.position;
            }
            Answer::Accepted if before => {
                let seen = format!("{} refused {} and accepts it again", answered.node, token.describe());
                return Err(Violation::of(RULE, seen));
            }
            _ => {}
        }
        Ok(before)
    }
}
