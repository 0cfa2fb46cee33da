//! I7. Of the design: *no false revocation: exact, filters only as shortcuts.*

use quash_core::revocation::rejection::Rejection;

use crate::cluster::answered::{Answer, Answered};
use crate::cluster::oracle::Oracle;
use crate::invariants::i7_no_false_revocation::RULE;
use crate::oracle::Token;
use crate::violation::Violation;

/// A refusal for a revocation names an entry that hits the token, and that the verifier does not know to be undone.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    let Answer::Rejected(Rejection::Revoked(hit)) = &answered.answer else { return Ok(()) };
    let undone = oracle.is_undone(hit.position, answered.watermark);
    if oracle.hit_at(token, hit.position).is_some() && !undone {
        return Ok(());
    }
    let seen = format!("{} refuses {} for no entry that hits it: {hit:?}", answered.node, token.describe());
    Err(Violation::of(RULE, seen))
}
