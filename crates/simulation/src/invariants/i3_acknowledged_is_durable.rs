//! I3. Of the design: *acknowledged = durable.* And: *no position above the durable head ever leaves the writer:
//! not to the feed, not into a token, not into a decision; otherwise a crash would re-use it.*

use quash_core::position::Position;
use quash_core::revocation::entry::Entry;

use crate::oracle::{Grant, Known, Oracle, Said};
use crate::violation::{Invariant, Violation};

pub(crate) const RULE: Invariant = Invariant {
    name: "I3",
    sentence: "what was acknowledged survives a crash, and no position above the durable head ever left the writer",
};

/// Checked after every start: the log that was found holds all that was acknowledged, as it was acknowledged.
pub(crate) fn log_is_whole(oracle: &Oracle, head: Position, found: &[Entry]) -> Result<(), Violation> {
    if head < oracle.highest_seen {
        let seen = format!("a reply carried position {}, the log ends at {head}", oracle.highest_seen);
        return Err(Violation::of(RULE, seen));
    }
    let mut needed = oracle.entries.iter().filter(|known| !known.may_be_gone(oracle.purged_at));
    needed.try_for_each(|known| is_found(known, found))
}

fn is_found(known: &Known, found: &[Entry]) -> Result<(), Violation> {
    let place = found.binary_search_by_key(&known.position, |entry| entry.position);
    let entry = place.ok().and_then(|place| found.get(place));
    let Some(entry) = entry else {
        return Err(Violation::of(
            RULE,
            format!("the entry at {} is gone: {:?}", known.position, known.said),
        ));
    };
    if Said::of(entry) != known.said || entry.fact.issuer != known.issuer {
        let seen =
            format!("the entry at {} was {:?} and is {:?}", known.position, known.said, Said::of(entry));
        return Err(Violation::of(RULE, seen));
    }
    Ok(())
}

/// Checked after every start: a generation that was handed out is not lost.
pub(crate) fn rotation_is_kept(grant: &Grant, found: Option<u64>) -> Result<(), Violation> {
    let known = u64::try_from(grant.current()).unwrap_or(u64::MAX);
    match found {
        Some(found) if found >= known => Ok(()),
        found => {
            Err(Violation::of(RULE, format!("generation {known} was handed out, the store holds {found:?}")))
        }
    }
}

/// What a log says that does not agree with what was acknowledged.
pub(crate) fn broken(seen: String) -> Violation {
    Violation::of(RULE, seen)
}
