//! I9. Of the design: *key rotation refuses no valid token*; *a new key is announced before a token is signed with it.*

use quash_core::revocation::rejection::Rejection;

use crate::cluster::answered::{Answer, Answered};
use crate::cluster::oracle::Oracle;
use crate::invariants::i9_rotation_refuses_no_valid_token::RULE;
use crate::oracle::{Token, Verdict};
use crate::violation::Violation;

/// A token that should be accepted verifies at every verifier that is fresh.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    let Answer::Rejected(Rejection::Invalid(defect)) = &answered.answer else { return Ok(()) };
    let valid = oracle.judge(token, answered.watermark, answered.now) == Verdict::Accepted;
    if valid && answered.fresh {
        let seen = format!("{} is fresh and can not verify {}: {defect:?}", answered.node, token.describe());
        return Err(Violation::of(RULE, seen));
    }
    Ok(())
}
