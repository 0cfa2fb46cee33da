//! I5. Of the design: *decision = OR of all entries, equal to a naive model.*

use quash_core::position::Position;
use quash_core::revocation::freshness::Undecided;
use quash_core::revocation::rejection::Rejection;
use quash_core::time::Timestamp;

use super::{i6_no_resurrection, i7_no_false_revocation, i9_rotation_refuses_no_valid_token};
use crate::oracle::{Oracle, Token, Verdict};
use crate::violation::{Invariant, Violation};
use crate::world::Answer;

pub(crate) const RULE: Invariant = Invariant {
    name: "I5",
    sentence: "a token is refused when any entry hits it, and a refusal names the strongest one",
};

/// The answer to `token` at `now` is the oracle's, reason included.
pub(crate) fn holds(
    oracle: &Oracle,
    token: &Token,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), Violation> {
    let verdict = oracle.judge_access(token, now);
    let in_doubt = oracle.is_access_in_doubt(token);
    match (verdict, answer) {
        (Verdict::Accepted, Answer::Rejected(Rejection::Revoked(_))) if in_doubt => Ok(()),
        (Verdict::Accepted, Answer::Rejected(Rejection::Invalid(defect))) => {
            Err(i9_rotation_refuses_no_valid_token::broken(token, *defect))
        }
        (Verdict::Accepted, Answer::Rejected(rejection)) => {
            Err(i7_no_false_revocation::broken(token, rejection))
        }
        (Verdict::Accepted, Answer::Accepted) => Ok(()),
        (Verdict::Revoked(..), Answer::Accepted) if oracle.may_live_again(token) => Ok(()),
        (_, Answer::Accepted) if token.seen_revoked => Err(i6_no_resurrection::accepted_again(oracle, token)),
        (_, Answer::Accepted) => Err(broken(token, verdict, "it is accepted")),
        (_, Answer::Rejected(rejection)) => is_the_reason(oracle, token, verdict, rejection),
    }
}

/// A refusal names the right reason: expiry before revocation, `end` before `refresh`, the latest entry of those.
fn is_the_reason(
    oracle: &Oracle,
    token: &Token,
    verdict: Verdict,
    rejection: &Rejection,
) -> Result<(), Violation> {
    let agrees = match (verdict, rejection) {
        // Keys of tokens that are over are taken away: what they signed is not even verified any more.
        (Verdict::Expired, Rejection::Expired { .. } | Rejection::Invalid(_))
        | (Verdict::FromTheFuture, Rejection::IssuedInFuture)
        | (Verdict::NotRegistered, Rejection::NotRegistered) => true,
        (Verdict::Revoked(position, effect), Rejection::Revoked(hit)) => {
            oracle.is_access_in_doubt(token)
                || oracle.is_undo_in_doubt(token)
                || (hit.position == position && hit.effect == effect)
        }
        // What lives again is registered before the undo is answered.
        (Verdict::Revoked(..), Rejection::NotRegistered) => oracle.may_live_again(token),
        _ => false,
    };
    if agrees { Ok(()) } else { Err(broken(token, verdict, &format!("the answer is {rejection:?}"))) }
}

/// A token that was just handed out carries `expected`: the head read no later than anything it stands on, which
/// is what "issued before" means.
pub(crate) fn position_is(token: &Token, expected: Position) -> Result<(), Violation> {
    if token.says.pos == expected.number() {
        return Ok(());
    }
    Err(Violation::of(RULE, format!("a token carries position {} instead of {expected}", token.says.pos)))
}

/// A token that somebody signs with the real key, for a session that nobody opened: it is not registered, or not known
/// to be so yet, where it says that it is newer than all that is known (S12).
pub(crate) fn holds_for_stranger(
    position: Position,
    head: Position,
    answer: &Result<Answer, Undecided>,
) -> Result<(), Violation> {
    let agrees = match answer {
        Ok(Answer::Rejected(Rejection::NotRegistered)) => position <= head,
        // An old one may be hit by what is known of others.
        Ok(Answer::Rejected(Rejection::Revoked(_))) => position < head,
        Err(Undecided::Ahead) => position > head,
        _ => false,
    };
    if agrees {
        return Ok(());
    }
    let seen = format!("a forged token of position {position}, with the head at {head}, comes to {answer:?}");
    Err(Violation::of(RULE, seen))
}

fn broken(token: &Token, verdict: Verdict, answer: &str) -> Violation {
    Violation::of(RULE, format!("{} should be {verdict:?}, but {answer}", token.describe()))
}
