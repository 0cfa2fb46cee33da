//! I10. Of the design: *clock jumps: cutoffs unaffected.*

use crate::cluster::answered::Answered;
use crate::cluster::oracle::Oracle;
use crate::invariants::i10_clock_jumps_leave_cutoffs_alone::RULE;
use crate::oracle::Token;
use crate::violation::Violation;

/// Checked right after a wall clock was set: what an entry up to the watermark hits is not accepted, whatever the
/// clock says, not even where the token had been over before.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    let hit =
        oracle.standing(token, answered.watermark).find(|(entry, _)| entry.position <= answered.watermark);
    match hit {
        Some((entry, _)) if answered.is_accepted() => {
            let seen = format!(
                "{} accepts {} at {} since its clock was set, in spite of the entry at {}",
                answered.node,
                token.describe(),
                answered.now,
                entry.position
            );
            Err(Violation::of(RULE, seen))
        }
        _ => Ok(()),
    }
}
