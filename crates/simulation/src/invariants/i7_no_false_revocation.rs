//! I7. Of the design: *no false revocation: exact, filters only as shortcuts.*

use quash_core::revocation::rejection::Rejection;

use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant =
    Invariant { name: "I7", sentence: "nothing is refused that no entry hits" };

/// A token is refused that should be accepted.
pub(crate) fn broken(token: &Token, rejection: &Rejection) -> Violation {
    Violation::of(RULE, format!("{} is refused: {rejection:?}", token.describe()))
}

/// A session that nothing ended was found over.
pub(crate) fn session_refused(reason: &str) -> Violation {
    Violation::of(RULE, format!("a session that nothing ended is refused: {reason}"))
}

/// An entry that can be taken back was not.
pub(crate) fn undo_refused(answer: &str) -> Violation {
    Violation::of(RULE, format!("an entry that can be taken back is not: {answer}"))
}
