//! The rules that every run of a cluster is held against, one file each, with the sentence that it comes from.

pub(crate) mod cold_answers_nothing;
pub(crate) mod i10_clock_jumps;
pub(crate) mod i11_channels_are_cut;
pub(crate) mod i1_fenced_acknowledgement;
pub(crate) mod i1_order;
pub(crate) mod i2_staleness_bound;
pub(crate) mod i3_durable;
pub(crate) mod i5_or_of_all_entries;
pub(crate) mod i6_no_resurrection;
pub(crate) mod i7_no_false_revocation;
pub(crate) mod i8_memory;
pub(crate) mod i9_rotation;
pub(crate) mod outage_costs_nothing;
pub(crate) mod restart_forgets_nothing;
pub(crate) mod wait_is_exact;

use quash_core::revocation::rejection::Rejection;

use super::answered::{Answer, Answered};
use super::oracle::Oracle;
use crate::oracle::Token;
use crate::violation::Violation;

/// The rules that an answer could have broken: a run that tries none of them proves nothing.
pub(crate) fn tried(oracle: &Oracle, token: &Token, answered: &Answered) -> Vec<&'static str> {
    let standing = || oracle.standing(token, answered.watermark);
    let reached = standing().any(|(entry, _)| entry.position <= answered.watermark);
    let bound = i2_staleness_bound::bound(answered);
    let late = standing().any(|(_, durable_at)| i2_staleness_bound::age(answered, durable_at) >= bound);
    let everywhere = oracle.everywhere.iter().any(|done| oracle.hit_at(token, done.position).is_some());
    let outage = answered.outage.is_some_and(|outage| {
        outage > answered.shortest_bound / 2 && outage < answered.shortest_bound && answered.fresh
    });
    let undone = answered.is_accepted()
        && oracle.hits(token).any(|(entry, _)| oracle.is_undone(entry.position, answered.watermark));
    let tried = [
        (undone, "undone: accepted again"),
        (reached, "rule: I1"),
        (everywhere && answered.is_fenced(), "rule: I1'"),
        (late && answered.is_fenced(), "rule: I2"),
        (reached && answered.fresh, "rule: I5"),
        (matches!(answered.answer, Answer::Rejected(Rejection::Revoked(_))), "rule: I7"),
        (answered.fresh && !reached, "rule: I9"),
        (!answered.complete, "rule: cold"),
        (outage, "rule: outage"),
    ];
    tried.into_iter().filter(|(tried, _)| *tried).map(|(_, name)| name).collect()
}

/// Every rule that one answer can break, one after the other. The first that it breaks.
pub(crate) fn hold(oracle: &Oracle, token: &Token, answered: &Answered) -> Result<(), Violation> {
    cold_answers_nothing::holds(token, answered)?;
    i1_fenced_acknowledgement::holds(oracle, token, answered)?;
    i1_order::holds(oracle, token, answered)?;
    i2_staleness_bound::holds(oracle, token, answered)?;
    i9_rotation::holds(oracle, token, answered)?;
    i7_no_false_revocation::holds(oracle, token, answered)?;
    i5_or_of_all_entries::holds(oracle, token, answered)?;
    outage_costs_nothing::holds(token, answered)
}
