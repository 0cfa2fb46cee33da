//! I6. Of the design: *no resurrection through purge, compaction, restart, migration, restore.*

use crate::oracle::{Oracle, Session, Token};
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I6",
    sentence: "what was revoked is never accepted again, through no purge, restart or race",
};

/// A token that was refused for a revocation is accepted.
pub(crate) fn accepted_again(oracle: &Oracle, token: &Token) -> Violation {
    let hit = oracle.strongest_hit(token);
    let seen = format!("{} was seen revoked and is accepted: {hit:?}", token.describe());
    Violation::of(RULE, seen)
}

/// A session that is over was renewed.
pub(crate) fn renewed_again(why: &[&'static str]) -> Violation {
    Violation::of(RULE, format!("a session was renewed that is over: {}", why.join(", ")))
}

/// A token that somebody signs with the real key revives a session that is over (S12).
pub(crate) fn forged_again(session: &Session) -> Violation {
    Violation::of(RULE, format!("a forged token of {} is accepted, which is over", session.id.as_str()))
}

/// An entry was taken back that is not to be.
pub(crate) fn undone(why: &str) -> Violation {
    Violation::of(RULE, format!("an entry was taken back: {why}"))
}
