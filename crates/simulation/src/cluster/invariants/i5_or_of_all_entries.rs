//! I5. Of the design: *decision = OR of all entries, equal to a naive model.*

use quash_core::revocation::rejection::Rejection;

use crate::cluster::answered::{Answer, Answered};
use crate::cluster::oracle::{Oracle, strength};
use crate::invariants::i5_decision_is_the_or_of_all_entries::RULE;
use crate::oracle::{Token, Verdict};
use crate::violation::Violation;

/// The answer is that of the naive model over all entries up to the watermark. A verifier may know entries beyond
/// it: then the answer may be theirs.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    let verdict = oracle.judge(token, answered.watermark, answered.now);
    let agrees = match (&answered.answer, verdict) {
        // A key that signed nothing alive is forgotten: what it signed can not even be verified. Whether it is known to
        // whom it must be is I9's business.
        (Answer::Rejected(Rejection::Invalid(_)), _)
        | (Answer::Rejected(Rejection::Expired { .. }), Verdict::Expired)
        | (Answer::Rejected(Rejection::IssuedInFuture), Verdict::FromTheFuture)
        | (Answer::Accepted | Answer::Undecided(_), Verdict::Accepted) => true,
        // Whoever is not up to date refuses nobody for a key that they do not know.
        (Answer::Undecided(_), _) => !(answered.complete && (answered.fresh || answered.knows_key)),
        (Answer::Rejected(Rejection::Revoked(hit)), Verdict::Revoked(position, effect)) => {
            (hit.effect, hit.position) >= (effect, position)
        }
        (Answer::Rejected(Rejection::Revoked(hit)), Verdict::Accepted) => hit.position > answered.watermark,
        _ => false,
    };
    let named = match &answered.answer {
        Answer::Rejected(Rejection::Revoked(hit)) => oracle
            .hit_at(token, hit.position)
            .is_none_or(|entry| strength(entry) == (hit.effect, hit.position)),
        _ => true,
    };
    if agrees && named {
        return Ok(());
    }
    let Answered { node, answer, watermark, .. } = answered;
    let seen = format!(
        "{node} at {watermark} answers {answer:?} to {} and should come to {verdict:?}",
        token.describe()
    );
    Err(Violation::of(RULE, seen))
}
