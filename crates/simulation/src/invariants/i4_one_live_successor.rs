//! I4. Of the design: *exactly one live successor per family; N parallel refreshes get the same one.* And: *the
//! successor of generation g is always the same string.*

use crate::oracle::{Grant, Use};
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I4",
    sentence: "a family of refresh tokens has exactly one live successor, and parallel uses get the same one",
};

/// The refresh tokens that the uses of one generation were answered with are one: the grant's live one, if its
/// reply ever arrived.
pub(crate) fn replies_agree(grant: &Grant, expected: Use, replies: &[String]) -> Result<(), Violation> {
    let Some((first, rest)) = replies.split_first() else { return Ok(()) };
    if rest.iter().any(|reply| reply != first) {
        return Err(Violation::of(RULE, format!("{} uses at once got different successors", replies.len())));
    }
    let handed_out = || grant.tokens.iter().flatten().any(|token| token == first);
    let live = grant.tokens.last().and_then(Option::as_ref);
    match expected {
        Use::Rotates if handed_out() => Err(Violation::of(RULE, "a rotation handed out an older token")),
        Use::Repeats if live.is_some_and(|live| live != first) => {
            Err(Violation::of(RULE, "a late duplicate was not answered with the live token"))
        }
        Use::IsReuse => Err(Violation::of(RULE, "a token was renewed long after its successor was")),
        Use::Rotates | Use::Repeats => Ok(()),
    }
}

/// A use that the oracle says is good was refused.
pub(crate) fn refused(expected: Use, reason: &str) -> Violation {
    Violation::of(RULE, format!("a use that {expected:?} was refused: {reason}"))
}

/// The store's row says the generation that the replies said.
pub(crate) fn row_agrees(grant: &Grant, found: u64) -> Result<(), Violation> {
    if usize::try_from(found) == Ok(grant.current()) {
        return Ok(());
    }
    let seen = format!("{} rotations were answered, the store counts {found}", grant.current());
    Err(Violation::of(RULE, seen))
}
