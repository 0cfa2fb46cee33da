//! Of the design, section 3: *`wait=everywhere` returns when every leased verifier has acknowledged the position or its
//! lease (+ drift margin) has run out and it has fenced itself.*

use std::time::Duration;

use quash_authority::Propagation;
use quash_core::position::Position;

use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "wait",
    sentence: "whoever waits for everywhere waits no longer than the longest lease and its margin, or their patience",
};

/// A clock that counts in nanoseconds of its own skips one now and then.
const ROUNDING: Duration = Duration::from_nanos(2);

/// Checked when a wait comes back: it took no longer than `bound`, and it says which of the two it was.
pub(crate) fn holds(
    position: Position,
    waited: Duration,
    bound: Duration,
    propagation: &Propagation,
) -> Result<(), Violation> {
    if waited > bound + ROUNDING {
        let seen = format!("a wait for {position} took {waited:?}, and no lease is longer than {bound:?}");
        return Err(Violation::of(RULE, seen));
    }
    if propagation.complete && !(propagation.pending.is_empty() && propagation.unfenced.is_empty()) {
        return Err(Violation::of(
            RULE,
            format!("a wait for {position} is complete without all: {propagation:?}"),
        ));
    }
    Ok(())
}
