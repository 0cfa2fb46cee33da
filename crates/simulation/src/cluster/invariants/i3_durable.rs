//! I3. Of the design: *acknowledged = durable*, and *no position above the durable head ever leaves the writer: not to
//! the feed, not into a token, not into a decision.*

use quash_core::position::Position;

use crate::cluster::node::NodeId;
use crate::invariants::i3_acknowledged_is_durable::RULE;
use crate::violation::Violation;

/// Checked after every start of the authority: no follower knows more of the log than the log.
pub(crate) fn nobody_is_ahead(head: Position, node: NodeId, watermark: Position) -> Result<(), Violation> {
    if watermark <= head {
        return Ok(());
    }
    Err(Violation::of(RULE, format!("{node} stands at {watermark}, and the log ends at {head}")))
}
