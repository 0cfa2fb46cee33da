//! I1'. Of the design: *fenced acknowledgement: after `wait=everywhere` returns, no new acceptance anywhere.*

use crate::cluster::answered::Answered;
use crate::cluster::oracle::{Everywhere, Oracle};
use crate::oracle::Token;
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I1'",
    sentence: "once a revocation was reported to be in force everywhere, no fenced verifier accepts what it hits",
};

/// The instant of an acceptance lies before every completed wait for an entry that hits the token.
pub(crate) fn holds(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    if !answered.is_accepted() {
        return Ok(());
    }
    // What came back at the very instant of a check came back before the check began, if that began then. Where stale
    // knowledge is good enough, a check goes by what was known when it began.
    let before = |at| at <= answered.began_at || (answered.is_fenced() && at < answered.at);
    let over = oracle.everywhere.iter().filter(|everywhere| before(everywhere.at));
    let named = |everywhere: &Everywhere| everywhere.unfenced.contains(&answered.node);
    let binding = over.filter(|everywhere| answered.is_fenced() || !named(everywhere));
    for everywhere in binding {
        // Taken back since, as this verifier knows.
        let undone = oracle.is_undone(everywhere.position, answered.watermark);
        if let Some(entry) = oracle.hit_at(token, everywhere.position).filter(|_| !undone) {
            let seen = format!(
                "{} accepts {} at {}, when the entry at {} had been in force everywhere since {}: {:?}",
                answered.node,
                token.describe(),
                answered.at,
                entry.position,
                everywhere.at,
                entry.said
            );
            return Err(Violation::of(RULE, seen));
        }
    }
    Ok(())
}
