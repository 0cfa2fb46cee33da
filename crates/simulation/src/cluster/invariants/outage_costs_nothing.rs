//! Of the design, section 3: *an authority restart or roll-over below `max_staleness` must not cost a single 503.*

use crate::cluster::answered::{Answer, Answered};
use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "outage",
    sentence: "an outage that is shorter than the bound on staleness costs not one answer",
};

/// A verifier that has not been cut off for as long as its bound answers.
pub(crate) fn holds(token: &Token, answered: &Answered) -> Result<(), Violation> {
    let Answer::Undecided(undecided) = &answered.answer else { return Ok(()) };
    match answered.outage {
        // Nothing was ever in order.
        None => Ok(()),
        Some(outage) if outage >= answered.shortest_bound => Ok(()),
        Some(outage) => {
            let seen = format!(
                "{} can not decide about {} after an outage of {outage:?}, the bound is {:?}: {undecided}",
                answered.node,
                token.describe(),
                answered.shortest_bound
            );
            Err(Violation::of(RULE, seen))
        }
    }
}
