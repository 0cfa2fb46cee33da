//! Of the design, section 3: *entries are appended to a local file before they are acknowledged; after a restart all
//! that was known is still enforced.*

use quash_core::position::Position;

use crate::cluster::node::NodeId;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "restart",
    sentence: "a verifier that starts from its file still refuses all that it had acknowledged",
};

/// Checked after every start with a file that lost nothing but what was never synced.
pub(crate) fn holds(node: NodeId, acknowledged: Position, found: Position) -> Result<(), Violation> {
    if found >= acknowledged {
        return Ok(());
    }
    let seen = format!("{node} had acknowledged {acknowledged} and starts at {found}");
    Err(Violation::of(RULE, seen))
}
