//! Of the design, section 3: *a cold verifier answers nothing until its state is complete.*

use crate::cluster::answered::Answered;
use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant =
    Invariant { name: "cold", sentence: "a verifier accepts nothing before its state was complete" };

/// Under no policy does a verifier accept on a state that never was complete.
pub(crate) fn holds(token: &Token, answered: &Answered) -> Result<(), Violation> {
    if answered.is_accepted() && !answered.complete {
        let seen = format!("{} accepts {} without a complete state", answered.node, token.describe());
        return Err(Violation::of(RULE, seen));
    }
    Ok(())
}
