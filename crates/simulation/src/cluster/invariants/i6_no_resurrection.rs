//! I6. Of the design: *no resurrection through purge, compaction, restart, migration, restore.*

use std::collections::BTreeMap;

use quash_core::revocation::rejection::Rejection;

use crate::cluster::answered::{Answer, Answered};
use crate::cluster::tick::Tick;
use crate::invariants::i6_no_resurrection::RULE;
use crate::oracle::Token;
use crate::violation::Violation;

/// What one process refused for a revocation, and when first, by the tokens' places in the oracle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused(BTreeMap<usize, Tick>);

impl Refused {
    /// Takes in an answer. What was refused for a revocation once is never accepted again. Whether it had been.
    pub(crate) fn observe(&mut self, token: &Token, answered: &Answered) -> Result<bool, Violation> {
        let before = self.0.get(&answered.token).is_some_and(|at| *at < answered.began_at);
        match &answered.answer {
            Answer::Rejected(Rejection::Revoked(_)) => {
                self.0.entry(answered.token).or_insert(answered.at);
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
