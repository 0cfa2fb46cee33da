//! I10. Of the design: *clock jumps: cutoffs unaffected.* And: *a clock that jumps back judges nothing below the
//! ratchet of the latest purge.*

use quash_core::time::Timestamp;

use crate::oracle::{Oracle, Token};
use crate::violation::{Invariant, Violation};
use crate::world::{Answer, Server};

pub(crate) const RULE: Invariant =
    Invariant { name: "I10", sentence: "a clock that goes back brings nothing back that was revoked" };

/// Checked right after the clock went back: whatever was seen revoked is refused, whatever the time.
pub(crate) fn holds(server: &Server, oracle: &Oracle) -> Result<(), Violation> {
    let revoked = oracle.tokens.iter().rev().filter(|token| token.seen_revoked);
    revoked.take(64).try_for_each(|token| is_refused(server, oracle, token))
}

fn is_refused(server: &Server, oracle: &Oracle, token: &Token) -> Result<(), Violation> {
    match server.check(&token.text) {
        Answer::Accepted => {
            let (now, hit) = (server.authority.now(), oracle.strongest_hit(token));
            let seen =
                format!("{} is accepted at {now} since the clock went back: {hit:?}", token.describe());
            Err(Violation::of(RULE, seen))
        }
        Answer::Rejected(_) => Ok(()),
    }
}

/// Checked after every start: nothing is judged at an instant before the latest purge.
pub(crate) fn ratchet_holds(now: Timestamp, purged_at: Timestamp) -> Result<(), Violation> {
    if now >= purged_at {
        return Ok(());
    }
    Err(Violation::of(RULE, format!("what was purged at {purged_at} is judged at {now}")))
}
