//! I1. Of the design: *revoke acknowledged at S: no verifier with a watermark at or above S accepts; watermarks never
//! go back.*

use quash_core::position::Position;

use crate::cluster::answered::Answered;
use crate::cluster::node::NodeId;
use crate::cluster::oracle::Oracle;
use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I1",
    sentence: "a verifier that has reached a position refuses what its entry hits, and never goes back",
};

/// What is accepted is hit by no entry up to the watermark but those that are undone up to there.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    let is_alive = answered.now < quash_core::time::Timestamp::from_seconds(token.says.exp);
    if !answered.is_accepted() || !is_alive {
        return Ok(());
    }
    let reached = |position: Position| position <= answered.watermark;
    match oracle.standing(token, answered.watermark).find(|(entry, _)| reached(entry.position)) {
        Some((entry, _)) => Err(Violation::of(
            RULE,
            format!(
                "{} stands at {} and accepts {} in spite of the entry at {}: {:?}",
                answered.node,
                answered.watermark,
                token.describe(),
                entry.position,
                entry.said
            ),
        )),
        None => Ok(()),
    }
}

/// The watermark of one process, from its start to its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watermark(Position);

impl Watermark {
    /// Takes in the watermark of now. Whether it is another one.
    pub(crate) fn observe(&mut self, node: NodeId, now: Position) -> Result<bool, Violation> {
        if now < self.0 {
            let seen = format!("the watermark of {node} went back from {} to {now}", self.0);
            return Err(Violation::of(RULE, seen));
        }
        Ok(std::mem::replace(&mut self.0, now) != now)
    }
}
