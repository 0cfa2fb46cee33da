//! I2. Of the design: *staleness bound honoured.*

use std::time::Duration;

use quash_core::lease::margin;

use crate::cluster::answered::Answered;
use crate::cluster::oracle::Oracle;
use crate::cluster::tick::Tick;
use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I2",
    sentence: "nothing is accepted that was revoked, durably, for as long as the bound on staleness",
};

/// What is accepted was not revoked before the bound: by the verifier's own clock, and exactly. A relay on the way
/// has a clock of its own, for which the margin of a lease stands in.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    if !answered.is_accepted() || !answered.is_fenced() {
        return Ok(());
    }
    let bound = bound(answered);
    let standing = oracle.standing(token, answered.watermark);
    let late = { standing }.find(|(_, durable_at)| age(answered, *durable_at) >= bound);
    match late {
        Some((entry, durable_at)) => Err(Violation::of(
            RULE,
            format!(
                "{} accepts {} at {}; the entry at {} was durable at {durable_at}, the bound is {bound:?}",
                answered.node,
                token.describe(),
                answered.at,
                entry.position,
            ),
        )),
        None => Ok(()),
    }
}

/// The bound, with what the clock of a relay may add.
pub(super) fn bound(answered: &Answered) -> Duration {
    let drift = if answered.relays > 0 { margin(answered.max_staleness) } else { Duration::ZERO };
    answered.max_staleness + drift
}

/// How long ago `then` was for the verifier.
pub(super) fn age(answered: &Answered, then: Tick) -> Duration {
    answered.clocks.uptime(answered.at).since(answered.clocks.uptime(then))
}
