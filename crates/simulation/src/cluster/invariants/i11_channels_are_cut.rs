//! I11. Of the design: *channels cut within the bound*: `watch` *resolves when the token's session is revoked; rotation
//! does not wake it; a feed gap longer than the horizon resolves all watches.*

use crate::cluster::node::NodeId;
use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I11",
    sentence: "a stream ends when its token is revoked, as soon as its verifier knows, and for nothing else",
};

/// A stream that goes on although its verifier has reached an entry that ends its token.
pub(crate) fn goes_on(node: NodeId, token: &Token, why: &str) -> Violation {
    Violation::of(RULE, format!("a stream of {} at {node} goes on in spite of {why}", token.describe()))
}

/// A stream that ended for nothing.
pub(crate) fn ended(node: NodeId, token: &Token, said: &str) -> Violation {
    Violation::of(RULE, format!("a stream of {} at {node} ended for {said}", token.describe()))
}
