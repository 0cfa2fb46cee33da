//! I9. Of the design: *key rotation refuses no valid token.*

use quash_core::defect::Defect;

use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I9",
    sentence: "no rotation of keys, and no restart, makes a valid token unverifiable",
};

/// A token does not verify that should be accepted.
pub(crate) fn broken(token: &Token, defect: Defect) -> Violation {
    Violation::of(RULE, format!("{} does not verify: {defect:?}", token.describe()))
}
