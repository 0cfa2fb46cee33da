//! I8. Of the design: *bounded memory*; *a verifier's memory follows (revocations per second) x (access-token life), not
//! the age of the system.*

use quash_core::time::Timestamp;

use crate::cluster::node::NodeId;
use crate::cluster::oracle::Oracle;
use crate::invariants::i8_memory_is_bounded::RULE;
use crate::violation::Violation;

/// Checked after every purge at `now`: no more entries are held than can hit a living token.
pub(crate) fn holds(oracle: &Oracle, node: NodeId, held: usize, now: Timestamp) -> Result<(), Violation> {
    // Verifiers count in whole seconds, rounded in favour of the entry.
    let hitting = oracle.lists.entries.iter().filter(|known| known.said.undoes.is_none());
    let until = hitting.map(|known| known.retain_until.seconds_rounded_up());
    let most = until.filter(|until| *until > now.seconds()).count();
    if held <= most {
        return Ok(());
    }
    Err(Violation::of(RULE, format!("{node} holds {held} entries after a purge, and {most} are live")))
}
